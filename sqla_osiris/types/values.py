"""Which touches a column can hold on every database: the same refusals everywhere, before anything is written.

A touch is stored as the type's own: what derives from int, str or datetime would come back from a database as those.
"""

import enum
import math
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CHAR,
    JSON,
    NCHAR,
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    Numeric,
    SmallInteger,
    String,
    Time,
    Uuid,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import VARBINARY, TypeEngine

from sqla_osiris.databases.leaf_types import BINARIES, decorates
from sqla_osiris.databases.registry import known_databases
from sqla_osiris.reducers.exact import in_scale
from sqla_osiris.types.json_documents import as_json, check_characters

__all__ = ["Validator", "anything", "validator"]

Validator = Callable[[Any], Any]
"""Returns the value to store; raises ValueError with the reason."""


def _unlimited() -> set[str]:
    return {name for database in known_databases() if database.ignores_limits for name in database.names}


def validator(declared: TypeEngine[Any]) -> Validator:
    """The check for a column's declared type, in each of its forms. A TypeDecorator's values are its own affair."""
    if decorates(declared):
        return anything
    check = _of_type(declared)
    for name, variant in declared._variant_mapping.items():  # noqa: SLF001  (no public way in)
        # SQLite keeps what is too long or too great for its types' names.
        if name not in _unlimited() and (type(variant), repr(variant)) != (type(declared), repr(declared)):
            check = _both(check, _of_type(variant))
    return check


def _of_type(declared: TypeEngine[Any]) -> Validator:
    for kind, build in _BY_TYPE:
        if isinstance(declared, kind):
            return build(declared)
    return anything


def _both(first: Validator, second: Validator) -> Validator:
    return first if second is anything else lambda value: second(first(value))


def anything(value: Any) -> Any:
    """The check that refuses nothing."""
    return value


def _integer(declared: Integer) -> Validator:
    bits = next((bits for kind, bits in _BITS if isinstance(declared, kind)), 32)
    least, greatest = -(1 << bits - 1), (1 << bits - 1) - 1
    least = 0 if getattr(declared, "unsigned", False) else least

    def check(value: Any) -> Any:
        if type(value) is not int:
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"an integer was expected, {value!r} found")
            value = int.__index__(value)
        if not least <= value <= greatest:
            raise ValueError(f"{_shown(value)} does not fit {bits} bits ({least} to {greatest})")
        return value

    return check


_BITS: tuple[tuple[type, int], ...] = (
    (BigInteger, 64),
    (SmallInteger, 16),
    (mysql.TINYINT, 8),
    (mysql.MEDIUMINT, 24),
)
_BITS_SHOWN = 2_000


def _shown(value: int) -> str:
    # Python writes no number of more than 4,300 digits.
    return str(value) if value.bit_length() <= _BITS_SHOWN else f"an integer of {value.bit_length()} bits"


def _decimal(declared: Numeric[Any]) -> Validator:
    precision = declared.precision
    scale = 0 if declared.scale is None and precision is not None else declared.scale

    def check(value: Any) -> Any:
        exact = _exact(value)
        if not exact.is_finite():
            raise ValueError(f"{value} is not a finite number")
        _, digits, exponent = exact.normalize(_WIDE).as_tuple()
        places = max(0, -int(exponent))
        if scale is not None and places > scale:
            raise ValueError(f"{value} has {places} decimal places, the column keeps {scale}")
        before = max(len(digits) + int(exponent), 0)
        if precision is not None and before > precision - (scale or 0):
            raise ValueError(f"{value} does not fit {precision} digits with {scale or 0} decimal places")
        if before > _DIGITS_BEFORE or places > _DIGITS_BEHIND:
            raise ValueError(
                f"{value} goes beyond {_DIGITS_BEFORE} digits with {_DIGITS_BEHIND} decimal places"
            )
        return in_scale(exact, declared.scale) if declared.asdecimal else _double(value, exact)

    return check


_WIDE = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Normalizes without rounding: Python's default context keeps 28 digits."""

_DIGITS_BEFORE, _DIGITS_BEHIND = 131_072, 16_383
"""What PostgreSQL's NUMERIC holds."""


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"a number was expected, {value!r} found")
    return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)


