"""Which touches a column can hold on every database: the same refusals everywhere, before anything is written."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Time,
    Uuid,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.reducers.exact import in_scale

__all__ = ["Validator", "anything", "validator"]

Validator = Callable[[Any], Any]
"""Returns the value to store; raises ValueError with the reason."""


def validator(declared: TypeEngine[Any]) -> Validator:
    """The check for a column's declared type. A TypeDecorator's values are its own affair."""
    if isinstance(declared, TypeDecorator):
        return anything
    for kind, build in _BY_TYPE:
        if isinstance(declared, kind):
            return build(declared)
    return anything


def anything(value: Any) -> Any:
    """The check that refuses nothing."""
    return value


def _integer(declared: Integer) -> Validator:
    bits = 64 if isinstance(declared, BigInteger) else 16 if isinstance(declared, SmallInteger) else 32
    least, greatest = -(1 << bits - 1), (1 << bits - 1) - 1

    def check(value: Any) -> Any:
        if type(value) is not int and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"an integer was expected, {value!r} found")
        if not least <= value <= greatest:
            raise ValueError(f"{value} does not fit {bits} bits ({least} to {greatest})")
        return value

    return check


def _decimal(declared: Numeric[Any]) -> Validator:
    precision, scale = declared.precision, declared.scale

    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"a number was expected, {value!r} found")
        try:
            exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        except InvalidOperation as error:
            raise ValueError(f"a number was expected, {value!r} found") from error
        if not exact.is_finite():
            raise ValueError(f"{value} is not a finite number")
        _, digits, exponent = exact.normalize().as_tuple()
        places = max(0, -int(exponent))
        if scale is not None and places > scale:
            raise ValueError(f"{value} has {places} decimal places, the column keeps {scale}")
        if precision is not None and max(len(digits) + int(exponent), 0) > precision - (scale or 0):
            raise ValueError(f"{value} does not fit {precision} digits with {scale or 0} decimal places")
        return in_scale(exact, scale) if declared.asdecimal else float(exact)

    return check


def _float(_: Float[Any]) -> Validator:
    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"a number was expected, {value!r} found")
        try:
            converted = float(value)
        except OverflowError:
            raise ValueError(f"{value} is too great for a float") from None
        if not math.isfinite(converted):
            raise ValueError(f"{value} is not a finite number")
        return converted

    return check


def _text(declared: String) -> Validator:
    longest = declared.length

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError(f"a string was expected, {value!r} found")
        if longest is not None and len(value) > longest:
            raise ValueError(f"{len(value)} characters, the column keeps {longest}")
        _check_characters(value)
        return value

    return check


def _check_characters(text: str) -> None:
    if "\x00" in text:
        raise ValueError("a NUL character (PostgreSQL cannot store it)")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half a surrogate pair, which UTF-8 cannot encode")


def _of(kind: type, name: str) -> Validator:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"{name} was expected, {value!r} found")
        return value

    return check


def _datetime(declared: DateTime) -> Validator:
    aware = declared.timezone

    def check(value: Any) -> Any:
        if not isinstance(value, datetime):
            raise ValueError(f"a datetime was expected, {value!r} found")
        if aware and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone, the column is DateTime(timezone=True)")
        if not aware and value.tzinfo is not None:
            raise ValueError(f"{value!r} has a time zone, the column keeps none")
        if not aware or (value.tzinfo is UTC and not value.fold):
            return value
        try:
            return value.astimezone(UTC).replace(fold=0)
        except OverflowError:
            raise ValueError(f"{value!r} is no datetime in UTC") from None

    return check


def _date(_: Date) -> Validator:
    def check(value: Any) -> Any:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ValueError(f"a date was expected, {value!r} found")
        return value

    return check


def _enum(declared: Enum) -> Validator:
    members, enum_class = tuple(declared.enums), declared.enum_class

    def check(value: Any) -> Any:
        if enum_class is not None and not isinstance(value, str):
            if isinstance(value, enum_class):
                return value
        elif value in members:
            return value
        raise ValueError(f"one of {', '.join(members)} was expected, {value!r} found")

    return check


def _uuid(declared: Uuid[Any]) -> Validator:
    return _of(UUID, "a UUID") if declared.as_uuid else _uuid_text


def _uuid_text(value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"a UUID's text was expected, {value!r} found") from None


def _json(_: JSON) -> Validator:
    return _as_json


def _as_json(value: Any) -> Any:
    """The value as JSON gives it back: a tuple is a list there."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        _check_characters(value)
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return value
    if isinstance(value, dict):
        return {_json_key(key): _as_json(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(child) for child in value]
    raise ValueError(f"JSON has no form for {value!r}")


def _json_key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a JSON object's keys are strings, {key!r} found")
    _check_characters(key)
    return key


_BY_TYPE: tuple[tuple[type, Callable[[Any], Validator]], ...] = (
    (Boolean, lambda _: _of(bool, "a bool")),
    (Enum, _enum),
    (Integer, _integer),
    (Float, _float),
    (Numeric, _decimal),
    (String, _text),
    (LargeBinary, lambda _: _of(bytes, "bytes")),
    (DateTime, _datetime),
    (Date, _date),
    (Time, lambda _: _of(time, "a time")),
    (Interval, lambda _: anything),
    (Uuid, _uuid),
    (JSON, _json),
)
