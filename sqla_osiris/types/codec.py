"""Which plain Python value stands in a column, and how does it look in JSON? Both by the column's type.

A user's ``TypeDecorator`` has its say first, as on a database. What it gives is plain: a value of one kind, which each store
without columns writes in its own form. A database's own types are taken for the generic ones: their processors are made for
their driver.

In JSON it is exact: decimals are text, moments and times ISO 8601, bytes base64, durations microseconds, documents as they
are.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Date,
    DateTime,
    Enum,
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
from sqla_osiris.reducers.exact import in_scale
from sqla_osiris.types.portable import ExactDecimal, ExactInterval, UTCDateTime

__all__ = ["NEUTRAL", "JSONValues", "Plain", "json_values", "plain", "same"]

_MICROSECOND: Final = timedelta(microseconds=1)
_OURS: Final = (Interval, ExactInterval, ExactDecimal, UTCDateTime)

NEUTRAL: Final = DefaultDialect()
NEUTRAL.supports_native_boolean = True
NEUTRAL.supports_native_decimal = True
NEUTRAL.supports_native_uuid = True
"""What users' types are asked of: it keeps each kind of value."""

Conversion = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plain:
    """What a column's values are before a store gives them its own form.

    ``kind`` is their Python type, or a column's type for three kinds that Python does not tell apart: JSON, a UTCDateTime, a
    Uuid that is text. ``bind`` makes one of a user's value and ``result`` takes it back, also None; where they are None, the
    user's value is plain. ``declared`` is the type below users' own.
    """

    kind: type[Any]
    declared: TypeEngine[Any]
    bind: Conversion | None = None
    result: Conversion | None = None


def plain(declared: TypeEngine[Any]) -> Plain:
    """Return what the values of a column of this (stored) type are."""
    if isinstance(declared, TypeDecorator) and not isinstance(declared, _OURS):
        return _decorated(declared)
    if isinstance(declared, Enum):
        return _processed(Plain(str, declared), declared)
    if isinstance(declared, ARRAY):
        element = json_values(declared.item_type)
        return Plain(JSON, declared, partial(_elements, element.write), partial(_elements, element.read))
    kind = next((kind for types, kind in _KINDS if isinstance(declared, types)), str)
    if isinstance(declared, Uuid) and not declared.as_uuid:
        kind = Uuid
    if isinstance(declared, Numeric) and not declared.asdecimal:
        kind = float
    return Plain(kind, declared)


def _decorated(declared: TypeDecorator[Any]) -> Plain:
    own, inner = type(declared), plain(loaded(declared, NEUTRAL))
    if own.bind_processor is not TypeDecorator.bind_processor:
        # PickleType and the like convert to the driver's value at once.
        return _processed(inner, declared)
    bind, result = inner.bind, inner.result
    if own.process_bind_param is not TypeDecorator.process_bind_param:
        bind = _chained(lambda value: declared.process_bind_param(value, NEUTRAL), bind)
    if own.process_result_value is not TypeDecorator.process_result_value:
        result = _chained(result, lambda value: declared.process_result_value(value, NEUTRAL))
    return replace(inner, bind=bind, result=result)


def _processed(values: Plain, declared: TypeEngine[Any]) -> Plain:
    """Return the values that a type makes of a user's by itself, as for a driver."""
    impl = declared.dialect_impl(NEUTRAL)
    bind, result = impl.bind_processor(NEUTRAL), impl.result_processor(NEUTRAL, None)
    return replace(values, bind=_unless_none(bind), result=_unless_none(result))


def _chained(first: Conversion | None, second: Conversion | None) -> Conversion | None:
    if first is None or second is None:
        return first or second
    return lambda value: second(first(value))


def _unless_none(conversion: Conversion | None) -> Conversion | None:
    return None if conversion is None else lambda value: None if value is None else conversion(value)


@dataclass(frozen=True, slots=True)
class JSONValues:
    """One column's two directions. None is null in both."""

    write: Conversion
    read: Conversion


def json_values(declared: TypeEngine[Any]) -> JSONValues:
    """Return the two directions of a column of this (stored) type."""
    values = plain(declared)
    written, read = _WRITERS.get(values.kind, _written), _READERS.get(values.kind, same)
    if isinstance(values.declared, ExactDecimal):
        read = partial(_exact, values.declared.scale)
    return JSONValues(
        _chained(values.bind, _unless_none(written)) or same,
        _chained(_unless_none(read), values.result) or same,
    )


def _elements(convert: Conversion, value: Any) -> Any:
    """The elements of an array of any dimensions, converted."""
    return [_elements(convert, each) for each in value] if isinstance(value, list) else convert(value)


def _exact(scale: int | None, content: Any) -> Decimal:
    return in_scale(Decimal(content), scale)


def _moment_read(content: str) -> datetime:
    moment = datetime.fromisoformat(content)
    # Files of version 1 have moments in UTC without an offset.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def same(value: Any) -> Any:
    """Return what is given."""
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

_WRITERS: dict[type[Any], Conversion] = {
    JSON: same,
    UTCDateTime: lambda value: value.astimezone(UTC).isoformat(),
}

_READERS: dict[type[Any], Callable[[Any], Any]] = {
    Decimal: lambda content: Decimal(content) if isinstance(content, str) else content,
    float: float,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    bytes: base64.b64decode,
    timedelta: lambda content: content * _MICROSECOND,
    UUID: UUID,
    UTCDateTime: _moment_read,
}

_KINDS: tuple[tuple[Any, type[Any]], ...] = (
    (Boolean, bool),
    (Integer, int),
    (Float, float),
    (Numeric, Decimal),
    (_Binary, bytes),
    (_AbstractInterval | ExactInterval, timedelta),
    (UTCDateTime, UTCDateTime),
    (DateTime, datetime),
    (Date, date),
    (Time, time),
    (Uuid, UUID),
    (JSON, JSON),
)
