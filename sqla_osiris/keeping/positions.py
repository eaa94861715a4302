"""Has no position given twice: when the newest event is moved or erased, or a log was restored."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, select

from sqla_osiris.databases.positions import POSITION
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.log import END, Log
from sqla_osiris.schema.tables import TOMBSTONE

__all__ = ["position_kept", "resume_positions"]


@contextmanager
def position_kept(connection: Connection, log: Log, key: tuple[Any, ...]) -> Iterator[None]:
    """Have no position given twice, although the newest event leaves the event table."""
    if not database_of(connection.dialect).counts_from_the_greatest:
        yield
        return
    greatest = select(func.max(log.events.c[POSITION]))
    before = connection.scalar(greatest)
    yield
    if before is not None and before != connection.scalar(greatest):
        _mark(connection, log, key, before)


def resume_positions(connection: Connection, log: Log, after: Any) -> None:
    """Have the next position be beyond all that the log has, and beyond the token ``after``.

    On PostgreSQL that is the whole database's epoch: its owner must ask, and connections that are open know it no sooner
    than they are made anew. Raises InvalidValue for a token of another store.
    """
    database = database_of(connection.dialect)
    reached = 0 if after is None else database.reached(after)
    if not database.counts_from_the_greatest:
        database.resume(connection, log.event_tables, reached)
        return
    key = connection.execute(select(*log.context_columns(log.heads)).limit(1)).first()
    if key is None:
        raise OsirisError(
            f"{log.model}: on SQLite the log needs a stream to say where its positions go on. Append the first "
            "event, then resume."
        )
    newest = (connection.scalar(select(func.max(each.c[POSITION]))) or 0 for each in log.event_tables)
    with unlocked(connection, log):
        _mark(connection, log, tuple(key), max(*newest, reached))


def _mark(connection: Connection, log: Log, key: tuple[Any, ...], position: int) -> None:
    """Keep the maximum that SQLite counts positions from, by a row which no reader sees: its seq is the tombstone's."""
    values = dict(zip(log.context_names, key, strict=True))
    marker = values | {"seq": TOMBSTONE, POSITION: position, "osiris_cleared": END}
    database = database_of(connection.dialect)
    insert = database.insert(log.events).values(marker)
    keys = [*log.context_names, "seq"]
    connection.execute(database.upsert(insert, keys, lambda _given: {POSITION: position}))
