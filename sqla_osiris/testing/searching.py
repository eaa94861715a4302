"""The search for the smallest counter-example to a law, by Hypothesis."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import Flaky, NoSuchExample, UnsatisfiedAssumption
from hypothesis.strategies import SearchStrategy

from sqla_osiris.errors import LawBroken
from sqla_osiris.testing.sameness import same as strictly_same

__all__ = ["Comparison", "Law", "Raised", "Sameness", "refute", "resolved"]

ExampleT = TypeVar("ExampleT")
Sameness = Callable[[Any, Any], bool]


class Comparison(NamedTuple):
    """Two things that a law says are the same, each behind the words for it; ``exact`` ones by the strict comparison."""

    left_term: str
    left: Any
    right_term: str
    right: Any
    exact: bool = False


@dataclass(frozen=True)
class Law:
    """A law's name and what to do about a breach of it."""

    name: str
    advice: str


class Raised:
    """Stands for the result of a call that raised."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        return f"an error: {type(self.error).__name__}: {self.error}"


def resolved(given: settings | None, *, shown: bool = False) -> settings:
    """The settings of a search: those given, else the loaded profile's; never a deadline or a health check.

    A law's examples are no test of speed, and a stalled machine must not be reported as a broken law. ``shown`` lets Hypothesis print the failing example.
    """
    return settings(
        given or settings.default,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal if shown else Verbosity.quiet,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
    )


def refute(
    law: Law,
    subject: str,
    examples: SearchStrategy[ExampleT],
    compare: Callable[[ExampleT], Iterable[Comparison]],
    *,
    shown: Callable[[ExampleT], Mapping[str, Any]],
    same: Sameness,
    settings: settings,
) -> None:
    """Raise LawBroken with the smallest example whose comparisons do not hold; return when none is found."""

    def broken(example: ExampleT) -> Comparison | None:
        comparison = None
        try:
            for comparison in compare(example):
                if not (strictly_same if comparison.exact else same)(comparison.left, comparison.right):
                    return comparison
        except UnsatisfiedAssumption:
            raise
        except Exception as error:  # noqa: BLE001  (whatever the user's reducer raises breaks the law)
            said = comparison.left_term if comparison else "computing both sides"
            return Comparison(f"what comes after {said}" if comparison else said, Raised(error), "no error", None)
        return None

    try:
        example = find(
            examples,
            lambda example: broken(example) is not None,
            settings=settings,
            database_key=f"sqla_osiris {law.name} {subject}".encode(),
        )
    except NoSuchExample:
        return
    except Flaky as error:
        raise LawBroken(
            law="purity",
            subject=subject,
            example={},
            left="a different result the second time",
            right="the same result",
            equation=("the same call with the same arguments", "its first result"),
            advice="A reducer depends on its arguments alone: no clock, no counter, no random number, no I/O.",
        ) from error
    found = broken(example)
    if found is None:  # the same example, a moment later
        found = Comparison("the same call again", "a different result", "its first result", "the same result")
    raise LawBroken(
        law=law.name,
        subject=subject,
        example=shown(example),
        left=found.left,
        right=found.right,
        equation=(found.left_term, found.right_term),
        advice=law.advice,
    )
