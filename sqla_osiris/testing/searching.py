"""The search for the smallest counter-example to a law, by Hypothesis."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import Flaky, NoSuchExample, UnsatisfiedAssumption
from hypothesis.strategies import SearchStrategy

from sqla_osiris.errors import LawBroken
from sqla_osiris.testing.sameness import same as strictly_same

__all__ = ["Comparison", "Law", "Raised", "Sameness", "Search", "resolved"]

ExampleT = TypeVar("ExampleT")
Sameness = Callable[[Any, Any], bool]


class Comparison(NamedTuple):
    """Two things that a law says are the same, each behind its term; ``exact`` ones by the strict comparison.

    Where a ``damaging`` one does not hold, the subject itself is damaged: no smaller example is looked for.
    """

    left_term: str
    left: Any
    right_term: str
    right: Any
    exact: bool = False
    damaging: bool = False


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

    A law's examples are no test of speed, and a stalled machine must not be reported as a broken law. ``shown`` lets
    Hypothesis print the failing example.
    """
    base: Any = given or settings.default
    every_check: Any = list(HealthCheck)
    # Hypothesis explains an example that it prints. One that is only returned needs no explanation, which is dear.
    phases = [phase for phase in base.phases if shown or phase is not Phase.explain]
    return settings(
        base,
        deadline=None,
        suppress_health_check=every_check,
        phases=phases,
        verbosity=Verbosity.normal if shown else Verbosity.quiet,
    )


@dataclass(frozen=True)
class Search:
    """A search for counter-examples: whose, by which comparison, and how long."""

    subject: str
    same: Sameness
    settings: settings

    def refute(
        self,
        law: Law,
        examples: SearchStrategy[ExampleT],
        compare: Callable[[ExampleT], Iterable[Comparison]],
        shown: Callable[[ExampleT], Mapping[str, Any]],
    ) -> None:
        """Raise LawBroken with the smallest example whose comparisons do not hold; return when none is found."""
        damages: list[LawBroken] = []

        def breaks(example: ExampleT) -> bool:
            if damages:
                return False
            found = self._broken(compare, example)
            if found is not None and found.damaging:
                damages.append(self._error(law, shown(example), found))
            return found is not None

        try:
            example = find(
                examples,
                breaks,
                settings=self.settings,
                database_key=f"sqla_osiris {law.name} {self.subject}".encode(),
            )
        except NoSuchExample:
            return
        except Flaky as error:
            raise (damages or [self._error(_PURITY, {}, _CHANGES)])[0] from error
        raise self._error(law, shown(example), self._broken(compare, example) or _CHANGES)

    def _broken(
        self, compare: Callable[[ExampleT], Iterable[Comparison]], example: ExampleT
    ) -> Comparison | None:
        """The first comparison that does not hold."""
        last = None
        try:
            for last in compare(example):
                same = strictly_same if last.exact else self.same
                if not same(last.left, last.right):
                    return last
        except UnsatisfiedAssumption:
            raise
        except Exception as error:  # noqa: BLE001  (whatever the user's reducer raises breaks the law)
            return Comparison(
                f"the term after {last.left_term}" if last else "the first term",
                Raised(error),
                "no error",
                None,
            )
        return None

    def _error(self, law: Law, example: Mapping[str, Any], found: Comparison) -> LawBroken:
        return LawBroken(
            law=law.name,
            subject=self.subject,
            example=example,
            left=found.left,
            right=found.right,
            equation=(found.left_term, found.right_term),
            advice=law.advice,
        )


_PURITY = Law(
    "purity", "A reducer depends on its arguments alone: no clock, no counter, no random number, no I/O."
)
_CHANGES = Comparison("the same call again", "another result", "its first result", "the first result")
