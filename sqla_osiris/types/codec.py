"""How does a column's value look in JSON, and how is it read back equal? By the column's type.

A user's ``TypeDecorator`` has its say first, as on a database; what it gives is then exact: decimals as text, moments
and times in ISO 8601, bytes in base64, durations in microseconds, documents as they are. A database's own types of dates,
times, durations and bytes are written as the generic ones: their processors are made for their driver.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
from sqlalchemy.sql.sqltypes import _AbstractInterval, _Binary
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import loaded
from sqla_osiris.types.portable import ExactInterval, UTCDateTime

__all__ = ["JSONValues", "json_values"]

_MICROSECOND: Final = timedelta(microseconds=1)

_DURATIONS: Final = (Interval, ExactInterval)
_WITHOUT_PROCESSORS: Final = (Date, DateTime, Time, _Binary, _AbstractInterval, *_DURATIONS)

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
    if isinstance(declared, UTCDateTime):
        return JSONValues(_moment_written, _moment_read)
    if isinstance(declared, TypeDecorator) and not isinstance(declared, _DURATIONS):
        return _decorated(declared)
    kind = next((kind for types, kind in _KINDS if isinstance(declared, types)), str)
    bind = result = None
    if not isinstance(declared, _WITHOUT_PROCESSORS):
        bind, result = declared.bind_processor(_DIALECT), declared.result_processor(_DIALECT, None)
    return _processed(kind, bind, result)


def _decorated(declared: TypeDecorator[Any]) -> JSONValues:
    own = type(declared)
    if own.bind_processor is not TypeDecorator.bind_processor:
        kind = next((kind for types, kind in _KINDS if isinstance(_plain(declared), types)), str)
        impl = declared.dialect_impl(_DIALECT)
        return _processed(kind, impl.bind_processor(_DIALECT), impl.result_processor(_DIALECT, None))
    inner = json_values(loaded(declared, _DIALECT))
    binds = own.process_bind_param is not TypeDecorator.process_bind_param
    results = own.process_result_value is not TypeDecorator.process_result_value

    def write(value: Any) -> Any:
        return inner.write(declared.process_bind_param(value, _DIALECT) if binds else value)

    def read(content: Any) -> Any:
        value = inner.read(content)
        return declared.process_result_value(value, _DIALECT) if results else value

    return JSONValues(write if binds else inner.write, read if results else inner.read)


def _processed(kind: type[Any], bind: Any, result: Any) -> JSONValues:
    def write(value: Any) -> Any:
        return None if value is None else _written(bind(value) if bind else value)

    def read(content: Any) -> Any:
        if content is None:
            return None
        value = _READERS.get(kind, _same)(content)
        return result(value) if result else value

    return JSONValues(write, read)


def _plain(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    while isinstance(declared, TypeDecorator) and not isinstance(declared, _DURATIONS):
        declared = loaded(declared, _DIALECT)
    return declared


def _moment_written(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()


def _moment_read(content: str | None) -> datetime | None:
    if content is None:
        return None
    moment = datetime.fromisoformat(content)
    # Files of version 1 have moments in UTC without an offset.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


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
    (_Binary, bytes),
    (_AbstractInterval | Interval | ExactInterval, timedelta),
    (DateTime, datetime),
    (Date, date),
    (Time, time),
    (Uuid, UUID),
)
