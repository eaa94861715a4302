"""Reads the log in the order of positions: events of all contexts, none of which can be preceded by a later commit."""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Select, bindparam, select, tuple_, union_all

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import read_columns
from sqla_osiris.databases.elements import Horizon
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITION, XID, Settled
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.reading.reached import refuse_unreached
from sqla_osiris.schema.log import Stream

__all__ = ["feed_columns", "settled_feed_columns", "settled_position"]


def feed_columns(connection: Connection, stream: Stream, after: Any, limit: int) -> list[Sequence[Any]]:
    """The event table's columns of at most ``limit`` events beyond the token ``after``, by position; nothing of no event.

    Raises InvalidValue for a token of another store, and OsirisError for a position that the log has not reached, or
    where it was restored without its counter.
    """
    database = database_of(connection.dialect)
    xid, position = (-1, -1) if after is None else database.position_parts(after)
    binds = {"xid": xid, "position": position, "most": limit}
    found = read_columns(connection, _feed(stream, database), binds, stream.events.c)
    if not found:
        refuse_unreached(connection, stream, after)
    return found


@lru_cache(maxsize=256)
def _feed(stream: Stream, database: Database) -> Select[Any]:
    arms = [_arm(table, database) for table in stream.event_rows]
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
    engine: Engine, stream: Stream, after: Any, limit: int, settled: Settled
) -> list[Sequence[Any]]:
    """As ``feed_columns``; no event beyond a position that a running transaction may have taken.

    Waits for such a transaction only with nothing to return, a fifth of a second at most. Raises OsirisError where it
    cannot be found out whether one runs: without the privilege, on a replica, in a Galera cluster.
    """
    found, final = _visible(engine, stream, after, limit, settled)
    if found and final < len(found[0]):
        with suppress(OsirisError) if final else nullcontext():
            if _settle(engine, stream, settled, patient=not final):
                found, final = _visible(engine, stream, after, limit, settled)
    return [column[:final] for column in found] if final else []


def settled_position(engine: Engine, stream: Stream, settled: Settled) -> int:
    """The greatest position known to be settled, all that are visible now if that can be found out; 0 where none is."""
    with suppress(OsirisError):
        _settle(engine, stream, settled, patient=True)
    return settled.until


def _visible(
    engine: Engine, stream: Stream, after: Any, limit: int, settled: Settled
) -> tuple[list[Sequence[Any]], int]:
    """The columns that can be seen, and how many of their events are final."""
    # Before the rows: what another thread settles meanwhile may have come to stand behind them.
    until = settled.until
    with engine.connect() as connection:
        columns = feed_columns(connection, stream, after, limit)
    if not columns:
        return [], 0
    positions = columns[list(stream.events.c).index(stream.events.c[POSITION])]
    return columns, _before_holes(positions, after or 0, until)


def _before_holes(positions: Sequence[int], last: int, settled: int) -> int:
    """How many come before the first missing position that is not settled."""
    for place, position in enumerate(positions):
        if position > max(last, settled) + 1:
            return place
        last = position
    return len(positions)


def _settle(engine: Engine, stream: Stream, settled: Settled, *, patient: bool) -> bool:
    database = database_of(engine.dialect)
    return database.settle(engine, stream.model, stream.event_tables, settled, patient=patient)
