"""An SQL repository's log in columns, and its states in rows: what `copy` takes from one SQL database to another.

No event and no object is made in between, which costs more than both databases.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, NullPool, QueuePool, Row, Select, select

from sqla_osiris.databases.names import database_of
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.batch_columns import BatchColumns
from sqla_osiris.writing.batches import append_columns
from sqla_osiris.writing.column_pages import next_page
from sqla_osiris.writing.snapshots import among, keys_to_bind

__all__ = ["SQLColumns"]

T = TypeVar("T")

_ROWS_AT_ONCE = 10_000


class SQLColumns:
    """The methods of :class:`SQLRepository` that only `copy` calls."""

    if TYPE_CHECKING:
        _stream: Stream
        _target: Any

        @property
        def _bound_engine(self) -> Engine: ...
        def _connection(self, *, reads: bool = False) -> AbstractContextManager[Connection]: ...
        def _transact(self, work: Callable[[Connection], T]) -> T: ...
        def _refuse_in_the_past(self) -> None: ...
        def _expire_all(self) -> None: ...
        def _feed_columns(self, after: Any, limit: int) -> list[Sequence[Any]]: ...

    @property
    def reads_apart(self) -> bool:
        """Whether another thread may read: not in a session's transaction, nor where it would see another database."""
        return isinstance(self._target, Engine) and isinstance(self._target.pool, NullPool | QueuePool)

    def column_pages(self, limit: int) -> Iterator[BatchColumns]:
        """All events in the order of the feed, about ``limit`` at a time. Raises InvalidValue for what no field holds."""
        pieces = self._pieces(min(limit, _ROWS_AT_ONCE))
        while (page := next_page(self._stream, pieces, limit)).owners:
            yield page

    def _pieces(self, limit: int) -> Iterator[list[Sequence[Any]]]:
        database, names = database_of(self._bound_engine.dialect), list(self._stream.events.c.keys())
        xid, position = names.index(XID), names.index(POSITION)
        after = None
        while columns := self._feed_columns(after, limit):
            yield columns
            after = database.position_of(columns[xid][-1], columns[position][-1])

    def append_columns(self, batch: BatchColumns) -> int:
        """As ``append_many``, for a page of another store; how many events were written."""
        self._refuse_in_the_past()

        def append(connection: Connection) -> int:
            # Values are encrypted in place.
            copied = replace(batch, touches=dict(batch.touches), metadata=dict(batch.metadata))
            return append_columns(connection, self._stream, copied)

        appended = self._transact(append)
        self._expire_all()
        return appended

    def state_rows(self, limit: int) -> Iterator[dict[tuple[Any, ...], tuple[Any, ...]]]:
        """The seq and the fields of all live states by context, ``limit`` at a time."""
        with self._connection(reads=True) as connection:
            rows = connection.execute(self._states.execution_options(yield_per=limit))
            for part in rows.partitions():
                yield self._by_key(part)

    def state_rows_of(self, contexts: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """The seq and the fields of these contexts' live states."""
        stream = self._stream
        columns = [stream.folded.c[name] for name in stream.context_names]
        with self._connection(reads=True) as connection:
            query = self._states.where(among(columns, database_of(connection.dialect)))
            return self._by_key(connection.execute(query, {"keys": keys_to_bind(stream, list(contexts))}))

    @property
    def _states(self) -> Select[Any]:
        folded = self._stream.folded.c
        return select(*(folded[name] for name in (*self._stream.context_names, "seq", *self._stream.fields)))

    def _by_key(self, rows: Iterable[Row[Any]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        width = len(self._stream.context_names)
        return {tuple(row[:width]): tuple(row[width:]) for row in rows}
