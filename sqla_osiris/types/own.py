"""What does a type of the user's own (a TypeDecorator) make of a value? The same in every store, and once.

A database gives back what the type has made of a value on its way there and back. The memory keeps that, and an event that
was just appended says it, as the log will. What the type gives to its column must be such as the column keeps.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, Enum, Interval, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import leaf_types, loaded
from sqla_osiris.errors import DeclarationError, OsirisError
from sqla_osiris.types.codec import NEUTRAL, plain, same
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.types.portable import ExactDecimal, ExactInterval, UTCDateTime
from sqla_osiris.types.values import Validator, validator

__all__ = ["context_check", "own_check", "refuse_converted_none", "remade"]

_NUMBERS: Final = (int, float, Decimal)
_TAKEN: Final[dict[type[Any], tuple[type[Any], ...]]] = {
    float: _NUMBERS,
    Decimal: _NUMBERS,
    timedelta: (object,),
    JSON: (object,),
    Uuid: (UUID,),
}
"""Of which Python types a column takes values, by their kind; of its kind where none is said."""


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
    """Return what a store gives back of a value of this type; None for a type that gives back what was checked.

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


def refuse_converted_none(where: str, declared: TypeEngine[Any]) -> None:
    """Raise DeclarationError for a type that stores None, or reads NULL, as a value: each event would seem to touch it."""
    if not _is_own(declared):
        return
    own: Any = declared
    for convert in (own.process_bind_param, own.process_result_value):
        value = None
        with suppress(Exception):  # It was given no None until now, and may not be.
            value = convert(None, NEUTRAL)
        if value is not None:
            raise DeclarationError(
                f"{where}: {type(declared).__name__}.{convert.__name__}(None) gives {value!r}. NULL is a field that was not "
                "touched, or was touched with None: give None for None, and the default to what reads the state."
            )
    refuse_converted_none(where, loaded(own, NEUTRAL))


def _is_own(declared: TypeEngine[Any]) -> bool:
    return isinstance(declared, TypeDecorator) and not isinstance(declared, _OURS)


def _bound(declared: TypeEngine[Any]) -> Callable[[Any], Any]:
    """Return what the type gives to its column, as the column keeps it. Raises ValueError."""
    if not _is_own(declared):
        return _kept(declared)
    own: Any = declared
    if _converts_at_once(own):
        impl = own.dialect_impl(NEUTRAL)
        return _refusing(declared, impl.bind_processor(NEUTRAL) or same)
    inner = _bound(loaded(own, NEUTRAL))
    if type(own).process_bind_param is TypeDecorator.process_bind_param:
        return inner
    convert = _refusing(declared, lambda value: own.process_bind_param(value, NEUTRAL))

    def bound(value: Any) -> Any:
        converted = convert(value)
        return None if converted is None else inner(converted)

    return bound


def _read(declared: TypeEngine[Any]) -> Callable[[Any], Any]:
    """Return what the type makes of what its column gives."""
    if not _is_own(declared):
        return same
    own: Any = declared
    if _converts_at_once(own):
        return own.dialect_impl(NEUTRAL).result_processor(NEUTRAL, None) or same
    inner = _read(loaded(own, NEUTRAL))
    if type(own).process_result_value is TypeDecorator.process_result_value:
        return inner
    return lambda value: own.process_result_value(inner(value), NEUTRAL)


def _converts(declared: Any) -> bool:
    """Whether the type, or one that it is over, makes another value of what it is given."""
    if not _is_own(declared):
        return False
    converts = type(declared).process_bind_param is not TypeDecorator.process_bind_param
    return converts or _converts_at_once(declared) or _converts(loaded(declared, NEUTRAL))


def _converts_at_once(declared: TypeDecorator[Any]) -> bool:
    """PickleType and its like convert to the driver's value themselves."""
    kind = type(declared)
    return (
        kind.process_bind_param is TypeDecorator.process_bind_param
        and kind.bind_processor is not TypeDecorator.bind_processor
    )


def _refusing(declared: TypeEngine[Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return ``convert``, with what a user's type raises as its refusal of the value: a ValueError."""

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
    (declared,) = leaf_types(leaf, NEUTRAL)
    check, kind = validator(declared), plain(declared).kind
    kinds = (object,) if isinstance(declared, Enum) else _TAKEN.get(kind, (kind,))

    def kept(value: Any) -> Any:
        return check(value) if isinstance(value, kinds) else value

    return kept


_OURS: Final[tuple[type, ...]] = (Interval, UTCDateTime, ExactDecimal, ExactInterval, Encrypted)
