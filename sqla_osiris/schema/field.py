"""One declared attribute, compiled from its column: reducer, SQL form, check of touches. And how rows are read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, FromClause, Table, func, select, type_coerce
from sqlalchemy.types import NullType, TypeEngine, to_instance

from sqla_osiris.databases.literals import words
from sqla_osiris.errors import DeclarationError, InvalidValue, NotExpressible
from sqla_osiris.forms.form import ReducerForm
from sqla_osiris.forms.registered import form_of
from sqla_osiris.forms.shipped import LastOrAbsent
from sqla_osiris.reducers import First, Last, Max, Min, Reducer
from sqla_osiris.schema.options import refuse_column_options, refuse_stored_options
from sqla_osiris.schema.upcasts import UPCASTS, Upcast, upcasts_of
from sqla_osiris.types.accepted import refuse_array, refuse_collation, refuse_unproven
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.own import own_check, refuse_converted_none, remade
from sqla_osiris.types.portable import stored
from sqla_osiris.types.values import Validator, anything, validator

__all__ = [
    "ABSENT",
    "DERIVED",
    "REDUCER",
    "STATE_TYPE",
    "Field",
    "as_read",
    "columns_as_read",
    "compile_derived",
    "compile_field",
    "earlier_columns",
    "resolve_type",
]

REDUCER: Final = "sqla_osiris.reducer"
"""The key under which a column's ``info`` carries its reducer."""

ABSENT: Final = "sqla_osiris.absent"
"""The key under which a column's ``info`` carries its ``absent``, in a tuple; an empty one for none."""

STATE_TYPE: Final = "sqla_osiris.state_type"
"""The key under which a column's ``info`` carries the type of the state, where it is not the touches'."""


DERIVED: Final = "sqla_osiris.derived"
"""The key under which the ``info`` of a column says that its touches are the events' own ``recorded_at``."""


@dataclass(frozen=True)
class Field:
    """One declared attribute. ``name`` is its column's name, ``key`` the attribute's once it is mapped."""

    name: str
    key: str
    reducer: Reducer
    sql: ReducerForm
    nullable: bool
    default: Any
    check: Validator
    check_state: Validator
    check_kept_state: Validator
    upcasts: tuple[Upcast, ...] = ()
    remade: Callable[[Any], Any] | None = None
    """What a store gives back of a touch; None where that is the touch as it was checked."""

    @property
    def encrypted(self) -> Encrypted[Any] | None:
        """The type of a field that is stored encrypted."""
        return self.sql.declared if isinstance(self.sql.declared, Encrypted) else None

    @property
    def touch_type(self) -> TypeEngine[Any]:
        """The type of the touches as readers see them."""
        return self.sql.declared if self.encrypted is None else stored(self.encrypted.plain)

    @property
    def takes_none(self) -> bool:
        return self.reducer.takes_none and self.nullable

    @property
    def required(self) -> bool:
        """Whether the first event of a stream must touch it: its state is never None, and untouched it would be."""
        return self.reducer.takes_none and not self.nullable

    @property
    def absent(self) -> Any:
        """What streams read that never touched it, where its author has said so; else None."""
        return self.reducer.absent if isinstance(self.reducer, Last) else None

    def present(self, accumulator: Any) -> Any:
        """The state of an accumulator that Python folded, as the databases give it."""
        return self.sql.as_read(self.reducer.present(accumulator))

    @property
    def untouched(self) -> Any:
        """The state of no touch at all."""
        return self.present(self.reducer.identity())

    def refuse_state(self, state: Any, model: str) -> None:
        """Raise InvalidValue for a state that its accumulator's column cannot hold."""
        try:
            self.check_state(state)
        except ValueError as error:
            raise InvalidValue(f"{model}.{self.key}: {error}.") from error

    def refuse_kept_state(self, state: Any, model: str) -> None:
        """Raise InvalidValue for a state that Python folded and the column that keeps it cannot hold."""
        try:
            self.check_kept_state(state)
        except ValueError as error:
            raise InvalidValue(
                f"{model}.{self.key}: {self.reducer!r} folded a state that its column cannot hold: {error}. "
                "Give the state's type: Aggregate(..., state_type=...)."
            ) from error

    def touch_between(self, before: Any, after: Any, model: str) -> Any:
        """The touch, as it is stored, that turns one state into another. Raises NotExpressible and InvalidValue."""
        try:
            touch = self.reducer.touch_between(before, after)
        except NotExpressible as error:
            raise NotExpressible(f"{model}.{self.key}: {error}.") from None
        except TypeError as error:
            raise InvalidValue(f"{model}.{self.key}: {after!r} cannot be folded ({error}).") from error
        checked = self.checked(touch, model)
        if self.check_state is not anything:
            self.refuse_state(after, model)
        return checked

    def checked(self, touch: Any, model: str) -> Any:
        """The touch as it is stored. Raises InvalidValue."""
        if touch is None:
            if self.takes_none:
                return None
            kind = type(self.reducer).__name__
            reason = (
                "declared not to be None" if self.reducer.takes_none else f"{kind} folds values, not None"
            )
            raise InvalidValue(f"{model}.{self.key}: None refused: {reason}.")
        try:
            return self.check(touch)
        except ValueError as error:
            if self.encrypted is not None:
                # Neither the message nor its cause may tell what no table does.
                raise InvalidValue(
                    f"{model}.{self.key}: the value is none that {self.encrypted.plain!r} takes. It is not shown, as the "
                    "field is encrypted."
                ) from None
            raise InvalidValue(f"{model}.{self.key}: {error}.") from error


