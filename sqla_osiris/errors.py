"""What can go wrong, under one root: each error says what was wrong, where, and what to do next.

``ConcurrentAppend`` is also SQLAlchemy's ``StaleDataError``; that subclass lives beside the unit of work
(:mod:`sqla_osiris.conflicts`) so that this module stays free of SQLAlchemy.
"""

from collections.abc import Mapping
from functools import partial
from textwrap import fill
from typing import Any

__all__ = [
    "ContextErased",
    "DeclarationError",
    "FoldUnavailable",
    "InvalidValue",
    "LawBroken",
    "LogsDiffer",
    "NotExpressible",
    "OsirisError",
    "UnknownField",
]


class OsirisError(Exception):
    """The root of every error that this library raises itself; drivers' errors pass through unchanged."""


class DeclarationError(OsirisError):
    """A model's declaration cannot work. Raised while its class is created."""


class UnknownField(OsirisError):
    """An event names a field that its model does not declare."""

    def __init__(self, *, model: str, field: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{model} has no field {field!r}. Its fields are: {', '.join(known)}.")
        self.model = model
        self.field = field
        self.known = known

    def __reduce__(self) -> tuple[Any, ...]:
        # Built from keywords: an exception's default reduction could not be unpickled in another process.
        return partial(UnknownField, model=self.model, field=self.field, known=self.known), ()


class InvalidValue(OsirisError):
    """A value that its column cannot hold on every store. Refused before anything is written."""


class NotExpressible(OsirisError):
    """A change that no event can express. Nothing of it was written."""


class ContextErased(OsirisError):
    """The stream was erased for good; its tombstone refuses further events."""


class LogsDiffer(OsirisError):
    """Two logs that should have the same streams do not: a copy, or an import, stops at what differs."""


class FoldUnavailable(OsirisError):
    """A reducer has no form in this store's query language."""


class LawBroken(OsirisError):
    """A reducer, a model or a store broke a law of the fold.

    ``law`` is the law's name, ``subject`` who broke it, ``example`` the smallest counter-example found, by the names
    that ``equation`` uses, and ``left`` and ``right`` what the two sides of the equation gave. ``touches`` counts
    the touches or events of the example.
    """

    def __init__(  # noqa: PLR0913  (each is an attribute; none has a natural place)
        self,
        *,
        law: str,
        subject: str,
        example: Mapping[str, Any],
        left: Any,
        right: Any,
        equation: tuple[str, str] = ("the left side", "the right side"),
        advice: str = "",
    ) -> None:
        lines = [
            f"{subject} breaks the law of {law}: {equation[0]} must be {equation[1]}, and is not with",
            "",
        ]
        lines += [_listed(name, part) for name, part in example.items()] or ["  nothing at all"]
        for term, side in zip(equation, (left, right), strict=True):
            if term != repr(side):
                lines += ["", f"  {term}", f"    is {_shown(side)}"]
        super().__init__("\n".join(lines + (["", fill(advice, 100)] if advice else [])))
        self.law = law
        self.subject = subject
        self.example: dict[str, Any] = dict(example)
        self.left = left
        self.right = right
        self.equation = equation
        self.advice = advice

    @property
    def touches(self) -> int:
        """Return how many touches or events the counter-example has."""
        return sum(len(part) if isinstance(part, list) else 1 for part in self.example.values())

    def __reduce__(self) -> tuple[Any, ...]:
        given = ("law", "subject", "example", "left", "right", "equation", "advice")
        return partial(LawBroken, **{name: getattr(self, name) for name in given}), ()


_LONGEST = 600
_MOST = 12


def _listed(name: str, part: Any) -> str:
    """One part of a counter-example: on its line, or where that is long, each of its items on a line."""
    line = f"  {name} = {part!r}"
    if len(line) <= 100 or not isinstance(part, list):
        return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
    items = [f"    {_shown(item)}" for item in part[:_MOST]]
    return "\n".join([f"  {name} =", *items] + (["    …"] if len(part) > _MOST else []))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
