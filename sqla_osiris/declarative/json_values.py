"""How does a column's value look in JSON, and how is it read back equal? By the column's type.

A value goes through the type's own processors first, so users' ``TypeDecorator``s work as on a database; what they give
is then exact: decimals as text, moments in ISO 8601, bytes in base64, durations in microseconds, documents as they are.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    Numeric,
    Time,
    Uuid,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.declarative.column_types import ExactInterval
from sqla_osiris.declarative.proven_types import BINARIES, loaded

__all__ = ["JSONValues", "json_values"]

_MICROSECOND: Final = timedelta(microseconds=1)

_DIALECT: Final = DefaultDialect()
_DIALECT.supports_native_boolean = True
_DIALECT.supports_native_decimal = True
_DIALECT.supports_native_uuid = True


@dataclass(frozen=True, slots=True)
class JSONValues:
    """One column's two directions. None is null in both."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def json_values(declared: TypeEngine[Any]) -> JSONValues:
    """The two directions of a column of this (stored) type."""
    if isinstance(declared, JSON):
        return JSONValues(_same, _same)
    plain = _plain(declared)
    kind = next((kind for types, kind in _KINDS if isinstance(plain, types)), str)
    bind = result = None
    if not isinstance(declared, Interval | ExactInterval):
        impl = declared.dialect_impl(_DIALECT)
        bind, result = impl.bind_processor(_DIALECT), impl.result_processor(_DIALECT, None)

    def write(value: Any) -> Any:
        return None if value is None else _written(bind(value) if bind else value)

    def read(content: Any) -> Any:
        if content is None:
            return None
        value = _READERS.get(kind, _same)(content)
        return result(value) if result else value

    return JSONValues(write, read)


def _plain(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    while isinstance(declared, TypeDecorator) and not isinstance(declared, Interval | ExactInterval):
        declared = loaded(declared, _DIALECT)
    return declared


def _same(value: Any) -> Any:
    return value


def _written(value: Any) -> Any:
    for types, form in _FORMS:
        if isinstance(value, types):
            return form(value)
    return value


_FORMS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Decimal, str),
    (datetime | date | time, lambda value: value.isoformat()),
    (bytes | bytearray | memoryview, lambda value: base64.b64encode(value).decode()),
    (timedelta, lambda value: value // _MICROSECOND),
    (UUID, str),
)

_READERS: dict[type[Any], Callable[[Any], Any]] = {
    Decimal: lambda content: Decimal(content) if isinstance(content, str) else content,
    float: float,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    bytes: base64.b64decode,
    timedelta: lambda content: content * _MICROSECOND,
    UUID: UUID,
}

_KINDS: tuple[tuple[Any, type[Any]], ...] = (
    (Boolean, bool),
    (Integer, int),
    (Float, float),
    (Numeric, Decimal),
    (BINARIES, bytes),
    (Interval | ExactInterval, timedelta),
    (DateTime, datetime),
    (Date, date),
    (Time, time),
    (Uuid, UUID),
)
