"""What a repository found when it folded its log again: the report of ``verify()``."""

from dataclasses import dataclass
from math import isclose
from typing import Any

__all__ = ["Difference", "Verification", "same_value"]


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


def same_value(left: Any, right: Any) -> bool:
    """Return whether two are equal; two floats within rounding: sums depend on the order and the width of additions."""
    if isinstance(left, float) and isinstance(right, float):
        return isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return bool(left == right)
