"""Reads the log in the order of positions: events of all contexts, none of which can be preceded by a later commit."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select, tuple_, union_all

from sqla_osiris.databases.driver_columns import read_columns
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.names import database_of
from sqla_osiris.databases.positions import POSITION, XID, horizon, position_parts
from sqla_osiris.reading.reached import refuse_unreached
from sqla_osiris.schema.log import Stream

__all__ = ["feed_columns"]


def feed_columns(connection: Connection, stream: Stream, after: Any, limit: int) -> list[Sequence[Any]]:
    """The event table's columns of at most ``limit`` events beyond the token ``after``, by position; nothing of no event.

    Raises InvalidValue for a token of another store, and OsirisError for a position that the log has not reached, or
    where it was restored without its counter.
    """
    dialect = database_of(connection.dialect)
    xid, position = (-1, -1) if after is None else position_parts(dialect, after)
    binds = {"xid": xid, "position": position, "most": limit}
    found = read_columns(connection, _feed(stream, dialect), binds, stream.events.c)
    if not found:
        refuse_unreached(connection, stream, after)
    return found


@lru_cache(maxsize=256)
def _feed(stream: Stream, dialect: str) -> Select[Any]:
    arms = [_arm(table, dialect) for table in stream.event_rows]
    if len(arms) == 1:
        return arms[0]
    # Each arm is cut by itself, so that each is read from its index and no further.
    both = union_all(*(select(arm.subquery()) for arm in arms)).subquery("log")
    return select(both).order_by(*_order(both, dialect)).limit(_most())


def _arm(events: Any, dialect: str) -> Select[Any]:
    order = _order(events, dialect)
    after = [bindparam(name, type_=BigInteger()) for name in ("xid", "position")]
    query = select(events).where(events.c.seq > number(0)).order_by(*order).limit(_most())
    if dialect != "postgresql":
        return query.where(events.c[POSITION] > after[1])
    xid, position = events.c[XID], events.c[POSITION]
    return query.where(tuple_(xid, position) > tuple_(*after), xid < horizon())


def _most() -> Any:
    return bindparam("most", type_=BigInteger())


def _order(events: Any, dialect: str) -> list[Any]:
    names = (XID, POSITION) if dialect == "postgresql" else (POSITION,)
    return [events.c[name] for name in names]
