"""What does a type of the user's own (a TypeDecorator) make of a value? The same in every store, and once.

A database gives back what the type has made of a value on its way there and back. The memory keeps that, and an event that
was just appended says it, as the log will. What the type gives to its column must be such as the column keeps.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    Numeric,
    String,
    Time,
    Uuid,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import BINARIES, leaf_types, loaded
from sqla_osiris.errors import DeclarationError, OsirisError
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.portable import ExactDecimal, ExactInterval, UTCDateTime
from sqla_osiris.types.values import Validator, validator

__all__ = ["context_check", "own_check", "refuse_made_of_none", "remade"]

_NEUTRAL: Final = DefaultDialect()
_NEUTRAL.supports_native_boolean = True
_NEUTRAL.supports_native_decimal = True
_NEUTRAL.supports_native_uuid = True


def own_check(declared: TypeEngine[Any]) -> Validator:
    """The check of a column's touches, whatever its type: a value of a user's type is checked as its column's.

    It is stored as given: the type converts it on its way to the store, once.
    """
    if not _is_own(declared):
        return validator(declared)
    bound, converts = _bound(declared), _converts(declared)

    def check(value: Any) -> Any:
        kept = bound(value)
        return value if converts else kept

    return check


def remade(declared: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What a store gives back of a value of this type; None for a type that gives back what was checked.

    Raises ValueError for what its column does not keep.
    """
    if not _is_own(declared):
        return None
    bound, read = _bound(declared), _read(declared)
    return lambda value: read(bound(value))


def context_check(declared: TypeEngine[Any]) -> Validator:
    """The check of a context's part: returns the one spelling of it that its column gives back."""
    if not _is_own(declared):
        return validator(declared)
    bound, read = _bound(declared), _read(declared)

    def check(value: Any) -> Any:
        stored = bound(value)
        kept = read(stored)
        if bound(kept) != stored:
            raise ValueError(
                f"{type(declared).__name__} stores {value!r} as another value each time, so that its stream would not be "
                "found again"
            )
        return kept

    return check


def refuse_made_of_none(where: str, declared: TypeEngine[Any]) -> None:
    """Raise DeclarationError for a type that stores None, or reads NULL, as a value: each event would seem to touch it."""
    if not _is_own(declared):
        return
    own: Any = declared
    for convert in (own.process_bind_param, own.process_result_value):
        made = None
        with suppress(Exception):  # It was given no None until now, and may not be.
            made = convert(None, _NEUTRAL)
        if made is not None:
            raise DeclarationError(
                f"{where}: {type(declared).__name__}.{convert.__name__}(None) gives {made!r}. NULL is a field that was not "
                "touched, or was touched with None: give None for None, and the default to what reads the state."
            )
    refuse_made_of_none(where, loaded(own, _NEUTRAL))


def _is_own(declared: TypeEngine[Any]) -> bool:
    return isinstance(declared, TypeDecorator) and not isinstance(declared, _OURS)


def _bound(declared: TypeEngine[Any]) -> Callable[[Any], Any]:
    """What the type gives to its column, as the column keeps it. Raises ValueError."""
    if not _is_own(declared):
        return _kept(declared)
    own: Any = declared
    if _converts_at_once(own):
        impl = own.dialect_impl(_NEUTRAL)
        return _refusing(declared, impl.bind_processor(_NEUTRAL) or _same)
    inner = _bound(loaded(own, _NEUTRAL))
    if type(own).process_bind_param is TypeDecorator.process_bind_param:
        return inner
    convert = _refusing(declared, lambda value: own.process_bind_param(value, _NEUTRAL))

    def bound(value: Any) -> Any:
        plain = convert(value)
        return None if plain is None else inner(plain)

    return bound


def _read(declared: TypeEngine[Any]) -> Callable[[Any], Any]:
    """What the type makes of what its column gives."""
    if not _is_own(declared):
        return _same
    own: Any = declared
    if _converts_at_once(own):
        return own.dialect_impl(_NEUTRAL).result_processor(_NEUTRAL, None) or _same
    inner = _read(loaded(own, _NEUTRAL))
    if type(own).process_result_value is TypeDecorator.process_result_value:
        return inner
    return lambda value: own.process_result_value(inner(value), _NEUTRAL)


def _converts(declared: Any) -> bool:
    """Whether the type, or one that it is over, makes another value of what it is given."""
    if not _is_own(declared):
        return False
    made = type(declared).process_bind_param is not TypeDecorator.process_bind_param
    return made or _converts_at_once(declared) or _converts(loaded(declared, _NEUTRAL))


def _converts_at_once(declared: TypeDecorator[Any]) -> bool:
    """PickleType and its like convert to the driver's value themselves."""
    kind = type(declared)
    return (
        kind.process_bind_param is TypeDecorator.process_bind_param
        and kind.bind_processor is not TypeDecorator.bind_processor
    )


def _refusing(declared: TypeEngine[Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What a type's own code raises is its refusal of the value."""

    def converted(value: Any) -> Any:
        try:
            return convert(value)
        except OsirisError:
            raise
        except Exception as error:
            raise ValueError(f"{type(declared).__name__} does not take {value!r}: {error}") from error

    return converted


def _kept(leaf: TypeEngine[Any]) -> Validator:
    """The check of a column beneath a user's type; what is of another type than the column's is the type's affair."""
    (plain,) = leaf_types(leaf, _NEUTRAL)
    check = validator(plain)
    kinds = next((kinds for types, kinds in _PYTHON_TYPES if isinstance(plain, types)), ())

    def kept(value: Any) -> Any:
        return check(value) if isinstance(value, kinds) else value

    return kept


_OURS: Final[tuple[type, ...]] = (Interval, UTCDateTime, ExactDecimal, ExactInterval, Encrypted)


def _same(value: Any) -> Any:
    return value


_PYTHON_TYPES: Final[tuple[tuple[Any, tuple[type, ...]], ...]] = (
    (Boolean, (bool,)),
    (Enum, (object,)),
    (Integer, (int,)),
    (Float | Numeric, (int, float, Decimal)),
    (String, (str,)),
    (BINARIES, (bytes,)),
    (DateTime, (datetime,)),
    (Date, (date,)),
    (Time, (time,)),
    (Interval | postgresql.INTERVAL, (object,)),
    (Uuid, (UUID,)),
    (JSON, (object,)),
)
