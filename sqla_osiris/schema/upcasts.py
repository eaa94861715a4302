"""How events of an earlier version are read: a field takes what they wrote to another column for its own, converted.

The log stays what was recorded. The earlier column itself tells old events from new ones, so none carries a version.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Float, Integer, Numeric, cast, column, func
from sqlalchemy.engine.default import StrCompileDialect
from sqlalchemy.types import TypeDecorator, TypeEngine, to_instance

from sqla_osiris.errors import DeclarationError
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.portable import stored

__all__ = ["UPCASTS", "Upcast", "upcasts_of"]

UPCASTS: Final = "sqla_osiris.upcasts"
"""The key under which a column's ``info`` carries its upcasts."""

Expression = ColumnElement[Any]


@dataclass(frozen=True, eq=False)
class Upcast:
    """The column that events of an earlier version wrote, and what its values mean for the field.

    ``using`` makes an SQL expression of the column: ``Upcast("pay", Numeric(10, 2), lambda pay: pay * 100)``; without it,
    values stay what they are. Events that touched the column with None touch the field so; a NULL that ``using`` gives is
    no touch. A whole number is made of a decimal by rounding, on every database alike.
    """

    name: str
    type_: TypeEngine[Any] | type[TypeEngine[Any]]
    using: Callable[[Any], Any] = lambda earlier: earlier

    @property
    def stored_type(self) -> TypeEngine[Any]:
        """The type of its column in the log."""
        return stored(to_instance(self.type_))

    def expression(self, earlier: Any, to: TypeEngine[Any]) -> Expression:
        """Return what the field's touch is, in SQL over the earlier column."""
        value: Expression = self.using(earlier)
        if _affinity(value.type) is _affinity(to):
            return value
        # SQLite would cut off what the other databases round.
        rounded = issubclass(_affinity(to), Integer) and issubclass(_affinity(value.type), Numeric | Float)
        return cast(func.round(value) if rounded else value, to)

    def signature(self, to: TypeEngine[Any]) -> str:
        """Return a text that changes with what the events mean."""
        compiled = self.expression(column(self.name, self.stored_type), to).compile(
            dialect=StrCompileDialect()
        )
        return f"{compiled} {sorted(compiled.params.items())}"


def upcasts_of(where: str, declared: Column[Any], to: TypeEngine[Any]) -> tuple[Upcast, ...]:
    """The upcasts that a column was declared with, tried once. Raises DeclarationError."""
    given = declared.info.get(UPCASTS)
    upcasts = () if given is None else (given,) if isinstance(given, Upcast) else given
    if not isinstance(upcasts, Sequence) or not all(isinstance(each, Upcast) for each in upcasts):
        raise DeclarationError(
            f"{where}: upcast={given!r} is no Upcast. Give Upcast('name', Type, lambda earlier: …), or several in a list."
        )
    for upcast in upcasts:
        _try(where, upcast, to)
    return tuple(upcasts)


def _try(where: str, upcast: Upcast, to: TypeEngine[Any]) -> None:
    name: Any = upcast.name
    type_: Any = upcast.type_
    is_type = isinstance(type_, TypeEngine) or (isinstance(type_, type) and issubclass(type_, TypeEngine))
    if not isinstance(name, str) or not is_type:
        raise DeclarationError(
            f"{where}: Upcast({upcast.name!r}, {type_!r}): the name of the earlier column and its type were expected, such "
            "as Upcast('pay', Integer)."
        )
    if isinstance(to, Encrypted) or isinstance(upcast.stored_type, Encrypted):
        raise DeclarationError(
            f"{where}: the upcast of {upcast.name} is SQL, which cannot read or write encrypted values. Append the values "
            "of one field to the other, and redact the first one's."
        )
    try:
        expression = upcast.using(column(upcast.name, upcast.stored_type))
    except Exception as error:
        raise DeclarationError(
            f"{where}: the upcast of {upcast.name} cannot be made an SQL expression: {error}. It is given the earlier "
            "column, not a value: write lambda pay: pay * 100, or use sqlalchemy.func and case()."
        ) from error
    if not isinstance(expression, ColumnElement):
        raise DeclarationError(
            f"{where}: the upcast of {upcast.name} gives {expression!r}, which is no SQL expression of the earlier column."
        )
    upcast.signature(to)


def _affinity(type_: TypeEngine[Any]) -> Any:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return plain._type_affinity  # noqa: SLF001  (how SQLAlchemy itself compares types)
