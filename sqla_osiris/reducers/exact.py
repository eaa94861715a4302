"""Decimal arithmetic that rounds nothing: Python's default context keeps 28 digits."""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any

__all__ = ["added", "in_scale", "negated", "shortest"]

_EXACT = Context(prec=200_000, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Room for every digit that a database's decimals can have."""


def added(left: Any, right: Any) -> Any:
    """``left + right``, exact for integers and decimals."""
    if isinstance(left, Decimal) and isinstance(right, Decimal | int):
        return _EXACT.add(left, right)
    if isinstance(right, Decimal) and isinstance(left, int):
        return _EXACT.add(left, right)
    return left + right


def negated(value: Any) -> Any:
    """``-value``, exact for integers and decimals."""
    return _EXACT.minus(value) if isinstance(value, Decimal) else -value


def shortest(value: Decimal) -> str:
    """The digits that equal decimals share, whatever their scale."""
    return f"{_EXACT.plus(value.normalize(_EXACT)):f}"


def in_scale(value: Decimal, scale: int | None) -> Decimal:
    """The value with this many decimal places, or with as few as it needs; zero has no sign."""
    if scale is None:
        return _EXACT.add(value.normalize(_EXACT), 0)
    return _EXACT.add(value.quantize(Decimal(1).scaleb(-scale), context=_EXACT), 0)
