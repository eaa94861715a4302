"""What a model's author writes in the class body: ``Context``, ``Latest``, ``Aggregate``, ``CreatedAt``, ``UpdatedAt``."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, overload

from sqlalchemy import JSON, Computed, DateTime
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import DeclarationError
from sqla_osiris.reducers import Count, Distinct, First, Last, Mean, Reducer, Sum
from sqla_osiris.schema.field import ABSENT, DERIVED, REDUCER, STATE_TYPE
from sqla_osiris.schema.upcasts import UPCASTS, Upcast

__all__ = ["Aggregate", "Context", "CreatedAt", "Latest", "UpdatedAt"]

_T = TypeVar("_T")

_NOT_GIVEN: Final = object()


class _Declared(MappedColumn[_T]):
    """A ``mapped_column()`` that carries its part in the fold in its column's ``info``."""

    inherit_cache = True

    def _take_over(self, *args: Any, info: dict[Any, Any], **kw: Any) -> None:
        # mapped_column() translates its many keywords (the dataclass ones differ by SQLAlchemy version) into
        # MappedColumn's attributes; taking those over keeps us off its private constructor arguments.
        try:
            column = mapped_column(*args, info=info, **kw)
        except (ArgumentError, AttributeError, TypeError) as error:
            given = ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kw.items())])
            raise DeclarationError(
                f"{type(self).__name__}({given}): {error}. It takes what mapped_column() takes: a type of SQLAlchemy's, a "
                "ForeignKey, and keywords."
            ) from error
        for owner in type(column).__mro__:
            for name in getattr(owner, "__slots__", ()):
                if not name.startswith("__") and hasattr(column, name):
                    setattr(self, name, getattr(column, name))
        vars(self).update(getattr(column, "__dict__", {}))

    def _init_column_for_annotation(self, cls: type[Any], *args: Any, **kw: Any) -> None:
        """Take over what ``Mapped[Annotated[...]]`` declares. SQLAlchemy has its ``info`` replace this one's."""
        info = self.column.info
        own = {key: info[key] for key in (REDUCER, STATE_TYPE, UPCASTS, DERIVED, ABSENT) if info.get(key)}
        super()._init_column_for_annotation(cls, *args, **kw)
        for key, given in own.items():
            if info.get(key) and not _is_same(info[key], given):
                raise DeclarationError(
                    f"{cls.__name__}.{self.column.key} is declared twice: {info[key]!r} in its annotation, {given!r} beside "
                    "it. Leave one of them out."
                )
            info[key] = given


class Context(_Declared[_T]):
    """A column of the key of one stream of events. Takes what ``mapped_column()`` takes."""

    inherit_cache = True

    if TYPE_CHECKING:
        # JSON's Python type is a union of all documents; the annotation says which one it is.
        @overload
        def __init__(self: "Context[Any]", type_: type[JSON] | JSON, /, *args: Any, **kw: Any) -> None: ...
        @overload
        def __init__(self, type_: type[TypeEngine[_T]], /, *args: Any, **kw: Any) -> None: ...
        @overload
        def __init__(self, type_: TypeEngine[_T], /, *args: Any, **kw: Any) -> None: ...
        @overload
        def __init__(self, *args: Any, **kw: Any) -> None: ...

    def __init__(self, *args: Any, info: dict[Any, Any] | None = None, **kw: Any) -> None:
        if not kw.pop("primary_key", True):
            raise DeclarationError(
                "Context(primary_key=False): a context is the key of a stream. Declare a field as Latest() or Aggregate()."
            )
        self._take_over(*args, primary_key=True, info=_info(info), **kw)


class Latest(_Declared[_T]):
    """A field whose state is the last value written; None is a value. Takes what ``mapped_column()`` takes.

    ``absent`` is what streams read that never touched the field: those that are older than it. ``upcast`` says how events of
    an earlier version are read, which wrote another column: an :class:`Upcast` or several.
    """

    inherit_cache = True

    if TYPE_CHECKING:
        # JSON's Python type is a union of all documents; the annotation says which one it is.
        @overload
        def __init__(self: "Latest[Any]", type_: type[JSON] | JSON, /, *args: Any, **kw: Any) -> None: ...
        @overload
        def __init__(self, type_: type[TypeEngine[_T]], /, *args: Any, **kw: Any) -> None: ...
        @overload
        def __init__(self, type_: TypeEngine[_T], /, *args: Any, **kw: Any) -> None: ...
        @overload
        def __init__(self, *args: Any, **kw: Any) -> None: ...

    def __init__(
        self,
        *args: Any,
        info: dict[Any, Any] | None = None,
        absent: Any = _NOT_GIVEN,
        upcast: Upcast | Sequence[Upcast] = (),
        **kw: Any,
    ) -> None:
        if absent is None:
            raise DeclarationError(
                "Latest(absent=None): what no event has touched reads None anyway. Leave it out."
            )
        told = () if absent is _NOT_GIVEN else (absent,)
        self._take_over(*args, info={**_info(info), REDUCER: Last(), UPCASTS: upcast, ABSENT: told}, **kw)


