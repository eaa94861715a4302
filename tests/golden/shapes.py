"""Which events' statements are pinned: each pair of what decides a statement's text occurs, not each combination.

Each model occurs with each expectation, of one event and of many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

__all__ = ["Written", "pairwise", "shapes"]

MODELS = ("account", "employee", "invoice", "patient", "reading", "visit")
EXPECTS = ("ANYTHING", "NOT_LIVE", "SEQ", "LIVE")
TOUCHES = ("none", "first", "all")
ENDINGS = ("touches", "clears", "ends")
METADATA: tuple[tuple[str, ...], ...] = ((), ("event_id", "event_type"), ("event_meta", "recorded_at"))
MANY = (False, True)


@dataclass(frozen=True)
class Written:
    """What decides the text of the statements that write an event of a model."""

    model: str
    expect: str
    touches: str
    ending: str
    metadata: tuple[str, ...]
    many: bool

    @property
    def is_possible(self) -> bool:
        """What ends a stream touches nothing, and what touches nothing clears nothing."""
        return (self.touches == "none" or self.ending != "ends") and (
            self.touches != "none" or self.ending != "clears"
        )

    def __str__(self) -> str:
        said = [self.model, self.expect.lower(), f"{self.touches} touched", self.ending, *self.metadata]
        return ", ".join([*said, "many" if self.many else "one"])


def shapes() -> list[Written]:
    """The same ones each time, ordered by model."""
    factors = {
        "model": MODELS,
        "expect": EXPECTS,
        "touches": TOUCHES,
        "ending": ENDINGS,
        "metadata": METADATA,
        "many": MANY,
    }
    candidates = [Written(*values) for values in product(*factors.values())]
    found = pairwise([vars(each) for each in candidates if each.is_possible])
    return sorted((Written(**each) for each in found), key=lambda each: (MODELS.index(each.model), str(each)))


def pairwise(candidates: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Some of the candidates, in which occurs what :func:`_covered` says of any. Greedy, and the same ones each time."""
    left = [(each, _covered(each)) for each in candidates]
    missing = set().union(*(pairs for _, pairs in left))
    while missing:
        best, pairs = max(left, key=lambda each: len(each[1] & missing))
        missing -= pairs
        yield best


def _covered(candidate: Mapping[str, Any]) -> set[Any]:
    triple = tuple(candidate[name] for name in ("model", "expect", "many"))
    return {*combinations(candidate.items(), 2), triple}
