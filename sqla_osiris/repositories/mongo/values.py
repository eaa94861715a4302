"""How a Python value looks in a document, so that it comes back equal and of the same type.

BSON's own types are used where they keep everything. They do not for three: a BSON date keeps milliseconds, so a
moment is an int64 of microseconds since 1970; a date or a time of day is its ISO text, which sorts as it does; and JSON
is its text, as BSON would mix up integers and floats, refuse integers past 64 bits and take keys such as ``$ref`` for
commands.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from decimal import Inexact as _Inexact
from decimal import Overflow as _Overflow
from typing import Any, Final

from bson import Binary, Decimal128
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
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import BINARIES, loaded
from sqla_osiris.reducers.collections import in_one_order
from sqla_osiris.types.portable import ExactDecimal, ExactInterval, UTCDateTime

__all__ = ["Codec", "Conversion", "codec", "escaped", "from_microseconds", "json_text", "microseconds"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = _EPOCH.replace(tzinfo=None)
_MICROSECOND: Final = timedelta(microseconds=1)
_DIALECT: Final = DefaultDialect()
_EXACT_DIGITS: Final = 20
"""Decimals up to this precision add up to 34 digits (a Decimal128's) only after 10^14 events."""

Conversion = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """One column type's two conversions; None never reaches them. ``write`` raises ValueError for what does not fit.

    ``ordered`` says that the server orders the stored values as Python does the originals, ``adds`` that it adds them
    exactly; ``zero`` is the sum of none.
    """

    write: Conversion
    read: Conversion
    ordered: bool = False
    adds: bool = False
    zero: Any = 0


def microseconds(moment: datetime) -> int:
    """The microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware datetime, in UTC, that :func:`microseconds` was given."""
    return _EPOCH + timedelta(0, 0, value)  # by its name it takes longer


def json_text(value: Any) -> str:
    """A JSON value's text; a set is written as a list in one order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=in_one_order)


def escaped(name: str) -> str:
    """A column's name as a document's key: a dot or a dollar would be read as a path."""
    return name.replace("%", "%25").replace(".", "%2E").replace("$", "%24")


def codec(declared: TypeEngine[Any]) -> Codec:
    """The conversions of a column of this (stored) type."""
    if isinstance(declared, ExactDecimal):
        return _decimal(declared.precision)
    if isinstance(declared, UTCDateTime):
        return Codec(microseconds, from_microseconds, ordered=True)
    if isinstance(declared, Interval | ExactInterval):
        return Codec(lambda value: value // _MICROSECOND, lambda value: timedelta(microseconds=value))
    if isinstance(declared, TypeDecorator):
        return _decorated(declared)
    for kind, build in _BY_TYPE:
        if isinstance(declared, kind):
            return build(declared)
    return Codec(_same, _same)


def _same(value: Any) -> Any:
    return value


def _decorated(declared: TypeDecorator[Any]) -> Codec:
    """A user's own type: its conversions around those of the type that it decorates."""
    kind = type(declared)
    if kind.process_bind_param is TypeDecorator.process_bind_param and (
        kind.bind_processor is not TypeDecorator.bind_processor
    ):
        # PickleType and the like convert to the driver's value at once.
        return _processed(declared)
    inner = codec(loaded(declared, _DIALECT))
    written = kind.process_bind_param is not TypeDecorator.process_bind_param
    given_back = kind.process_result_value is not TypeDecorator.process_result_value

    def write(value: Any) -> Any:
        plain = declared.process_bind_param(value, _DIALECT) if written else value
        return None if plain is None else inner.write(plain)

    def read(value: Any) -> Any:
        plain = inner.read(value)
        return declared.process_result_value(plain, _DIALECT) if given_back else plain

    return Codec(write, read)


def _decimal(precision: int | None) -> Codec:
    exact = precision is not None and precision <= _EXACT_DIGITS
    return Codec(_to_decimal128, Decimal128.to_decimal, ordered=True, adds=exact, zero=Decimal(0))


def _to_decimal128(value: Any) -> Decimal128:
    try:
        return Decimal128(Decimal(value))
    except (_Inexact, _Overflow):
        raise ValueError(f"{value} does not fit the 34 digits of MongoDB's Decimal128") from None


def _numeric(declared: Numeric[Any]) -> Codec:
    return _decimal(declared.precision) if declared.asdecimal else _FLOAT


def _enum(declared: Enum) -> Codec:
    # The name or the value that a database column would hold.
    return _processed(declared)


def _processed(declared: TypeEngine[Any]) -> Codec:
    """What a type itself does to values on their way to and from a driver."""
    impl = declared.dialect_impl(_DIALECT)
    return Codec(impl.bind_processor(_DIALECT) or _same, impl.result_processor(_DIALECT, None) or _same)


def _datetime(_: DateTime) -> Codec:
    return Codec(
        lambda value: (value - _NAIVE_EPOCH) // _MICROSECOND,
        lambda value: _NAIVE_EPOCH + timedelta(microseconds=value),
        ordered=True,
    )


def _uuid(declared: Uuid[Any]) -> Codec:
    return Codec(Binary.from_uuid, Binary.as_uuid) if declared.as_uuid else Codec(_same, _same, ordered=True)


_FLOAT: Final = Codec(float, float, ordered=True, adds=True, zero=0.0)

_BY_TYPE: tuple[tuple[Any, Callable[[Any], Codec]], ...] = (
    (Boolean, lambda _: Codec(bool, bool, ordered=True)),
    (Enum, _enum),
    (Integer, lambda _: Codec(int, int, ordered=True, adds=True)),
    (Float, lambda _: _FLOAT),
    (Numeric, _numeric),
    (String, lambda _: Codec(_same, _same, ordered=True)),
    (BINARIES, lambda _: Codec(bytes, bytes)),
    (DateTime, _datetime),
    (Date, lambda _: Codec(date.isoformat, date.fromisoformat, ordered=True)),
    (Time, lambda _: Codec(time.isoformat, time.fromisoformat, ordered=True)),
    (Uuid, _uuid),
    (JSON, lambda _: Codec(json_text, json.loads)),
)