class Aggregate(_Declared[_T]):
    """A field whose touches a reducer folds; ``Sum()`` by default. Takes what ``mapped_column()`` takes.

    The column's type is the touches'. ``state_type`` is the state's, where a user's reducer presents another type and
    ``Inline()`` keeps it in a column. ``upcast`` is as :class:`Latest` has it.
    """

    inherit_cache = True

    if TYPE_CHECKING:
        # What a reducer counts or averages has another type than its touches.
        @overload
        def __init__(
            self: "Aggregate[float | None]", *args: Any, reducer: Mean | type[Mean], **kw: Any
        ) -> None: ...
        @overload
        def __init__(
            self: "Aggregate[int]",
            *args: Any,
            reducer: Count | Distinct | type[Count] | type[Distinct],
            **kw: Any,
        ) -> None: ...
        @overload
        def __init__(
            self, *args: Any, reducer: Reducer, state_type: TypeEngine[_T] | type[TypeEngine[_T]], **kw: Any
        ) -> None: ...
        # JSON's Python type is a union of all documents; the annotation says which one it is.
        @overload
        def __init__(
            self: "Aggregate[Any]", type_: type[JSON] | JSON, /, *args: Any, reducer: Reducer = ..., **kw: Any
        ) -> None: ...
        @overload
        def __init__(
            self, type_: type[TypeEngine[_T]], /, *args: Any, reducer: Reducer = ..., **kw: Any
        ) -> None: ...
        @overload
        def __init__(
            self, type_: TypeEngine[_T], /, *args: Any, reducer: Reducer = ..., **kw: Any
        ) -> None: ...
        @overload
        def __init__(self, *args: Any, reducer: Reducer = ..., **kw: Any) -> None: ...

    def __init__(  # type: ignore[misc]  # mypy takes *args and a keyword for too few
        self,
        *args: Any,
        reducer: Any = None,
        state_type: Any = None,
        upcast: Upcast | Sequence[Upcast] = (),
        **kw: Any,
    ) -> None:
        info = {**_info(kw.pop("info", None)), STATE_TYPE: state_type, UPCASTS: upcast}
        # A difference needs the value before: active_history loads it when it has expired.
        kw.setdefault("active_history", True)
        self._take_over(*args, info={**info, REDUCER: _reducer(reducer)}, **kw)


class _RecordedAt(_Declared[datetime]):
    """The ``recorded_at`` of an event of the stream's present life, read from the log: nothing is stored, nothing set."""

    inherit_cache = True
    _reducer: ClassVar[type[Reducer]]

    def __init__(self, *name: str, info: dict[Any, Any] | None = None, **kw: Any) -> None:
        if not all(isinstance(each, str) for each in name):
            raise DeclarationError(
                f"{type(self).__name__}({', '.join(map(repr, name))}): its type is DateTime(timezone=True). It takes a "
                "column's name, and keywords of mapped_column() that say nothing of what is stored, such as comment=."
            )
        own = {**_info(info), REDUCER: self._reducer(), DERIVED: True}
        # Tools that make forms and schemas need not be given a generated column, and an empty input where it may be NULL.
        computed = Computed("recorded_at")
        self._take_over(*name, DateTime(timezone=True), computed, info=own, **{**kw, "nullable": True})


class CreatedAt(_RecordedAt):
    """When the stream began, or began anew: the ``recorded_at`` of the first event of its present life."""

    inherit_cache = True
    _reducer = First


class UpdatedAt(_RecordedAt):
    """When the stream changed last: the ``recorded_at`` of its last event."""

    inherit_cache = True
    _reducer = Last


def _info(given: Any) -> dict[Any, Any]:
    if given is not None and not isinstance(given, dict):
        raise DeclarationError(f"info={given!r}: a dict was expected.")
    return given or {}


def _is_same(annotated: Any, given: Any) -> bool:
    """Whether both declare the same; reducers and types are not compared by ``==``."""
    if annotated == given or type(annotated) is not type(given):
        return bool(annotated == given)
    return bool(getattr(annotated, "__dict__", annotated) == getattr(given, "__dict__", given))


def _reducer(given: Any) -> Any:
    """Return the reducer, or an instance of its class. Whether it is a reducer is checked once the field has a name."""
    if given is None:
        return Sum()
    if not (isinstance(given, type) and issubclass(given, Reducer)):
        return given
    try:
        return given()
    except TypeError as error:
        raise DeclarationError(
            f"Aggregate(reducer={given.__name__}): {error}. Give a reducer that is made: reducer={given.__name__}(...)."
        ) from error
