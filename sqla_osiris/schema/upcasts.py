"""How events of an earlier version are read: a field takes what they wrote to another column for its own, converted.

The log stays what was recorded. The earlier column itself tells old events from new ones, so none carries a version.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Numeric,
    Table,
    cast,
    column,
    func,
    select,
    type_coerce,
)
from sqlalchemy.engine.default import StrCompileDialect
from sqlalchemy.types import TypeDecorator, TypeEngine, to_instance

from sqla_osiris.databases.literals import words
from sqla_osiris.errors import DeclarationError, FoldUnavailable
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.portable import stored

if TYPE_CHECKING:
    from sqla_osiris.schema.field import Field
    from sqla_osiris.schema.log import Stream

__all__ = [
    "UPCASTS",
    "Upcast",
    "as_read",
    "columns_as_read",
    "earlier_columns",
    "refuse_upcasts",
    "upcasts_of",
]

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
        """What the field's touch is, in SQL over the earlier column."""
        value: Expression = self.using(earlier)
        if _affinity(value.type) is _affinity(to):
            return value
        return cast(func.round(value) if _is_rounded(value.type, to) else value, to)

    def said(self, to: TypeEngine[Any]) -> str:
        """A text that changes with what the events mean."""
        made = self.expression(column(self.name, self.stored_type), to).compile(dialect=StrCompileDialect())
        return f"{made} {sorted(made.params.items())}"


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
        made = upcast.using(column(upcast.name, upcast.stored_type))
    except Exception as error:
        raise DeclarationError(
            f"{where}: the upcast of {upcast.name} cannot be made an SQL expression: {error}. It is given the earlier "
            "column, not a value: write lambda pay: pay * 100, or use sqlalchemy.func and case()."
        ) from error
    if not isinstance(made, ColumnElement):
        raise DeclarationError(
            f"{where}: the upcast of {upcast.name} gives {made!r}, which is no SQL expression of the earlier column."
        )
    upcast.said(to)


def earlier_columns(fields: Iterable["Field"]) -> dict[str, TypeEngine[Any]]:
    """The types of the columns that stay in the log for events of earlier versions, by name."""
    return {upcast.name: upcast.stored_type for field in fields for upcast in field.upcasts}


def refuse_upcasts(stream: "Stream", store: str) -> None:
    """Raise FoldUnavailable for a model that reads events of earlier versions: the store would take them for no touch."""
    for field in stream.fields.values():
        for upcast in field.upcasts:
            raise FoldUnavailable(
                f"{stream.model}.{field.key} reads the column {upcast.name} by an upcast, which is SQL and not for {store}. "
                f"Rewrite {upcast.name} in the events there once, and use a model without upcast= for this store."
            )


def as_read(table: Table, fields: Mapping[str, "Field"]) -> FromClause:
    """The table of events as readers see it: its columns in their order, with the fields' upcasts applied."""
    if not any(field.upcasts for field in fields.values()):
        return table
    return columns_as_read(table, fields).subquery(table.name)  # type: ignore[no-any-return]  # a SELECT of any columns


def columns_as_read(table: Table, fields: Mapping[str, "Field"]) -> Any:
    """The same as a SELECT from the table itself, whose rows a statement may lock."""
    return select(*(_read(table, each, fields) for each in table.c))


def _read(table: Table, own: Column[Any], fields: Mapping[str, "Field"]) -> Any:
    if own.name == "osiris_cleared":
        return _cleared(own, fields)
    field = fields.get(own.name)
    if field is None or not field.upcasts:
        return own
    earlier = (upcast.expression(table.c[upcast.name], own.type) for upcast in field.upcasts)
    return type_coerce(func.coalesce(own, *earlier), own.type).label(own.name)


def _cleared(own: Column[Any], fields: Mapping[str, "Field"]) -> Any:
    """An earlier column that was touched with None named the fields that read it."""
    readers: dict[str, list[str]] = {}
    for field in fields.values():
        for upcast in field.upcasts:
            readers.setdefault(upcast.name, []).append(field.name)
    said: Expression = own
    for name, now in readers.items():
        said = func.replace(said, words(f",{name},"), words(f",{','.join(now)},"))
    return type_coerce(said, own.type).label(own.name)


def _affinity(type_: TypeEngine[Any]) -> Any:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return plain._type_affinity  # noqa: SLF001  (how SQLAlchemy itself compares types)


def _is_rounded(value: TypeEngine[Any], to: TypeEngine[Any]) -> bool:
    """SQLite would cut off what the other databases round."""
    return issubclass(_affinity(to), Integer) and issubclass(_affinity(value), Numeric)
