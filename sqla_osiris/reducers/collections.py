"""Reducers that collect: what was appended, the union of sets, and how many different values there were."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers.base import Reducer
from sqla_osiris.reducers.exact import shortest
from sqla_osiris.reducers.patches import same_json

__all__ = ["Append", "Distinct", "Union", "in_one_order"]


class Append(Reducer):
    """All touches, which are lists of JSON values, one after the other; ``[]`` while untouched."""

    grows = True

    def identity(self) -> list[Any]:
        return []

    def lift(self, touch: Sequence[Any]) -> list[Any]:
        return list(touch)

    def merge(self, left: list[Any], right: list[Any]) -> list[Any]:
        return left + right if left and right else left or right

    def present(self, accumulator: list[Any]) -> list[Any]:
        return list(accumulator)

    def touch_between(self, before: Sequence[Any] | None, after: Any) -> list[Any]:
        before = before or []
        if not isinstance(after, list | tuple):
            raise NotExpressible(f"an appended list can only become a longer list, not {after!r}")
        if len(after) < len(before) or not all(map(same_json, before, after)):
            raise NotExpressible(
                f"{after!r} does not begin with what was appended before, {before!r}: nothing is ever taken out of "
                "an appended list. Use Latest for a list that is replaced"
            )
        return list(after[len(before) :])

    def dump(self, accumulator: list[Any]) -> Any:
        return accumulator

    def load(self, document: list[Any]) -> Any:
        return document


class _Set(Reducer):
    """A reducer whose accumulator is a set."""

    commutative = True
    idempotent = True
    grows = True

    def identity(self) -> frozenset[Any]:
        return frozenset()

    def merge(self, left: frozenset[Any], right: frozenset[Any]) -> frozenset[Any]:
        return left | right

    def load(self, document: list[Any]) -> frozenset[Any]:
        return frozenset(document)


class Union(_Set):
    """The union of all touches, which are sets or lists of str and int; a set that only grows."""

    def lift(self, touch: Iterable[str | int]) -> frozenset[str | int]:
        return frozenset(touch)

    def present(self, accumulator: frozenset[str | int]) -> set[str | int]:
        return set(accumulator)

    def touch_between(self, before: Iterable[str | int] | None, after: Any) -> set[str | int]:
        if not isinstance(after, set | frozenset | list | tuple):
            raise NotExpressible(f"a union can only become another set, not {after!r}")
        known, wanted = set(before or ()), set(after)
        if not known <= wanted:
            raise NotExpressible(
                f"{in_one_order(known - wanted)!r} would be taken out, and a union only grows. Use Merge with a key "
                "for each item, which None deletes, or Latest"
            )
        return wanted - known

    def dump(self, accumulator: frozenset[str | int]) -> list[str | int]:
        return in_one_order(accumulator)


def in_one_order(items: Iterable[str | int]) -> list[str | int]:
    """A set's items, each once: integers by value, then text by code point."""
    different = set(items)
    numbers = sorted(item for item in different if isinstance(item, int))
    return [*numbers, *sorted(item for item in different if isinstance(item, str))]


class Distinct(_Set):
    """How many different values the field was touched with, exactly; 0 while untouched.

    Values are different as their column tells them apart: 1.0 and 1.00 are one decimal, and one instant is one value
    in every time zone; JSON values are compared as they are written, so 1, 1.0 and true are three.
    """

    def key(self, touch: Any) -> str:
        """A text that two touches share if and only if they are the same value.

        Raises TypeError for a type that is not known: override this for a TypeDecorator's own values.
        """
        for kind, text_of in _KEYS:
            if isinstance(touch, kind):
                return text_of(touch)
        raise TypeError(f"Distinct() cannot tell {type(touch).__name__} values apart; override key()")

    def lift(self, touch: Any) -> frozenset[str]:
        return frozenset([self.key(touch)])

    def present(self, accumulator: frozenset[str]) -> int:
        return len(accumulator)

    def touch_between(self, before: Any, after: Any) -> Any:
        raise NotExpressible(
            f"{after!r} different values do not say which they are. Append a value: "
            "repository(...).append(context, field=value)"
        )

    def dump(self, accumulator: frozenset[str]) -> list[str]:
        return sorted(accumulator)


def _datetime(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


_KEYS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (Enum, lambda value: value.name),
    (
        (str, bool, int, list, dict, tuple),
        lambda value: json.dumps(value, sort_keys=True, ensure_ascii=False),
    ),
    (float, lambda value: repr(value + 0.0)),
    (Decimal, shortest),
    (datetime, _datetime),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: f"{value.days} {value.seconds} {value.microseconds}"),
    (UUID, str),
    (bytes, bytes.hex),
)
