"""Reducers whose accumulator is one value or two: what is picked, added up, counted or averaged."""

from abc import abstractmethod
from copy import deepcopy
from typing import Any

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers.base import Reducer
from sqla_osiris.reducers.exact import added, negated

__all__ = ["Count", "First", "Last", "Max", "Mean", "Min", "Sum"]


class _Untouched:
    """The identity of ``Last``: differs from every value, None included."""

    def __repr__(self) -> str:
        return "UNTOUCHED"


_UNTOUCHED = _Untouched()


class _Value(Reducer):
    """A reducer whose accumulator is a touch, or None where there is none."""

    def identity(self) -> Any:
        return None

    def lift(self, touch: Any) -> Any:
        return touch


class Last(_Value):
    """The last value written; None is a value. Presents ``absent`` while untouched."""

    idempotent = True
    takes_none = True
    absent: Any = None
    _presented = frozenset({"absent"})

    def __init__(self, *, absent: Any = None) -> None:
        if absent is not None:
            self.absent = absent

    def identity(self) -> Any:
        return _UNTOUCHED

    def merge(self, left: Any, right: Any) -> Any:
        return left if right is _UNTOUCHED else right

    def present(self, accumulator: Any) -> Any:
        if accumulator is not _UNTOUCHED:
            return accumulator
        # A copy: whoever reads a list may change it.
        return None if self.absent is None else deepcopy(self.absent)

    def touch_between(self, before: Any, after: Any) -> Any:
        return after

    def dump(self, accumulator: Any) -> Any:
        return [] if accumulator is _UNTOUCHED else [super().dump(accumulator)]

    def load(self, document: Any) -> Any:
        return super().load(document[0]) if document else _UNTOUCHED


class First(_Value):
    """The first value that is not None."""

    idempotent = True

    def merge(self, left: Any, right: Any) -> Any:
        return right if left is None else left

    def touch_between(self, before: Any, after: Any) -> Any:
        if before is not None:
            raise NotExpressible(f"the first value is {before!r} and stays it; {after!r} would come second")
        return after


class Sum(_Value):
    """The sum of all touches, 0 while untouched. Exact for integers and decimals.

    Floats are added in the order of their events, in stretches where a store folds some by themselves: as addition of
    floats is not associative, the last digits may differ from store to store.
    """

    commutative = True
    invertible = True

    def identity(self) -> Any:
        return 0

    def merge(self, left: Any, right: Any) -> Any:
        return added(left, right)

    def invert(self, accumulator: Any) -> Any:
        return negated(accumulator)

    def touch_between(self, before: Any, after: Any) -> Any:
        if after is None:
            raise NotExpressible("a sum cannot become None; assign a number")
        return added(after, negated(before or 0))


class Count(Reducer):
    """How many times the field was touched, whatever with. Presents an int."""

    commutative = True
    invertible = True

    def identity(self) -> int:
        return 0

    def lift(self, touch: Any) -> int:
        return 1

    def merge(self, left: int, right: int) -> int:
        return left + right

    def invert(self, accumulator: int) -> int:
        return -accumulator

    def touch_between(self, before: Any, after: Any) -> Any:
        if after != (before or 0) + 1:
            raise NotExpressible(f"one event counts one: {before or 0} can only become {(before or 0) + 1}")
        return 1


class Mean(Reducer):
    """The mean of all touches as a float, None while untouched.

    The accumulator is the exact sum and the number of touches; the state is ``float(sum) / count``: the sum rounded to
    the nearest float, and the quotient too, which every store does alike. Floats are added as :class:`Sum` adds them.
    """

    commutative = True
    invertible = True

    def identity(self) -> tuple[Any, int]:
        return 0, 0

    def lift(self, touch: Any) -> tuple[Any, int]:
        return touch, 1

    def merge(self, left: tuple[Any, int], right: tuple[Any, int]) -> tuple[Any, int]:
        return added(left[0], right[0]), left[1] + right[1]

    def present(self, accumulator: tuple[Any, int]) -> float | None:
        total, count = accumulator
        return float(total) / count if count else None

    def invert(self, accumulator: tuple[Any, int]) -> tuple[Any, int]:
        return negated(accumulator[0]), -accumulator[1]

    def touch_between(self, before: float | None, after: Any) -> Any:
        if before is not None or after is None:
            raise NotExpressible(
                f"a mean of {before!r} does not say of how many touches, so none can be found that makes it "
                f"{after!r}. Append the touch itself: repository(...).append(context, field=touch)"
            )
        return after


class _Extreme(_Value):
    commutative = True
    idempotent = True

    def merge(self, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return right if left is None else left
        return self._pick(left, right)

    @abstractmethod
    def _pick(self, left: Any, right: Any) -> Any: ...

    def touch_between(self, before: Any, after: Any) -> Any:
        if after is None or self.merge(before, after) != after:
            raise NotExpressible(
                f"{before!r} cannot become {after!r}: {type(self).__name__} keeps "
                f"{self.merge(before, after)!r}. Append a value that goes beyond it, or use Latest"
            )
        return after


class Max(_Extreme):
    """The greatest touch; None while untouched. Text compares by code point."""

    def _pick(self, left: Any, right: Any) -> Any:
        return max(left, right)


class Min(_Extreme):
    """The least touch; None while untouched. Text compares by code point."""

    def _pick(self, left: Any, right: Any) -> Any:
        return min(left, right)
