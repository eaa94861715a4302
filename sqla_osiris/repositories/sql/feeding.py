"""Reads the feed: one model's events in the order of their positions."""

from collections.abc import Sequence
from typing import Any

from sqla_osiris.databases.registry import database_of
from sqla_osiris.reading.feed import feed_columns, settled_feed_columns
from sqla_osiris.records import Event
from sqla_osiris.repositories.sql.events import events_of
from sqla_osiris.repositories.sql.target import Target
from sqla_osiris.writing.encrypting import opening

__all__ = ["columns_beyond", "feed"]


def feed(target: Target[Any], after: Any, limit: int) -> list[Event]:
    """Return at most ``limit`` events beyond the position ``after``."""
    engine, stream = target.engine, target.stream
    database = database_of(engine.dialect)
    events = events_of(stream, database, columns_beyond(target, after, limit))
    if stream.keys is None or not events:
        return events
    # Rows that are settled are committed now, which a transaction of before may not see.
    with engine.connect() if database.settles else target.connection(reads=True) as connection:
        opened = opening(connection, stream, [stream.key_of(event.context) for event in events])
    return events if opened is None else list(map(opened, events))


def columns_beyond(target: Target[Any], after: Any, limit: int) -> list[Sequence[Any]]:
    """Return the event table's columns of what :func:`feed` returns; nothing of no event."""
    engine = target.engine
    if database_of(engine.dialect).settles:
        return settled_feed_columns(engine, target.stream, after, limit, target.settled(engine))
    with target.statement(reads=True) as connection:
        return feed_columns(connection, target.stream, after, limit)
