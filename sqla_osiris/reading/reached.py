"""How far a log's positions have come: what was restored without its counter, and what the counter has not reached.

A counter is not among the rows that a backup holds. Where it begins anew, what is appended stands before what followers
have read, and is never read. So the log is compared with it: before the first write through an engine, where that costs
one query, and wherever a feed has nothing to give.
"""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream

__all__ = ["refuse_restored", "refuse_restored_in", "refuse_unreached"]

_SNAPSHOTS = ("REPEATABLE READ", "SERIALIZABLE")


_proven: WeakKeyDictionary[Any, set[tuple[Stream, str | None]]] = WeakKeyDictionary()
"""By an engine's pool, whose connections end with the database that a dump is restored into."""


def refuse_restored(connection: Connection, stream: Stream) -> None:
    """Raise OsirisError for a log beyond its counter. Asks once for an engine and a model."""
    database = database_of(connection.dialect)
    if not _may_be_beyond(stream, database):
        return
    proven = _proven.get(connection.engine.pool)
    place = stream, connection.schema_for_object(stream.events)
    if proven is not None and place in proven:
        return
    counter = database.counter(connection, stream.event_tables)
    if counter is not None and not counter.behind:
        raise database.restored(stream.events.name)
    _proven.setdefault(connection.engine.pool, set()).add(place)


def refuse_restored_in(engine: Engine, stream: Stream, database: Database) -> None:
    """As :func:`refuse_restored`, through a connection of its own."""
    if not _may_be_beyond(stream, database):
        return
    proven = _proven.get(engine.pool)
    if proven is None or (stream, stream.events.schema) not in proven:
        with engine.connect() as connection:
            refuse_restored(connection, stream)


def _may_be_beyond(stream: Stream, database: Database) -> bool:
    """Rows of the event table raise the other databases' counters: only those of an archive may be beyond."""
    return stream.archive is not None or database.counts_transactions


def refuse_unreached(connection: Connection, stream: Stream, after: Any) -> None:
    """Raise OsirisError for a position that the counter has not reached, and for a log beyond it."""
    database = database_of(connection.dialect)
    counter = database.counter(connection, stream.event_tables)
    if counter is None:
        return
    if not counter.behind:
        raise database.restored(stream.events.name)
    if after is None or counter.is_standby:
        return
    reached = database.reached(after)
    if reached < counter.next or (
        database.counts_transactions and _is_there_now(connection, stream, reached)
    ):
        return
    raise OsirisError(
        f"feed(after={after!r}): {stream.events.name} has not come that far: the position is another database's, or this "
        "one was restored from a backup that is older, or is a replica that lags behind. What is appended now would be "
        "passed over. Read on from a position that it has, or call the repository's resume(after=…) where the "
        "writes go: it gives greater ones from then on."
    )


def _is_there_now(connection: Connection, stream: Stream, reached: int) -> bool:
    """Whether a transaction that sees the past was asked for what the server has reached since."""
    if connection.get_isolation_level() not in _SNAPSHOTS:
        return False
    with connection.engine.connect() as another:
        counter = database_of(another.dialect).counter(another, stream.event_tables)
    return counter is not None and reached < counter.next
