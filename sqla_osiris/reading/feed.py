"""Reads the log in the order of positions: events of all contexts, none of which can be preceded by a later commit.

A counter is not among the rows that a backup holds. Where it begins anew, what is appended stands before what followers
have read, and is never read. So the log is compared with it: before the first write through an engine, where that costs
one query, and wherever a feed has nothing to give.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Connection, Engine, Select, bindparam, select, tuple_, union_all

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import read_columns
from sqla_osiris.databases.elements import Horizon
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITION, XID, Settled
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Log

__all__ = [
    "feed_columns",
    "refuse_unsafe",
    "refuse_unsafe_in",
    "settled_feed_columns",
    "settled_position",
]


def feed_columns(connection: Connection, log: Log, after: Any, limit: int) -> list[Sequence[Any]]:
    """The event table's columns of at most ``limit`` events beyond the token ``after``, by position; nothing of no event.

    Raises InvalidValue for a token of another store, and OsirisError for a position that the log has not reached, or
    where it was restored without its counter.
    """
    database = database_of(connection.dialect)
    xid, position = (-1, -1) if after is None else database.position_parts(after)
    binds = {"xid": xid, "position": position, "most": limit}
    found = read_columns(connection, _feed(log, database), binds, log.events.c)
    if not found:
        _refuse_unreached(connection, log, after)
    return found


@lru_cache(maxsize=256)
def _feed(log: Log, database: Database) -> Select[Any]:
    arms = [_arm(table, database) for table in log.event_rows]
    if len(arms) == 1:
        return arms[0]
    # Each arm is cut by itself, so that each is read from its index and no further.
    both = union_all(*(select(arm.subquery()) for arm in arms)).subquery("log")
    return select(both).order_by(*_order(both, database)).limit(_most())


def _arm(events: Any, database: Database) -> Select[Any]:
    order = _order(events, database)
    after = [bindparam(name, type_=BigInteger()) for name in ("xid", "position")]
    query = select(events).where(events.c.seq > number(0)).order_by(*order).limit(_most())
    if not database.counts_transactions:
        return query.where(events.c[POSITION] > after[1])
    xid, position = events.c[XID], events.c[POSITION]
    return query.where(tuple_(xid, position) > tuple_(*after), xid < Horizon())


def _most() -> Any:
    return bindparam("most", type_=BigInteger())


def _order(events: Any, database: Database) -> list[Any]:
    return [events.c[name] for name in database.position_columns]


# Where positions become visible out of order, and are settled. Everything is read through connections of their own: a
# session's transaction may see the past, and rows have to be read again after positions were settled.


def settled_feed_columns(
    engine: Engine, log: Log, after: Any, limit: int, settled: Settled
) -> list[Sequence[Any]]:
    """As ``feed_columns``; no event beyond a position that a running transaction may have taken.

    Waits for such a transaction only with nothing to return, a fifth of a second at most. Raises OsirisError where it
    cannot be found out whether one runs: without the privilege, on a replica, in a Galera cluster.
    """
    found, final = _visible(engine, log, after, limit, settled)
    if found and final < len(found[0]):
        with suppress(OsirisError) if final else nullcontext():
            if _settle(engine, log, settled, patient=not final):
                found, final = _visible(engine, log, after, limit, settled)
    return [column[:final] for column in found] if final else []


def settled_position(engine: Engine, log: Log, settled: Settled) -> int:
    """The greatest position known to be settled, all that are visible now if that can be found out; 0 where none is."""
    with suppress(OsirisError):
        _settle(engine, log, settled, patient=True)
    return settled.until


def _visible(
    engine: Engine, log: Log, after: Any, limit: int, settled: Settled
) -> tuple[list[Sequence[Any]], int]:
    """The columns that can be seen, and how many of their events are final."""
    # Before the rows: what another thread settles meanwhile may have come to stand behind them.
    until = settled.until
    with engine.connect() as connection:
        columns = feed_columns(connection, log, after, limit)
    if not columns:
        return [], 0
    positions = columns[list(log.events.c).index(log.events.c[POSITION])]
    return columns, _before_holes(positions, after or 0, until)


def _before_holes(positions: Sequence[int], last: int, settled: int) -> int:
    """Return how many come before the first missing position that is not settled."""
    for place, position in enumerate(positions):
        if position > max(last, settled) + 1:
            return place
        last = position
    return len(positions)


def _settle(engine: Engine, log: Log, settled: Settled, *, patient: bool) -> bool:
    database = database_of(engine.dialect)
    return database.settle(engine, log.model, log.event_tables, settled, patient=patient)


# How far positions have come: what was restored without its counter, and what the counter has not reached.

_SNAPSHOTS = ("REPEATABLE READ", "SERIALIZABLE")

_proven: WeakKeyDictionary[Any, set[tuple[Log, str | None]]] = WeakKeyDictionary()
"""By an engine's pool, whose connections end with the database that a dump is restored into."""


def refuse_unsafe(connection: Connection, log: Log) -> None:
    """Raise OsirisError for a log beyond its counter, or without transactions. Asks once for an engine and a model."""
    database = database_of(connection.dialect)
    if not _may_be_unsafe(log, database):
        return
    proven = _proven.get(connection.engine.pool)
    place = log, connection.schema_for_object(log.events)
    if proven is not None and place in proven:
        return
    if database.has_storage_engines:
        database.refuse_storage_engines(connection, log.model, log.tables)
    if _may_be_beyond(log, database):
        database.lock_begun(connection, log.heads)
        counter = database.counter(connection, log.event_tables)
        if counter is not None and not counter.behind:
            raise database.restored(log.events.name)
    _proven.setdefault(connection.engine.pool, set()).add(place)


def refuse_unsafe_in(engine: Engine, log: Log, database: Database) -> None:
    """As :func:`refuse_unsafe`, through a connection of its own."""
    if not _may_be_unsafe(log, database):
        return
    proven = _proven.get(engine.pool)
    if proven is None or (log, log.events.schema) not in proven:
        with engine.connect() as connection:
            refuse_unsafe(connection, log)


def _may_be_unsafe(log: Log, database: Database) -> bool:
    return database.has_storage_engines or _may_be_beyond(log, database)


def _may_be_beyond(log: Log, database: Database) -> bool:
    """Rows of the event table raise the other databases' counters: only those of an archive may be beyond."""
    return log.archive is not None or database.counts_transactions


def _refuse_unreached(connection: Connection, log: Log, after: Any) -> None:
    """Raise OsirisError for a position that the counter has not reached, and for a log beyond it."""
    database = database_of(connection.dialect)
    counter = database.counter(connection, log.event_tables)
    if counter is None:
        return
    if not counter.behind:
        raise database.restored(log.events.name)
    if after is None or counter.is_standby:
        return
    reached = database.reached(after)
    if reached < counter.next or (database.counts_transactions and _is_there_now(connection, log, reached)):
        return
    raise OsirisError(
        f"feed(after={after!r}): {log.events.name} has not come that far: the position is another database's, or this "
        "one was restored from a backup that is older, or is a replica that lags behind. What is appended now would be "
        "passed over. Read on from a position that it has, or call the repository's resume(after=…) where the "
        "writes go: it gives greater ones from then on."
    )


def _is_there_now(connection: Connection, log: Log, reached: int) -> bool:
    """Whether a transaction that sees the past was asked for what the server has reached since."""
    if connection.get_isolation_level() not in _SNAPSHOTS:
        return False
    with connection.engine.connect() as another:
        counter = database_of(another.dialect).counter(another, log.event_tables)
    return counter is not None and reached < counter.next