def _double(value: Any, exact: Decimal) -> float:
    """The float of a number; of an integer or a decimal, only one that equals it, and no negative zero."""
    try:
        converted = float(value)
    except OverflowError:
        raise ValueError(f"{_shown(value)} is too great for a float") from None  # only an integer is
    if not math.isfinite(converted):
        raise ValueError(f"{value} is not a finite number")
    if isinstance(value, int) and int(converted) != value:
        raise ValueError(
            f"{value} is no float: the nearest one is {int(converted)}. Declare the column as Numeric"
        )
    if isinstance(value, Decimal) and Decimal(repr(converted)) != exact:
        raise ValueError(
            f"{value} is no float: the nearest one is {converted!r}. Declare the column as Numeric"
        )
    return converted + 0.0


def _float(declared: Float[Any]) -> Validator:
    single = isinstance(declared, REAL) or (
        declared.precision is not None and declared.precision <= _SINGLE_PRECISION
    )

    def check(value: Any) -> Any:
        plain = type(value) is float and math.isfinite(value)
        converted = value + 0.0 if plain else _double(value, _exact(value))
        if single and not _is_single(converted):
            raise ValueError(f"{value!r} is no float of 32 bits, which the column keeps: declare Double")
        return converted

    return check


_SINGLE_PRECISION = 24
"""PostgreSQL's FLOAT of as many bits is its REAL."""


def _is_single(value: float) -> bool:
    try:
        return bool(struct.unpack("f", struct.pack("f", value))[0] == value)
    except OverflowError:  # until Python 3.14 it was packed as an infinity
        return False


def _text(declared: String) -> Validator:
    longest = declared.length
    if isinstance(declared, CHAR | NCHAR):
        return _padded(longest or 1)

    def check(value: Any) -> Any:
        if type(value) is not str:
            value = _plain_text(value)
        if longest is not None and len(value) > longest:
            raise ValueError(f"{len(value)} characters, the column keeps {longest}")
        check_characters(value)
        return value

    return check


def _plain_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a string was expected, {value!r} found")
    return str.__str__(value)


def _padded(length: int) -> Validator:
    """PostgreSQL fills a CHAR up with spaces, and takes those at the end for none."""

    def check(value: Any) -> Any:
        text = _plain_text(value)
        if len(text) != length or text.endswith(" "):
            raise ValueError(
                f"{text!r}: a CHAR({length}) keeps {length} characters, the last no space, as they are; declare String"
            )
        check_characters(text)
        return text

    return check


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"a bool was expected, {value!r} found")
    return value


def _bytes(declared: Any) -> Validator:
    longest = declared.length if isinstance(declared, VARBINARY) else _LONGEST_BLOB.get(type(declared))

    def check(value: Any) -> Any:
        if not isinstance(value, bytes):
            raise ValueError(f"bytes was expected, {value!r} found")
        if longest is not None and len(value) > longest:
            raise ValueError(f"{len(value)} bytes, the column keeps {longest}")
        return bytes(value)

    return check


_LONGEST_BLOB: dict[type, int] = {mysql.TINYBLOB: 2**8 - 1, mysql.MEDIUMBLOB: 2**24 - 1}


def _datetime(declared: DateTime) -> Validator:
    aware = declared.timezone

    def check(value: Any) -> Any:
        if type(value) is not datetime:
            value = _plain_datetime(value)
        if aware and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone, the column is DateTime(timezone=True)")
        if not aware and value.tzinfo is not None:
            # As SQLAlchemy writes it, where the session's zone is UTC; of another zone each database makes its own.
            if value.tzname() != "UTC":
                raise ValueError(f"{value!r} has a time zone, the column keeps none: give it in UTC")
            return value.replace(tzinfo=None, fold=0)
        if value.tzinfo is UTC and not value.fold:
            return value
        return _in_utc(value) if aware else value.replace(fold=0)

    return check


