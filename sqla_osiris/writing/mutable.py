"""States that can be changed in place, as SQLAlchemy's mutable types do it: the flush then sees the change.

A model's own subclass cannot be found again when it is unpickled; its attribute takes these classes just as well.
"""

from typing import Any, ClassVar

from sqlalchemy.ext.mutable import Mutable, MutableDict, MutableList, MutableSet

from sqla_osiris.errors import InvalidValue
from sqla_osiris.reducers import Append, Merge, Reducer, Union

__all__ = ["TRACKED"]


class _MergedDocument(MutableDict[str, Any]):
    """The dict of a Merge() field."""

    model: ClassVar[str]

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        if value is not None and not isinstance(value, dict):
            raise InvalidValue(f"{cls.model}.{key}: a JSON object (a dict) was expected, {value!r} found.")
        return super().coerce(key, value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _MergedDocument, (dict(self),)


class _AppendedList(MutableList[Any]):
    """The list of an Append() field."""

    model: ClassVar[str]

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any:
        if value is not None and not isinstance(value, list | tuple):
            raise InvalidValue(f"{cls.model}.{key}: a list was expected, {value!r} found.")
        return super().coerce(key, list(value) if isinstance(value, tuple) else value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _AppendedList, (list(self),)


class _UnionSet(MutableSet[Any]):
    """The set of a Union() field."""

    model: ClassVar[str]

    @classmethod
    def coerce(cls, index: str, value: Any) -> Any:
        if value is not None and not isinstance(value, set | frozenset | list | tuple):
            raise InvalidValue(f"{cls.model}.{index}: a set was expected, {value!r} found.")
        return super().coerce(index, value if value is None or isinstance(value, set) else set(value))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _UnionSet, (set(self),)


TRACKED: dict[type[Reducer], type[Mutable]] = {
    Merge: _MergedDocument,
    Append: _AppendedList,
    Union: _UnionSet,
}
"""By reducer; each is subclassed with the model's name before use."""
