"""The state of one context at an earlier moment, folded by the database in one statement.

A moment is a seq: that of the last event recorded up to a time, whatever clocks did before it.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, select

from sqla_osiris.reading.past import types_in_the_past
from sqla_osiris.schema.log import Stream, context_binds
from sqla_osiris.schema.moments import Moment, checked_moment, in_range
from sqla_osiris.schema.past_alias import past_alias
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["Moment", "checked_moment", "past_state"]


def past_state(connection: Connection, stream: Stream, key: tuple[Any, ...], at: Moment) -> Row[Any] | None:
    """The state as the columns of the model's table, ``seq`` included; None where no stream lived then.

    A moment before the first event has none; one after the last event has the present one.
    """
    query = _query(stream, isinstance(at, datetime))
    return connection.execute(query, context_binds(key) | {"upto": in_range(at)}).one_or_none()


@lru_cache(maxsize=256)
def _query(stream: Stream, by_time: bool) -> Any:  # noqa: FBT001  (a cache's key)
    moment = bindparam("upto", type_=UTCDateTime() if by_time else BigInteger())
    past = past_alias(stream.folded, "past", moment, types_in_the_past(stream))
    return select(*past.c).where(*stream.in_context(past))
