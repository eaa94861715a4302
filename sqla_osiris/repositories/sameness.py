"""When two states of the same events hold the same value."""

from math import isclose
from typing import Any

__all__ = ["same_value"]


def same_value(left: Any, right: Any) -> bool:
    """Equality; of two floats within rounding, as their sums depend on the order and the width of the additions."""
    if isinstance(left, float) and isinstance(right, float):
        return isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return bool(left == right)
