"""Has positions go on beyond those of a log that was restored without its counter, or read further in another life."""

from typing import Any

from sqlalchemy import Connection, func, select

from sqla_osiris.databases.positions import POSITION
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.append_only import unlocked
from sqla_osiris.schema.log import END, Stream
from sqla_osiris.schema.tables import TOMBSTONE

__all__ = ["resume_positions"]


def resume_positions(connection: Connection, stream: Stream, after: Any) -> None:
    """Have the next position be beyond all that the log has, and beyond the token ``after``.

    On PostgreSQL that is the whole database's epoch: its owner must ask, and connections that are open know it no sooner
    than they are made anew. Raises InvalidValue for a token of another store.
    """
    database = database_of(connection.dialect)
    reached = 0 if after is None else database.reached(after)
    if database.counts_from_the_greatest:
        _mark(connection, stream, reached)
    else:
        database.resume(connection, stream.event_tables, reached)


def _mark(connection: Connection, stream: Stream, position: int) -> None:
    """Keep the maximum that positions are counted from, by a marker that no reader of events sees."""
    heads = stream.context_columns(stream.heads)
    key = connection.execute(select(*heads).limit(1)).first()
    if key is None:
        raise OsirisError(
            f"{stream.model}: on SQLite the log needs a stream to say where its positions go on. Append the first "
            "event, then resume."
        )
    values = dict(zip(stream.context_names, key, strict=True))
    newest = (connection.scalar(select(func.max(each.c[POSITION]))) or 0 for each in stream.event_tables)
    reached = max(*newest, position)
    database = database_of(connection.dialect)
    marker = values | {"seq": TOMBSTONE, POSITION: reached, "osiris_cleared": END}
    insert = database.insert(stream.events).values(marker)
    keys = [*stream.context_names, "seq"]
    with unlocked(connection, stream):
        connection.execute(database.upsert(insert, keys, lambda _given: {POSITION: reached}))
