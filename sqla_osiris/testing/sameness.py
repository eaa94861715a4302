"""When two values count as the same: by type and value, at every depth.

1 is neither True nor 1.0. Decimals are the same when their values are: 1.0 is 1.00, since the scale is the column's.
Datetimes are the same when they are one instant. NaN is the same as NaN. Floats are compared exactly.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, ClassVar

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
        return same(_sorted(left), _sorted(right))
    if is_dataclass(left):
        return all(same(getattr(left, field.name), getattr(right, field.name)) for field in fields(left))
    return bool(left == right) or bool(left != left and right != right)  # noqa: PLR0124  (NaN)


class Picture:
    """What a value looked like at one moment: its shape, and its text."""

    def __init__(self, value: Any) -> None:
        self._shape = _shape(value)
        self._text = repr(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and same(self._shape, other._shape)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # shapes hold lists

    def __repr__(self) -> str:
        return self._text


def _shape(value: Any) -> Any:
    """A value, and objects inside it, as tuples, lists and leaves. Unlike a deep copy, it keeps sentinels."""
    if isinstance(value, Mapping):
        return "mapping", [(_shape(key), _shape(child)) for key, child in _sorted(value)]
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, Sequence):
        return type(value), [_shape(child) for child in value]
    if isinstance(value, Set):
        return type(value), [_shape(child) for child in _sorted(value)]
    state = None if isinstance(value, type | Enum) else _state(value)
    return value if state is None else (type(value), _shape(state))


def _state(value: Any) -> dict[str, Any] | None:
    """An object's attributes, None for one that has none."""
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    state = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    state |= getattr(value, "__dict__", {})
    return state or None


def _sorted(value: Any) -> list[Any]:
    """The members of a set, or the items of a mapping, in an order of their own."""
    members = value.items() if isinstance(value, Mapping) else value
    return sorted(members, key=lambda member: (type(member).__name__, repr(member)))
