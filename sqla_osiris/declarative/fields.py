"""What a model's author writes in the class body: ``Context``, ``Latest`` and ``Aggregate``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from sqlalchemy import JSON
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from sqla_osiris.declarative.upcasts import UPCASTS, Upcast
from sqla_osiris.reducers import Count, Distinct, Last, Mean, Reducer, Sum

__all__ = ["REDUCER", "STATE_TYPE", "Aggregate", "Context", "Latest"]

_T = TypeVar("_T")

REDUCER: Final = "sqla_osiris.reducer"
"""The key under which a column's ``info`` carries its reducer."""


STATE_TYPE: Final = "sqla_osiris.state_type"
"""The key under which a column's ``info`` carries the type of the state, where it is not the touches'."""


class _Declared(MappedColumn[_T]):
    """A ``mapped_column()`` that carries its part in the fold in its column's ``info``."""

    inherit_cache = True

    def _take_over(self, *args: Any, info: dict[Any, Any], **kw: Any) -> None:
        # mapped_column() translates its many keywords (the dataclass ones differ by SQLAlchemy version) into
        # MappedColumn's attributes; taking those over keeps us off its private constructor arguments.
        made = mapped_column(*args, info=info, **kw)
        for owner in type(made).__mro__:
            for name in getattr(owner, "__slots__", ()):
                if not name.startswith("__") and hasattr(made, name):
                    setattr(self, name, getattr(made, name))
        vars(self).update(getattr(made, "__dict__", {}))


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
        self._take_over(*args, primary_key=True, info=info or {}, **kw)


class Latest(_Declared[_T]):
    """A field whose state is the last value written; None is a value. Takes what ``mapped_column()`` takes.

    ``upcast`` says how events of an earlier version are read, which wrote another column: an :class:`Upcast` or several.
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
        upcast: Upcast | Sequence[Upcast] = (),
        **kw: Any,
    ) -> None:
        self._take_over(*args, info={**(info or {}), REDUCER: Last(), UPCASTS: upcast}, **kw)


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
        info = {**(kw.pop("info", None) or {}), STATE_TYPE: state_type, UPCASTS: upcast}
        reducer = reducer() if isinstance(reducer, type) else reducer
        # A difference needs the value before: active_history loads it when it has expired.
        kw.setdefault("active_history", True)
        self._take_over(*args, info={**info, REDUCER: reducer or Sum()}, **kw)
