"""Reads the log in the order of positions: events of all contexts, none of which can be preceded by a later commit."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select, tuple_, union_all

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver_columns import read_columns
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.names import database_of
from sqla_osiris.databases.positions import POSITION, XID, horizon
from sqla_osiris.reading.reached import refuse_unreached
from sqla_osiris.schema.log import Stream

__all__ = ["feed_columns"]


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
    return query.where(tuple_(xid, position) > tuple_(*after), xid < horizon())


def _most() -> Any:
    return bindparam("most", type_=BigInteger())


def _order(events: Any, database: Database) -> list[Any]:
    return [events.c[name] for name in database.position_columns]
