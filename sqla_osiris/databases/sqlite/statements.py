"""The statements that write events on SQLite: the head's, then the event's, under one write lock.

It has no data-modifying CTE: the event's seq is bound.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import Expect, Plan, Shape

__all__ = ["clock", "event_statement", "fresh_head_statement", "head_statement"]


def clock() -> ColumnElement[Any]:
    """Return the clock, as text."""
    return func.strftime(literal_column("'%Y-%m-%d %H:%M:%f000'"), literal_column("'now'"))


@lru_cache(maxsize=1024)
def fresh_head_statement(plan: Plan, shape: Shape) -> Any:
    """Return the update of a head that stands at ``expected`` and is not stale, where the statement merges."""
    heads, given = plan.heads, plan.binds(shape)
    following = heads.c.seq + 1
    merged = plan.merged(plan.lift(plan.touches(shape, given)))
    fresh = heads.c.osiris_fingerprint == number(plan.fingerprint)
    changes = {"seq": following, "osiris_folded": following, **merged}
    return update(heads).where(*plan.here(given), *plan.expected(shape, given), fresh).values(changes)


@lru_cache(maxsize=1024)
def head_statement(plan: Plan, shape: Shape, *, returning: bool) -> Any:
    """Return the upsert or update of the head."""
    heads, given = plan.heads, plan.binds(shape)
    merged = plan.lift(plan.touches(shape, given))
    statement: Any
    if shape.expect.updates:
        here = (*plan.here(given), *plan.expected(shape, given))
        statement = update(heads).where(*here).values(plan.head_update(shape, merged))
    else:
        upsert = sqlite.insert(heads).values(plan.keys(given) | plan.first_head(merged))
        statement = upsert.on_conflict_do_update(
            index_elements=list(plan.context),
            set_=plan.head_update(shape, {name: upsert.excluded[name] for name in merged}),
            where=heads.c.seq == heads.c.osiris_origin if shape.expect is Expect.NOT_LIVE else None,
        )
    if returning:
        statement = statement.returning(heads.c.seq, heads.c.osiris_folded, heads.c.osiris_fingerprint)
    return statement


@lru_cache(maxsize=1024)
def event_statement(plan: Plan, shape: Shape, *, many: bool) -> Any:
    """Return the insert of the event. One returns its position and recorded_at; many bind them."""
    events = plan.events
    position = select(func.coalesce(func.max(events.c.position), 0) + 1).scalar_subquery()
    values = plan.event(
        shape,
        plan.binds(shape),
        seq=bindparam("seq", type_=BigInteger()),
        now=bindparam("now", type_=Text()) if many else clock(),
        cleared=literal_column("'*'") if shape.ends else bindparam("cleared", type_=Text()),
    )
    values["position"] = bindparam("position", type_=BigInteger()) if many else position
    first = [*plan.context, "seq", "position", "recorded_at"]
    statement = insert(events).values({name: values[name] for name in first} | values)
    return statement if many else statement.returning(events.c.position, events.c.recorded_at)