def compile_field(model: str, column: Column[Any], *, inline: bool) -> Field:
    """Compile a column that is no context; ``inline``: its states are kept in rows. Raises DeclarationError."""
    where = f"{model}.{column.key}"
    refuse_column_options(where, column, inline=inline)
    reducer = column.info.get(REDUCER, Last())
    if isinstance(column.type, Encrypted):
        _refuse_encrypted(where, column, reducer)
    plain = column.type.plain if isinstance(column.type, Encrypted) else column.type
    refuse_unproven(where, plain)
    refuse_converted_none(where, plain)
    if isinstance(reducer, Max | Min):
        refuse_collation(where, plain, f"{reducer!r} compares")
    state = _state_type(where, column)
    reducer, read = _with_checked_absent(where, column, reducer)
    try:
        declared = stored(column.type, key=bool(column.foreign_keys))
        form = form_of(where, reducer, declared, None if state is None else stored(state))
        if column.nullable and type(reducer) is Last and reducer.absent is not None:
            form = LastOrAbsent(reducer, declared)
    except DeclarationError as error:
        raise DeclarationError(f"{where}: {error}") from None
    return Field(
        name=column.name,
        key=column.key,
        reducer=read,
        sql=form,
        nullable=bool(column.nullable),
        default=column.default,
        check=form.touch_check(own_check(plain)),
        check_state=form.state_check,
        check_kept_state=validator(form.stored_state_type),
        upcasts=upcasts_of(where, column, form.declared),
        remade=remade(plain),
    )


def _with_checked_absent(where: str, column: Column[Any], reducer: Any) -> tuple[Any, Any]:
    """Return the reducer with its ``absent`` as it is stored, and as a store gives it back. Raises DeclarationError."""
    if type(reducer) is not Last:
        return reducer, reducer
    (absent,) = column.info.get(ABSENT) or (reducer.absent,)
    if absent is None:
        return reducer, reducer
    if isinstance(column.type, Encrypted):
        raise DeclarationError(
            f"{where}: absent= of an encrypted field would stand readable in each query. Leave it out, and append the value."
        )
    try:
        checked = own_check(column.type)(absent)
    except ValueError as error:
        raise DeclarationError(
            f"{where}: absent={absent!r}: {error}. Give a value that the field takes."
        ) from error
    remake = remade(column.type)
    return Last(absent=checked), Last(absent=checked if remake is None else remake(checked))