def _plain_datetime(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError(f"a datetime was expected, {value!r} found")
    _refuse_nanoseconds(value)
    day = value.year, value.month, value.day
    clock = value.hour, value.minute, value.second, value.microsecond
    return datetime(*day, *clock, tzinfo=value.tzinfo, fold=value.fold)


def _refuse_nanoseconds(value: Any) -> None:
    """Pandas's moments and spans derive from Python's, and hold more than a column keeps."""
    if getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0):
        raise ValueError(f"{value!r} has nanoseconds, the column keeps microseconds")


def _in_utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no offset from UTC in its time zone")
    try:
        return value.astimezone(UTC).replace(fold=0)
    except OverflowError:
        raise ValueError(f"{value!r} is no datetime in UTC") from None


def _date(value: Any) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"a date was expected, {value!r} found")
    return date(value.year, value.month, value.day)


def _time(value: Any) -> time:
    if not isinstance(value, time):
        raise ValueError(f"a time was expected, {value!r} found")
    if value.tzinfo is not None:
        raise ValueError(
            f"{value!r} has a time zone, which SQLite and MariaDB would drop: give a time without, and keep the zone "
            "in a field of its own"
        )
    return time(value.hour, value.minute, value.second, value.microsecond)


def _interval(value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        raise ValueError(f"a timedelta was expected, {value!r} found")
    _refuse_nanoseconds(value)
    try:
        _ = _EPOCH + value
    except OverflowError:
        raise ValueError(f"{value!r} is longer than SQLite keeps: {_SPANS}") from None
    return timedelta(value.days, value.seconds, value.microseconds)


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (SQLAlchemy stores spans as such moments where there is no type for them)
_SPANS = f"from {datetime.min - _EPOCH} to {datetime.max - _EPOCH}"  # noqa: DTZ901


def _enum(declared: Enum) -> Validator:
    read: Any = declared.result_processor(DefaultDialect(), None)  # type: ignore[no-untyped-call]  # SQLAlchemy's
    members = {text: read(text) for text in declared.enums}
    # An enum may derive from str, and its members then equal their values.
    known, by_class = {id(member): member for member in members.values()}, declared.enum_class is not None

    def check(value: Any) -> Any:
        found = known.get(id(value))
        if found is None and isinstance(value, str) and not (by_class and isinstance(value, enum.Enum)):
            found = members.get(str.__str__(value))
        if found is None:
            raise ValueError(f"one of {', '.join(members)} was expected, {value!r} found")
        return found

    return check


def _uuid(value: Any) -> UUID:
    if not isinstance(value, UUID):
        raise ValueError(f"a UUID was expected, {value!r} found")
    return value if type(value) is UUID else UUID(int=value.int)


def _uuid_text(value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"a UUID's text was expected, {value!r} found") from None


def _array(declared: ARRAY[Any]) -> Validator:
    check_element, dimensions = validator(declared.item_type), declared.dimensions

    def elements(value: Any, levels: int) -> Any:
        if levels == 0:
            return None if value is None else check_element(value)
        if not isinstance(value, list | tuple):
            raise ValueError(f"a list of {levels} dimensions was expected, {value!r} found")
        found = [elements(each, levels - 1) for each in value]
        if levels > 1 and ([] in found or len({len(each) for each in found}) > 1):
            raise ValueError(f"{value!r}: the lists within an array have one length, which is not 0")
        return found

    return lambda value: elements(value, dimensions or _levels(value))


def _levels(value: Any) -> int:
    """The dimensions of an array that its first elements say; at least one."""
    first = value[0] if isinstance(value, list | tuple) and value else None
    return 1 + _levels(first) if isinstance(first, list | tuple) else 1


_BY_TYPE: tuple[tuple[Any, Callable[[Any], Validator]], ...] = (
    (Boolean, lambda _: _boolean),
    (Enum, _enum),
    (Integer, _integer),
    (Float, _float),
    (Numeric, _decimal),
    (String, _text),
    (BINARIES, _bytes),
    (DateTime, _datetime),
    (Date, lambda _: _date),
    (Time, lambda _: _time),
    (Interval | postgresql.INTERVAL, lambda _: _interval),
    (Uuid, lambda declared: _uuid if declared.as_uuid else _uuid_text),
    (JSON, lambda _: as_json),
    (ARRAY, _array),
)
