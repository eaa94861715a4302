"""A log in columns, and its states in rows: what `copy` takes from one SQL database to another.

No event and no object is built in between, which costs more than both databases.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, NullPool, QueuePool, Row, Select, select

from sqla_osiris.databases.plan import BatchColumns, keys_to_bind
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.databases.registry import database_of
from sqla_osiris.repositories.sql.feeding import columns_beyond
from sqla_osiris.repositories.sql.target import Target
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing import batches
from sqla_osiris.writing.batch_columns import next_page

__all__ = ["append_columns", "column_pages", "reads_apart", "state_rows", "state_rows_of"]

_ROWS_AT_ONCE = 10_000

_Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def reads_apart(target: Target[Any]) -> bool:
    """Whether another thread may read: not in a session's transaction, nor where it would see another database."""
    engine = target.given_engine
    return engine is not None and isinstance(engine.pool, NullPool | QueuePool)


def column_pages(target: Target[Any], limit: int) -> Iterator[BatchColumns]:
    """Yield all events in the order of the feed, about ``limit`` at a time."""
    pieces = _pieces(target, min(limit, _ROWS_AT_ONCE))
    while (page := next_page(target.stream, pieces, limit)).owners:
        yield page


def _pieces(target: Target[Any], limit: int) -> Iterator[list[Sequence[Any]]]:
    database, names = database_of(target.engine.dialect), list(target.stream.events.c.keys())
    xid, position = names.index(XID), names.index(POSITION)
    after = None
    while columns := columns_beyond(target, after, limit):
        yield columns
        after = database.position_of(columns[xid][-1], columns[position][-1])


def append_columns(target: Target[Any], batch: BatchColumns) -> int:
    """Append a page of another store's events; how many were written."""

    def append(connection: Connection) -> int:
        # Values are encrypted in place.
        copied = replace(batch, touches=dict(batch.touches), metadata=dict(batch.metadata))
        return batches.append_columns(connection, target.stream, copied)

    appended = target.transaction(append)
    target.expire_all()
    return appended


def state_rows(target: Target[Any], limit: int) -> Iterator[_Rows]:
    """Yield the seq and the fields of all live states by context, ``limit`` at a time."""
    with target.connection(reads=True) as connection:
        rows = connection.execute(_states(target.stream).execution_options(yield_per=limit))
        for part in rows.partitions():
            yield _by_key(target.stream, part)


def state_rows_of(target: Target[Any], contexts: Iterable[tuple[Any, ...]]) -> _Rows:
    """Return the seq and the fields of these contexts' live states."""
    stream = target.stream
    columns = stream.context_columns(stream.folded)
    with target.connection(reads=True) as connection:
        query = _states(stream).where(database_of(connection.dialect).in_contexts(columns))
        binds = {"keys": keys_to_bind(list(contexts))}
        return _by_key(stream, connection.execute(query, binds))


def _states(stream: Stream) -> Select[Any]:
    folded = stream.folded.c
    return select(*(folded[name] for name in (*stream.context_names, "seq", *stream.fields)))


def _by_key(stream: Stream, rows: Iterable[Row[Any]]) -> _Rows:
    width = len(stream.context_names)
    return {tuple(row[:width]): tuple(row[width:]) for row in rows}
