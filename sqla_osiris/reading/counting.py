"""How large is a log, and which of its streams are the largest? By statements over its heads, or its newest events."""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Select, and_, bindparam, case, func, select

from sqla_osiris.databases.literals import number
from sqla_osiris.schema.log import Log
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["busiest_since_query", "largest_query", "size_query"]


@lru_cache(maxsize=256)
def size_query(log: Log) -> Select[Any]:
    """The number of streams, of those that live, of events, and of snapshots that another version of the model folded.

    It reads the heads alone, which know how many events there are. Erased streams do not count.
    """
    heads = log.heads.c
    lives = heads.seq > heads.osiris_origin
    stale = and_(
        heads.osiris_folded > heads.osiris_origin, heads.osiris_fingerprint != number(log.fingerprint)
    )
    counted = (
        func.coalesce(func.sum(case((condition, number(1)), else_=number(0))), number(0))
        for condition in (lives, stale)
    )
    living, old = counted
    numbers: Any = select(func.count(), living, func.coalesce(func.sum(heads.seq), number(0)), old)
    return cast("Select[Any]", numbers.where(heads.seq > number(0)))


@lru_cache(maxsize=256)
def largest_query(log: Log) -> Select[Any]:
    """The contexts with the most events, and how many, the largest first."""
    heads = log.heads
    contexts = log.context_columns(heads)
    return (
        select(*contexts, heads.c.seq).where(heads.c.seq > number(0)).order_by(heads.c.seq.desc(), *contexts)
    )


@lru_cache(maxsize=256)
def busiest_since_query(log: Log) -> Select[Any]:
    """The contexts with the most events recorded from the moment ``since`` on, and how many, the busiest first."""
    rows = log.rows
    contexts = log.context_columns(rows)
    events = func.count().label("osiris_events")
    since = bindparam("since", type_=UTCDateTime())
    return (
        select(*contexts, events)
        .where(rows.c.recorded_at >= since, rows.c.seq > number(0))
        .group_by(*contexts)
        .order_by(events.desc(), *contexts)
    )
