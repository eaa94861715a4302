"""The fold of a stream in Python: the reference that every store agrees with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqla_osiris.records import Event
from sqla_osiris.reducers import Reducer

__all__ = ["Folded", "fold", "identity", "merge", "present"]


@dataclass(frozen=True, slots=True)
class Folded:
    """The accumulators of a stretch of one stream; ``ended`` says that its last event ended the stream."""

    seq: int
    accumulators: Mapping[str, Any]
    ended: bool = False
    restarts: bool = False


def identity(reducers: Mapping[str, Reducer]) -> Folded:
    """The fold of no event."""
    return Folded(0, {name: reducer.identity() for name, reducer in reducers.items()})


def fold(reducers: Mapping[str, Reducer], events: Iterable[Event], *, onto: Folded | None = None) -> Folded:
    """Fold events, in the order of their seq, onto a prefix of the same stream (by default onto nothing)."""
    seq = onto.seq if onto else 0
    accumulators = dict((onto or identity(reducers)).accumulators)
    ended, restarts = (onto.ended, onto.restarts) if onto else (False, False)
    for event in events:
        seq, ended = event.seq, event.ends
        if event.ends:
            restarts = True
            accumulators = dict(identity(reducers).accumulators)
        for name, touch in event.fields.items():
            reducer = reducers[name]
            accumulators[name] = reducer.merge(accumulators[name], reducer.lift(touch))
    return Folded(seq, accumulators, ended, restarts)


def merge(reducers: Mapping[str, Reducer], left: Folded, right: Folded) -> Folded:
    """The fold of ``left``'s events followed by ``right``'s: associative, with :func:`identity`."""
    if right.restarts:
        return right
    return Folded(
        seq=right.seq or left.seq,
        accumulators={
            name: reducer.merge(left.accumulators[name], right.accumulators[name])
            for name, reducer in reducers.items()
        },
        ended=right.ended if right.seq else left.ended,
        restarts=left.restarts,
    )


def present(reducers: Mapping[str, Reducer], folded: Folded) -> dict[str, Any]:
    """The state that a reader sees, by field."""
    return {name: reducer.present(folded.accumulators[name]) for name, reducer in reducers.items()}
