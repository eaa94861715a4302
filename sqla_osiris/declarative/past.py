"""The state of one context at an earlier moment, folded by the database from the nearest snapshot that was true then.

A moment is a seq: that of the last event recorded up to a time, whatever clocks did before it. Two statements, the
second one bound to the seq that the first one found: the log before it never changes.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    select,
    type_coerce,
)

from sqla_osiris.declarative.dialects import database_of
from sqla_osiris.declarative.folding import states_at
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.moments import Moment, checked_moment
from sqla_osiris.declarative.statements import STALE
from sqla_osiris.declarative.stream import END, Stream

__all__ = ["Moment", "checked_moment", "past_state"]

def past_state(connection: Connection, stream: Stream, key: tuple[Any, ...], at: Moment) -> Row[Any] | None:
    """The state as the columns of the model's table, ``seq`` included; None where no stream lived then.

    A moment before the first event has none; one after the last event has the present one.
    """
    context = {f"k{i}": part for i, part in enumerate(key)}
    when = {"upto": at} if isinstance(at, datetime) else {"upto": min(max(at, 0), 2**63 - 1)}
    found = connection.execute(_places(stream, isinstance(at, datetime)), context | when).one_or_none()
    if found is None or found.seq is None or found.seq == found.origin:
        return None
    bounds = {"seq": found.seq, "origin": found.origin}
    query = _state_query(stream, database_of(connection.dialect))
    return connection.execute(query, context | bounds).one_or_none()


@lru_cache(maxsize=256)
def _places(stream: Stream, by_time: bool) -> Any:  # noqa: FBT001  (a cache's key)
    """The seq of the context's last event up to the moment, and the seq at which that life began."""
    heads, log = stream.heads, stream.log
    seq: Any
    if by_time:
        upto = bindparam("upto", type_=stream.events.c.recorded_at.type)
        last = select(func.max(log.c.seq)).where(
            *_here(stream, log), log.c.seq > number(0), log.c.recorded_at <= upto
        )
        seq = last.scalar_subquery()
    else:
        upto = bindparam("upto", type_=BigInteger())
        seq = case((heads.c.seq < upto, heads.c.seq), else_=upto)
    place = (
        select(heads.c.osiris_origin, seq.label("seq"))
        .where(*_here(stream, heads), heads.c.seq > number(0))
        .subquery("place")
    )
    ended = select(func.coalesce(func.max(log.c.seq), number(0))).where(
        *_here(stream, log), log.c.seq.between(number(1), place.c.seq), log.c.osiris_cleared == END
    )
    # The present life's origin is known; an earlier one's is searched for.
    origin = case(
        (place.c.seq >= place.c.osiris_origin, place.c.osiris_origin),
        else_=ended.correlate(place).scalar_subquery(),
    )
    return select(place.c.seq, origin.label("origin"))


@lru_cache(maxsize=256)
def _state_query(stream: Stream, dialect: str) -> Any:
    heads = stream.heads
    seq, origin = (bindparam(name, type_=BigInteger()) for name in ("seq", "origin"))
    # Accumulators of a later moment, or of another life, are none of this one's.
    usable = and_(heads.c.osiris_folded <= seq, heads.c.osiris_origin == origin)
    then = (
        select(
            *(heads.c[name] for name in stream.context_names),
            type_coerce(seq, BigInteger()).label("seq"),
            origin.label("osiris_origin"),
            case((usable, heads.c.osiris_folded), else_=origin).label("osiris_folded"),
            case((usable, heads.c.osiris_fingerprint), else_=number(STALE)).label("osiris_fingerprint"),
            *(heads.c[name] for name in stream.accumulators),
        )
        .where(*_here(stream, heads), heads.c.seq > number(0))
        .subquery("head")
    )
    source, states = states_at(stream, then, dialect, base=True)
    context = {
        name: type_coerce(then.c[name], stream.folded.c[name].type) for name in (*stream.context_names, "seq")
    }
    columns = (expression.label(name) for name, expression in (context | states).items())
    return select(*columns).select_from(source)


def _here(stream: Stream, table: Any) -> list[Any]:
    return [
        table.c[name] == bindparam(f"k{i}", type_=stream.heads.c[name].type)
        for i, name in enumerate(stream.context_names)
    ]
