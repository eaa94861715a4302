"""How a field's touches fold into its state: monoids with a ``lift`` into them and a ``present`` out of them.

The shape (prepare, monoid, present) is that of Twitter's Algebird aggregators. Every reducer here obeys, for
all accumulators: ``merge(identity(), a) == a == merge(a, identity())`` and
``merge(merge(a, b), c) == merge(a, merge(b, c))``. That is what makes snapshots and batches safe.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqla_osiris.errors import NotExpressible

__all__ = ["Count", "First", "Last", "Max", "Merge", "Min", "Reducer", "Sum"]


class Reducer(ABC):
    """One way to fold a field's touches; ``grows`` says that its accumulator has no fixed size.

    Accumulators are values: a reducer never changes one in place. ``commutative``, ``idempotent`` and
    ``invertible`` are claims about ``merge`` that the testing kit can check.
    """

    commutative: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False
    invertible: ClassVar[bool] = False
    grows: ClassVar[bool] = False
    takes_none: ClassVar[bool] = False

    @abstractmethod
    def identity(self) -> Any:
        """The accumulator of no touch at all."""

    @abstractmethod
    def lift(self, touch: Any) -> Any:
        """The accumulator of one touch."""

    @abstractmethod
    def merge(self, left: Any, right: Any) -> Any:
        """The accumulator of ``left``'s touches followed by ``right``'s."""

    def present(self, accumulator: Any) -> Any:
        """The state that a reader sees."""
        return accumulator

    def touch_between(self, before: Any, after: Any) -> Any:
        """The touch that turns the state ``before`` into ``after``.

        Raises NotExpressible with the reason alone; the caller adds the model and the field.
        """
        if self.present(self.merge(self.lift(before), self.lift(after))) != after:
            raise NotExpressible(f"no touch turns {before!r} into {after!r}")
        return after

    def fingerprint(self) -> str:
        """A text that changes whenever stored accumulators of this reducer stop being usable."""
        return type(self).__qualname__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Untouched:
    """The identity of ``Last``: differs from every value, None included."""

    def __repr__(self) -> str:
        return "UNTOUCHED"


_UNTOUCHED = _Untouched()


class Last(Reducer):
    """The last value written; None is a value. Presents None while untouched."""

    idempotent = True
    takes_none = True

    def identity(self) -> Any:
        return _UNTOUCHED

    def lift(self, touch: Any) -> Any:
        return touch

    def merge(self, left: Any, right: Any) -> Any:
        return left if right is _UNTOUCHED else right

    def present(self, accumulator: Any) -> Any:
        return None if accumulator is _UNTOUCHED else accumulator

    def touch_between(self, before: Any, after: Any) -> Any:
        return after


class First(Reducer):
    """The first value that is not None."""

    idempotent = True

    def identity(self) -> Any:
        return None

    def lift(self, touch: Any) -> Any:
        return touch

    def merge(self, left: Any, right: Any) -> Any:
        return right if left is None else left

    def touch_between(self, before: Any, after: Any) -> Any:
        if before is not None:
            raise NotExpressible(f"the first value is {before!r} and stays it; {after!r} would come second")
        return after


class Sum(Reducer):
    """The sum of all touches, 0 while untouched. Exact for integers and decimals."""

    commutative = True
    invertible = True

    def identity(self) -> Any:
        return 0

    def lift(self, touch: Any) -> Any:
        return touch

    def merge(self, left: Any, right: Any) -> Any:
        return left + right

    def touch_between(self, before: Any, after: Any) -> Any:
        if after is None:
            raise NotExpressible("a sum cannot become None; assign a number")
        return after - (before or 0)


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

    def touch_between(self, before: Any, after: Any) -> Any:
        if after != (before or 0) + 1:
            raise NotExpressible(f"one event counts one: {before or 0} can only become {(before or 0) + 1}")
        return 1


class _Extreme(Reducer):
    commutative = True
    idempotent = True

    def identity(self) -> Any:
        return None

    def lift(self, touch: Any) -> Any:
        return touch

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


@dataclass(frozen=True)
class _Set:
    """A patch that puts ``value`` there whatever was there before."""

    value: Any


@dataclass(frozen=True)
class _Update:
    """A patch that makes an object of what was there and patches its keys."""

    keys: Mapping[str, "_Set | _Update | None"]


_Patch = _Set | _Update | None  # None deletes the key


class Merge(Reducer):
    """The deep merge of JSON objects by RFC 7396 (JSON Merge Patch); None deletes a key.

    Plain RFC 7396 documents do not compose: {"a": 1} then {"a": {"b": 2}} replaces whatever object stood at
    ``a``, which no single document says. The accumulator is therefore a patch that keeps *set* and *update*
    apart, for which merge is associative.
    """

    idempotent = True
    grows = True

    def identity(self) -> _Patch:
        return _Update({})

    def lift(self, touch: Mapping[str, Any]) -> _Patch:
        return _lift_patch(touch)

    def merge(self, left: _Patch, right: _Patch) -> _Patch:
        return _compose(left, right)

    def present(self, accumulator: _Patch) -> Any:
        return _apply(accumulator, {})

    def absolute(self, document: Mapping[str, Any]) -> _Patch:
        """The accumulator of a whole prefix of the stream, from the document that it presents."""
        return _Set(document)

    def touch_between(self, before: Any, after: Any) -> Any:
        if not isinstance(after, Mapping):
            raise NotExpressible(f"a merged document can only become another object, not {after!r}")
        return _difference(before or {}, after)


def _lift_patch(value: Any) -> _Patch:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return _Update({key: _lift_patch(child) for key, child in value.items()})
    return _Set(value)


def _compose(left: _Patch, right: _Patch) -> _Patch:
    if not isinstance(right, _Update):
        return right
    if not isinstance(left, _Update):
        return _Set(_apply(right, left.value if left is not None else {}))
    keys = dict(left.keys)
    for key, patch in right.keys.items():
        keys[key] = _compose(keys[key], patch) if key in keys else patch
    return _Update(keys)


def _apply(patch: _Patch, document: Any) -> Any:
    if patch is None:
        return None
    if isinstance(patch, _Set):
        return patch.value
    result = dict(document) if isinstance(document, Mapping) else {}
    for key, child in patch.keys.items():
        if child is None:
            result.pop(key, None)
        else:
            result[key] = _apply(child, result.get(key))
    return result


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        if value is None:
            raise NotExpressible(f"a merged document cannot hold None at {key!r}: None deletes a key")
        if key in before and _same(before[key], value):
            continue
        patch[key] = _descend(before.get(key), value)
    return patch


def _descend(before: Any, after: Any) -> Any:
    if isinstance(after, Mapping):
        return _difference(before if isinstance(before, Mapping) else {}, after)
    return after


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON values: unlike Python's, it tells 1 from true, at every depth."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return type(left) is type(right) and bool(left == right)
