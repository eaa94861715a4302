"""What an event, and a chunk of events, change in a head: what a model tells a database of its accumulators."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import case, func

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import STALE, Plan, Shape
from sqla_osiris.reducers import Last
from sqla_osiris.schema.log import Stream
from sqla_osiris.schema.tables import state_column

__all__ = ["emptied", "plan_of"]


@lru_cache(maxsize=1024)
def plan_of(stream: Stream, database: Database) -> Plan:
    """Return what a database is handed of this model, the same object each time."""
    return Plan(
        model=stream.model,
        heads=stream.heads,
        events=stream.events,
        context=stream.context_names,
        fingerprint=stream.fingerprint,
        merges=stream.merges_inline(database),
        lift=partial(_lifted, stream, database),
        merged=partial(_merged, stream, database),
        head_update=partial(_head_update, stream, database),
        first_chunk=partial(_first_chunk, stream),
        chunk_update=partial(_chunk_update, stream, database),
    )


def _lifted(stream: Stream, database: Database, touches: Mapping[str, Any]) -> dict[str, Any]:
    """The accumulators of one event's touches by the head's column; none unless this statement merges them."""
    if not stream.merges_inline(database):
        return {}
    return {
        column: accumulator.form.lift(touches[accumulator.field], database)
        for column, accumulator in stream.accumulators.items()
        if accumulator.field in touches
    }


def _identities(stream: Stream) -> dict[str, Any]:
    """What the accumulators of an untouched head hold, where that is not NULL."""
    return {
        column: number(accumulator.form.identity)
        for column, accumulator in stream.accumulators.items()
        if accumulator.form.identity is not None
    }


def emptied(stream: Stream) -> dict[str, Any]:
    """What a head that exists holds once nothing is folded in it: no accumulator, and no state kept beside it."""
    heads = stream.heads.c
    kept = (state_column(name) for name in stream.fields)
    return {name: accumulator.form.identity for name, accumulator in stream.accumulators.items()} | {
        name: None for name in kept if name in heads
    }


def _head_update(
    stream: Stream, database: Database, shape: Shape, touched: Mapping[str, Any]
) -> dict[str, Any]:
    heads = stream.heads
    following = heads.c.seq + number(1)
    current = number(stream.fingerprint)
    if shape.ends:
        # Nothing of the life that ends is folded any more, so the accumulators are the identity, and current.
        return {
            "seq": following,
            "osiris_origin": following,
            "osiris_folded": following,
            "osiris_fingerprint": current,
            **emptied(stream),
        }
    if not stream.merges_inline(database):
        return {"seq": following}
    fresh = heads.c.osiris_fingerprint == current
    return {
        "seq": following,
        "osiris_folded": case((fresh, following), else_=heads.c.osiris_folded),
        "osiris_fingerprint": case((fresh, current), else_=number(STALE)),
        **{
            name: case((fresh, merged), else_=heads.c[name])
            for name, merged in _merged(stream, database, touched).items()
        },
    }


def _merged(stream: Stream, database: Database, touched: Mapping[str, Any]) -> dict[str, Any]:
    heads = stream.heads.c
    return {
        name: stream.accumulators[name].form.merge(heads[name], value, database)
        for name, value in touched.items()
    }


def _first_chunk(stream: Stream, count: Any, accumulators: Mapping[str, Any] | None) -> dict[str, Any]:
    zero = number(0)
    return {
        "seq": count,
        "osiris_origin": zero,
        "osiris_folded": zero if accumulators is None else count,
        "osiris_fingerprint": number(stream.fingerprint),
        **_identities(stream),
        **(accumulators or {}),
    }


def _chunk_update(
    stream: Stream, database: Database, given: Mapping[str, Any], names: tuple[str, ...] | None
) -> dict[str, Any]:
    """A stale head keeps its fingerprint and is folded afterwards."""
    heads = stream.heads.c
    following = heads.seq + given["seq"]
    if names is None:
        return {"seq": following}
    fresh = heads.osiris_fingerprint == number(stream.fingerprint)
    changes = {"seq": following, "osiris_folded": case((fresh, following), else_=heads.osiris_folded)}
    for name in names:
        if isinstance(stream.fields[name].reducer, Last):
            merged: Any = func.coalesce(given[name], heads[name])
        else:
            merged = stream.accumulators[name].form.merge(heads[name], given[name], database)
        changes[name] = case((fresh, merged), else_=heads[name])
    return changes