def compile_derived(model: str, column: Column[Any]) -> Field:
    """Compile a column whose touches are the events' ``recorded_at``: nothing of it is stored. Raises DeclarationError."""
    refuse_stored_options(f"{model}.{column.key}", column)
    touched = Column(column.name, column.type, nullable=False, info=column.info)
    return compile_field(model, touched, inline=False)


def _refuse_encrypted(where: str, column: Column[Any], reducer: object) -> None:
    if type(reducer) not in {First, Last}:
        raise DeclarationError(
            f"{where}: {reducer!r} folds values, and an encrypted one can only be picked: its state would be stored "
            "readable. Declare it Latest(Encrypted(…)) or Aggregate(Encrypted(…), reducer=First())."
        )
    if column.info.get(UPCASTS):
        raise DeclarationError(
            f"{where}: an encrypted field has no upcast: SQL can make no ciphertext. Leave upcast= out, and append "
            "what earlier events hold."
        )
    if column.foreign_keys or column.index:
        raise DeclarationError(
            f"{where}: an encrypted field has neither a foreign key nor an index: the same value is another text each "
            "time. Leave it out, or keep a keyed hash in a field of its own."
        )


def _state_type(where: str, column: Column[Any]) -> TypeEngine[Any] | None:
    given = column.info.get(STATE_TYPE)
    if given is None:
        return None
    type_ = to_instance(given) if isinstance(given, type) and issubclass(given, TypeEngine) else given
    if not isinstance(type_, TypeEngine):
        raise DeclarationError(
            f"{where}: state_type={given!r} is no type of SQLAlchemy's: give one, such as Integer."
        )
    refuse_array(where, type_, "state_type= is what is kept of a fold")
    refuse_unproven(where, type_.plain if isinstance(type_, Encrypted) else type_)
    return type_


def resolve_type(
    model: str, column: Column[Any], referred: TypeEngine[Any] | None, hint: TypeEngine[Any] | None
) -> None:
    """Give a column its foreign key's type now: the event's copy of it has no key to take it from later."""
    if not isinstance(column.type, NullType):
        return
    known = [type_ for type_ in (referred, hint) if type_ is not None and not isinstance(type_, NullType)]
    if not known:
        raise DeclarationError(
            f"{model}.{column.key} has no type. Give it one, Latest(String) or Latest(Integer, ForeignKey(...)), "
            "or annotate it."
        )
    column.type = known[0]


def earlier_columns(fields: Iterable[Field]) -> dict[str, TypeEngine[Any]]:
    """The types of the columns that stay in the log for events of earlier versions, by name."""
    return {upcast.name: upcast.stored_type for field in fields for upcast in field.upcasts}


def as_read(table: Table, fields: Mapping[str, Field]) -> FromClause:
    """The table of events as readers see it: its columns in their order, with the fields' upcasts applied."""
    if not any(field.upcasts for field in fields.values()):
        return table
    return columns_as_read(table, fields).subquery(table.name)  # type: ignore[no-any-return]  # a SELECT of any columns


def columns_as_read(table: Table, fields: Mapping[str, Field]) -> Any:
    """The same as a SELECT from the table itself, whose rows a statement may lock."""
    return select(*(_read(table, each, fields) for each in table.c))


def _read(table: Table, own: Column[Any], fields: Mapping[str, Field]) -> Any:
    if own.name == "osiris_cleared":
        return _cleared(own, fields)
    field = fields.get(own.name)
    if field is None or not field.upcasts:
        return own
    earlier = (upcast.expression(table.c[upcast.name], own.type) for upcast in field.upcasts)
    return type_coerce(func.coalesce(own, *earlier), own.type).label(own.name)


def _cleared(own: Column[Any], fields: Mapping[str, Field]) -> Any:
    """Return ``osiris_cleared`` as it is read: for an earlier column it names the fields that read that one."""
    readers: dict[str, list[str]] = {}
    for field in fields.values():
        for upcast in field.upcasts:
            readers.setdefault(upcast.name, []).append(field.name)
    cleared: ColumnElement[Any] = own
    for name, now in readers.items():
        cleared = func.replace(cleared, words(f",{name},"), words(f",{','.join(now)},"))
    return type_coerce(cleared, own.type).label(own.name)
