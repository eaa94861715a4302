"""The insert of one event on MariaDB, which takes its seq from the head and returns where both came to stand."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select

from sqla_osiris.databases.mysql_family.statements import clock, event_values
from sqla_osiris.databases.plan import Plan, Shape

__all__ = ["returning_event_statement"]


@lru_cache(maxsize=1024)
def returning_event_statement(plan: Plan, shape: Shape) -> Any:
    """Return the insert, with all values but the seq from binds."""
    events, heads, row = plan.events, plan.heads, plan.binds(shape)

    def of_head(name: str) -> ColumnElement[Any]:
        return select(heads.c[name]).where(*plan.here(row)).scalar_subquery()

    values = event_values(plan, shape, seq=of_head("seq"), now=clock())
    # At the statement's start, with the head locked: it does not go back while seq goes on.
    values["recorded_at"] = func.coalesce(row.get("recorded_at"), clock())
    return (
        insert(events)
        .values(values)
        .returning(
            events.c.seq,
            events.c.position,
            events.c.recorded_at,
            of_head("osiris_folded").label("folded"),
            of_head("osiris_fingerprint").label("fingerprint"),
        )
    )
