"""What a repository found when it folded its log again: the report of ``verify()``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from math import isclose
from typing import Any

from sqla_osiris.fold import Folded, fold
from sqla_osiris.records import Event
from sqla_osiris.repositories.results import touching
from sqla_osiris.repositories.retrying import backoff, retry
from sqla_osiris.schema.log import Log
from sqla_osiris.steps import Pages, Steps

__all__ = ["Difference", "Look", "Verification", "compared", "same_value", "standing", "verified"]

_FIRST_PAUSE, _LONGEST_PAUSE, _PAUSES = 0.02, 0.5, 8


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a snapshot that the log does not say; ``field`` is ``"seq"`` where a seq is missing or doubled."""

    context: Any
    field: str
    stored: Any
    folded: Any


@dataclass(frozen=True, slots=True)
class Verification:
    """How many contexts and events were folded again, and every difference. True when there is none."""

    contexts: int
    events: int
    differences: tuple[Difference, ...]

    def __bool__(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Look:
    """One stream folded once and compared, where no transaction holds still what is read.

    Its differences stand only if its snapshots are still those that it was compared with, and no redaction has yet to
    delete them.
    """

    events: int
    differences: list[Difference]
    stands: bool = True


def standing(look: Callable[[], Steps[Look]], sleep: Callable[[float], Any]) -> Steps[Look]:
    """Return the first look that stands, after pauses of seconds in all the last one.

    An erasure, a redaction or a newer snapshot between two reads of one look makes a difference that is none. A redaction
    that does not end meanwhile was broken off: its differences are there until it is called again.
    """
    last = yield from look()

    def again(_: int) -> Steps[Look | None]:
        nonlocal last
        if not last.stands:
            last = yield from look()
        return last if last.stands else None

    yield from retry(again, islice(backoff(_FIRST_PAUSE, _LONGEST_PAUSE), _PAUSES), sleep)
    return last


def compared(
    log: Log,
    context: Any,
    pages: Pages[Event],
    snapshots: Mapping[int, Folded],
) -> Steps[Look]:
    """Return one look at a context's history: where its seqs are not 1, 2, 3 …, and where its snapshots say something else.

    ``snapshots`` are by the seq up to which they have folded.
    """
    gaps: list[Difference] = []
    folded: dict[int, Folded] = {}
    last = 0
    for page in pages:
        part = yield from page
        for seq in snapshots:
            upto = [event for event in part if event.seq <= seq]
            folded[seq] = fold(log.reducers, touching(log, upto), onto=folded.get(seq))
        for event in part:
            if event.seq != last + 1:
                gaps.append(Difference(context, "seq", stored=event.seq, folded=last + 1))
            last = event.seq
    found = [
        each for seq, stored in snapshots.items() for each in _differing(log, context, stored, folded[seq])
    ]
    beyond = [Difference(context, "seq", stored=seq, folded=last) for seq in snapshots if seq > last]
    return Look(last, gaps + found + beyond)


def _differing(log: Log, context: Any, stored: Folded, folded: Folded) -> list[Difference]:
    found = []
    for field in log.folded_fields.values():
        key = field.key
        held, expected = field.present(stored.accumulators[key]), field.present(folded.accumulators[key])
        if not same_value(held, expected):
            found.append(Difference(context, key, stored=held, folded=expected))
    return found


def verified(pages: Pages[Look], report: Callable[[int], object]) -> Steps[Verification]:
    """Return what the looks at all contexts have found; ``report`` is called after each page with the events so far."""
    contexts = events = 0
    differences: list[Difference] = []
    for page in pages:
        for look in (yield from page):
            contexts += look.events > 0
            events += look.events
            differences += look.differences
        report(events)
    return Verification(contexts, events, tuple(differences))


def same_value(left: Any, right: Any) -> bool:
    """Return whether two are equal; two floats within rounding: sums depend on the order and the width of additions."""
    if isinstance(left, float) and isinstance(right, float):
        return isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return bool(left == right)
