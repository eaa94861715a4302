"""What an event, and a chunk of events, change in a head: what a model tells a database of its accumulators."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import case, func

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import STALE, Plan, Shape
from sqla_osiris.reducers import Last
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.tables import state_column

__all__ = ["emptied", "plan_of"]


@lru_cache(maxsize=1024)
def plan_of(log: Log, database: Database) -> Plan:
    """Return what a database is handed of this model, the same object each time."""
    return Plan(
        model=log.model,
        heads=log.heads,
        events=log.events,
        context=log.context_names,
        fingerprint=log.fingerprint,
        merges=log.merges_inline(database),
        checked=log.checked,
        unique=log.unique,
        lift=partial(_lifted, log, database),
        merged=partial(_merged, log, database),
        head_update=partial(_head_update, log, database),
        first_chunk=partial(_first_chunk, log),
        chunk_update=partial(_chunk_update, log, database),
    )


def _lifted(log: Log, database: Database, touches: Mapping[str, Any]) -> dict[str, Any]:
    """The accumulators of one event's touches by the head's column; none unless this statement merges them."""
    if not log.merges_inline(database):
        return {}
    return {
        column: accumulator.form.lift(touches[accumulator.field], database)
        for column, accumulator in log.accumulators.items()
        if accumulator.field in touches
    }


def _identities(log: Log) -> dict[str, Any]:
    """Return what the accumulators of an untouched head hold, where that is not NULL."""
    return {
        column: number(accumulator.form.identity)
        for column, accumulator in log.accumulators.items()
        if accumulator.form.identity is not None
    }


def emptied(log: Log) -> dict[str, Any]:
    """What a head that exists holds once nothing is folded in it: no accumulator, and no state kept beside it."""
    heads = log.heads.c
    kept = (state_column(name) for name in log.fields)
    return {name: accumulator.form.identity for name, accumulator in log.accumulators.items()} | {
        name: None for name in kept if name in heads
    }


def _head_update(log: Log, database: Database, shape: Shape, touched: Mapping[str, Any]) -> dict[str, Any]:
    heads = log.heads
    following = heads.c.seq + number(1)
    current = number(log.fingerprint)
    if shape.ends:
        # Nothing of the life that ends is folded any more, so the accumulators are the identity, and current.
        return {
            "seq": following,
            "osiris_origin": following,
            "osiris_folded": following,
            "osiris_fingerprint": current,
            **emptied(log),
        }
    if not log.merges_inline(database):
        return {"seq": following}
    fresh = heads.c.osiris_fingerprint == current
    return {
        "seq": following,
        "osiris_folded": case((fresh, following), else_=heads.c.osiris_folded),
        "osiris_fingerprint": case((fresh, current), else_=number(STALE)),
        **{
            name: case((fresh, merged), else_=heads.c[name])
            for name, merged in _merged(log, database, touched).items()
        },
    }


def _merged(log: Log, database: Database, touched: Mapping[str, Any]) -> dict[str, Any]:
    heads = log.heads.c
    return {
        name: log.accumulators[name].form.merge(heads[name], value, database)
        for name, value in touched.items()
    }


def _first_chunk(log: Log, count: Any, accumulators: Mapping[str, Any] | None) -> dict[str, Any]:
    zero = number(0)
    return {
        "seq": count,
        "osiris_origin": zero,
        "osiris_folded": zero if accumulators is None else count,
        "osiris_fingerprint": number(log.fingerprint),
        **_identities(log),
        **(accumulators or {}),
    }


def _chunk_update(
    log: Log, database: Database, given: Mapping[str, Any], names: tuple[str, ...] | None
) -> dict[str, Any]:
    """A stale head keeps its fingerprint and is folded afterwards."""
    heads = log.heads.c
    following = heads.seq + given["seq"]
    if names is None:
        return {"seq": following}
    fresh = heads.osiris_fingerprint == number(log.fingerprint)
    changes = {"seq": following, "osiris_folded": case((fresh, following), else_=heads.osiris_folded)}
    for name in names:
        if isinstance(log.fields[name].reducer, Last):
            merged: Any = func.coalesce(given[name], heads[name])
        else:
            merged = log.accumulators[name].form.merge(heads[name], given[name], database)
        changes[name] = case((fresh, merged), else_=heads[name])
    return changes
