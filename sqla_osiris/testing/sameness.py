"""When two values count as the same: by type and value, at every depth.

1 is neither True nor 1.0. Decimals are the same when their values are: 1.0 is 1.00, since the scale is the column's.
Datetimes are the same when they are one instant. NaN is the same as NaN. Floats are compared exactly.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import zip_longest
from typing import Any

__all__ = ["Picture", "same"]


def same(left: Any, right: Any) -> bool:
    """Whether two accumulators, touches or states are the same."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Mapping | Set):
        # {1} == {True}: their own equality does not tell types apart.
        return _pairs(_shape(left, inside=False), _shape(right, inside=False))
    if is_dataclass(left):
        return all(same(getattr(left, field.name), getattr(right, field.name)) for field in fields(left))
    return bool(left == right) or bool(left != left and right != right)  # noqa: PLR0124  (NaN)


class Picture:
    """What a value looked like at one moment: its shape, and its text."""

    def __init__(self, value: Any) -> None:
        self._shape = _shape(value, inside=True)
        self._text = repr(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and _pairs(self._shape, other._shape)

    __hash__ = None  # type: ignore[assignment]  # shapes hold lists

    def __repr__(self) -> str:
        return self._text


def _shape(value: Any, *, inside: bool) -> Any:
    """A value as tuples, lists and leaves; ``inside`` looks into objects, too. Unlike a deep copy, it keeps sentinels."""
    if isinstance(value, Mapping):
        items = _sorted(value.items())
        return "mapping", [(_shape(key, inside=inside), _shape(child, inside=inside)) for key, child in items]
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, Sequence):
        return type(value), [_shape(child, inside=inside) for child in value]
    if isinstance(value, Set):
        return type(value), [_shape(child, inside=inside) for child in _sorted(value)]
    state = _state(value) if inside and not isinstance(value, type | Enum) else None
    return value if state is None else (type(value), _shape(state, inside=True))


def _state(value: Any) -> dict[str, Any] | None:
    """An object's attributes, None for one that has none."""
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    state = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    state |= getattr(value, "__dict__", {})
    return state or None


def _sorted(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: (type(item).__name__, repr(item)))


def _pairs(left: Any, right: Any) -> bool:
    """Whether two shapes are the same."""
    if isinstance(left, tuple | list) and isinstance(right, tuple | list):
        missing = object()
        return all(_pairs(a, b) for a, b in zip_longest(left, right, fillvalue=missing))
    return same(left, right)
