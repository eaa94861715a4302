"""``Any`` and ``All``: whether one touch was true, or every one. In a module of their own, as they take typing's names."""

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers.base import Reducer

__all__ = ["All", "Any"]


class _Truth(Reducer):
    commutative = True
    idempotent = True

    def lift(self, touch: bool) -> bool:  # noqa: FBT001  (the touch of a Boolean field)
        return touch

    def touch_between(self, before: object, after: object) -> object:
        if after is self.identity() and before is not None and before is not after:
            raise NotExpressible(
                f"{before} stays {before}: {type(self).__name__} never goes back. Use Latest"
            )
        if not isinstance(after, bool):
            raise NotExpressible(f"{type(self).__name__} is True or False, never {after!r}")
        return after


class Any(_Truth):
    """Whether any touch was true; False while untouched."""

    def identity(self) -> bool:
        return False

    def merge(self, left: bool, right: bool) -> bool:  # noqa: FBT001  (accumulators)
        return left or right


class All(_Truth):
    """Whether every touch was true; True while untouched."""

    def identity(self) -> bool:
        return True

    def merge(self, left: bool, right: bool) -> bool:  # noqa: FBT001  (accumulators)
        return left and right
