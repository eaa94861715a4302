"""A log in columns, and its states in rows: what `copy` takes from one SQL database to another.

No event and no object is built in between, which costs more than both databases.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, NullPool, QueuePool, Row, Select, select

from sqla_osiris.databases.plan import BatchColumns, keys_to_bind
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.databases.registry import database_of
from sqla_osiris.repositories.sql.reading import Reading
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.batch_columns import next_page
from sqla_osiris.writing.batches import append_columns

__all__ = ["InColumns", "append_unchanged"]

ModelT = TypeVar("ModelT")

_ROWS_AT_ONCE = 10_000

_Rows = dict[tuple[Any, ...], tuple[Any, ...]]


class InColumns(Reading[ModelT]):
    """The calls of a repository whose log can be read and written in columns: no event is built on the way."""

    @property
    def reads_apart(self) -> bool:
        """Whether another thread may read: not in a session's transaction, nor where it would see another database."""
        engine = self._bound.given_engine
        return engine is not None and isinstance(engine.pool, NullPool | QueuePool)

    def column_pages(self, limit: int) -> Iterator[BatchColumns]:
        """Yield all events in the feed's order, about ``limit`` at a time. Raises InvalidValue for a value no field has."""
        pieces = self._pieces(min(limit, _ROWS_AT_ONCE))
        while (page := next_page(self._log, pieces, limit)).owners:
            yield page

    def _pieces(self, limit: int) -> Iterator[list[Sequence[Any]]]:
        database, names = database_of(self._bound.engine.dialect), list(self._log.events.c.keys())
        xid, position = names.index(XID), names.index(POSITION)
        after = None
        while columns := self._columns_beyond(after, limit):
            yield columns
            (after,) = database.positions_of(columns[xid][-1:], columns[position][-1:])

    def append_columns(self, batch: BatchColumns) -> int:
        """As ``append_many``, for a page of another store; how many events were written."""
        self._bound.refuse_past()
        appended = self._bound.transaction(lambda connection: append_unchanged(connection, self._log, batch))
        self._bound.expire_all()
        return appended

    def move_keys_on(self) -> None:
        """Have the database give keys beyond all that the log has: a sequence knows nothing of those that were given."""
        if self._log.generates:
            with self._bound.connection() as connection:
                database_of(connection.dialect).pass_keys(connection, self._log.heads)

    def state_rows(self, limit: int) -> Iterator[_Rows]:
        """Yield the seq and the fields of all live states by context, ``limit`` at a time."""
        with self._bound.connection(reads=True) as connection:
            rows = connection.execute(self._state_rows().execution_options(yield_per=limit))
            for part in rows.partitions():
                yield self._by_context(part)

    def state_rows_of(self, contexts: Iterable[tuple[Any, ...]]) -> _Rows:
        """Return the seq and the fields of these contexts' live states."""
        columns = self._log.context_columns(self._log.folded)
        with self._bound.connection(reads=True) as connection:
            query = self._state_rows().where(database_of(connection.dialect).in_contexts(columns))
            binds = {"keys": keys_to_bind(list(contexts))}
            return self._by_context(connection.execute(query, binds))

    def _state_rows(self) -> Select[Any]:
        log = self._log
        return select(*(log.folded.c[name] for name in (*log.context_names, "seq", *log.fields)))

    def _by_context(self, rows: Iterable[Row[Any]]) -> _Rows:
        width = len(self._log.contexts)
        return {tuple(row[:width]): tuple(row[width:]) for row in rows}


def append_unchanged(connection: Connection, log: Log, chunk: BatchColumns) -> int:
    """Append a chunk, and leave its columns as they are, although values are encrypted in place."""
    copied = replace(chunk, touches=dict(chunk.touches), metadata=dict(chunk.metadata))
    return append_columns(connection, log, copied)
