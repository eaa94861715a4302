"""Which touches a column type takes, as what they are stored, and with which words others are refused? No database."""

import enum
import math
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from time import tzset
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import (
    ARRAY,
    CHAR,
    JSON,
    REAL,
    VARBINARY,
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
    null,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.types import TypeDecorator

from sqla_osiris.types.values import validator


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Mood(enum.StrEnum):
    GOOD = "g"


class Level(enum.IntEnum):
    HIGH = 3


class Anything(TypeDecorator[Any]):
    impl = Integer
    cache_ok = True


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOCAL = datetime(2026, 11, 23, 12)  # noqa: DTZ001
INDIAN = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
KEY = UUID(int=7)
GREEN = Colour.GREEN
ARE = "was expected"
BITS_16, BITS_32 = "(-32768 to 32767)", "(-2147483648 to 2147483647)"
ONE_LENGTH = "the lists within an array have one length, which is not 0"
ZONED = "has a time zone, which SQLite and MariaDB would drop: give a time without, and keep the zone in a field of its own"
HALF = "half a surrogate pair, which UTF-8 cannot encode"


class Bytes(bytes):
    pass


class Day(date):
    pass


class Moment(datetime):
    pass


class Nanoseconds(datetime):
    """Like pandas's: a datetime that holds more than one."""

    nanosecond = 1


class Span(timedelta):
    """Like pandas's: a timedelta that holds more than one."""

    nanoseconds = 1


class Nowhere(tzinfo):
    """A time zone that does not say how far it is from UTC."""

    def utcoffset(self, moment: datetime | None, /) -> None: ...


class Identifier(UUID):
    pass


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


class Odd(float):
    """Like numpy's: a float whose text is no number."""

    def __repr__(self) -> str:
        return "Odd(1.5)"


@pytest.fixture
def somewhere(monkeypatch):
    """A machine whose own time zone is not UTC."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.mark.parametrize(
    ("declared", "touch", "kept"),
    [
        (SmallInteger(), 2**15 - 1, 2**15 - 1),
        (SmallInteger(), -(2**15), -(2**15)),
        (Integer(), 2**31 - 1, 2**31 - 1),
        (Integer(), -(2**31), -(2**31)),
        (Integer(), Level.HIGH, 3),
        (BigInteger(), 2**63 - 1, 2**63 - 1),
        (BigInteger(), -(2**63), -(2**63)),
        (Float(), 1, 1.0),
        (Float(), Decimal("0.5"), 0.5),
        (Numeric(6, 2), Decimal("9999.99"), Decimal("9999.99")),
        (Numeric(6, 2), Decimal("-9999.9"), Decimal("-9999.90")),
        (Numeric(6, 2), 0.1, Decimal("0.10")),
        (Numeric(6, 2), 7, Decimal("7.00")),
        (Numeric(6, 2), Decimal("1.5000"), Decimal("1.50")),
        (Numeric(2, 2), Decimal("0.99"), Decimal("0.99")),
        (Numeric(3), Decimal(999), Decimal(999)),
        (Numeric(), Odd(1.5), Decimal("1.5")),
        (Float(), Odd(1.5), 1.5),
        (Float(), -0.0, 0.0),
        (REAL(), 0.5, 0.5),
        (CHAR(3), "EUR", "EUR"),
        (String(), Mood.GOOD, "g"),
        (LargeBinary(), Bytes(b"x"), b"x"),
        (Date(), Day(2026, 1, 2), date(2026, 1, 2)),
        (DateTime(), Moment(2026, 1, 2, fold=1), datetime(2026, 1, 2)),  # noqa: DTZ001
        (Uuid(), Identifier(int=7), KEY),
        (JSON(), {"a": [Level.HIGH, Mood.GOOD, Odd(1.5), -0.0]}, {"a": [3, "g", 1.5, 0.0]}),
        (Numeric(), Decimal("1E+3"), Decimal(1000)),
        (Numeric(6, 0), Decimal(5), Decimal(5)),
        (Numeric(6, 2, asdecimal=False), Decimal("1.50"), 1.5),
        (Numeric(6, 2, asdecimal=False), 2, 2.0),
        (String(3), "abc", "abc"),
        (String(3), "züä", "züä"),
        (String(), "\ud7ff\ue000", "\ud7ff\ue000"),
        (String(), "x" * 1000, "x" * 1000),
        (Boolean(), True, True),
        (LargeBinary(), b"\x00", b"\x00"),
        (Date(), NOON.date(), NOON.date()),
        (Time(), time(12), time(12)),
        (DateTime(), LOCAL, LOCAL),
        (DateTime(timezone=True), NOON, NOON),
        (DateTime(), NOON, NOON.replace(tzinfo=None)),
        (DateTime(), NOON.replace(tzinfo=ZoneInfo("UTC"), fold=1), NOON.replace(tzinfo=None)),
        (Interval(), timedelta(1), timedelta(1)),
        (Enum(Colour), GREEN, GREEN),
        (Enum(Colour), "GREEN", GREEN),
        (Enum(Mood), "GOOD", Mood.GOOD),
        (Enum(Mood), Mood.GOOD, Mood.GOOD),
        (Enum("g", "h", name="letter"), Mood.GOOD, "g"),
        (Enum("s", "m", name="size"), "m", "m"),
        (Uuid(), KEY, KEY),
        (Uuid(as_uuid=False), str(KEY).replace("-", "").upper(), str(KEY)),
        (JSON(), (1, (True, None)), [1, [True, None]]),
        (JSON(), {"a": ({"b": 0.5},)}, {"a": [{"b": 0.5}]}),
        (JSON(), "ü", "ü"),
        (CHAR(), "a", "a"),
        (VARBINARY(2), b"xy", b"xy"),
        (Time(), time(1, 2, 3, 4), time(1, 2, 3, 4)),
        (Interval(), timedelta(1, 2, 3), timedelta(1, 2, 3)),
        (DateTime(timezone=True), NOON.replace(fold=1), NOON),
        (
            DateTime(timezone=True),
            Moment(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
            datetime(2025, 10, 26, 1, 30, tzinfo=UTC),
        ),
        (Numeric(6, 2, asdecimal=False), -0.0, 0.0),
        (Numeric(), Decimal("1E+131071"), Decimal("1" + "0" * 131_071)),
        (Numeric(), Decimal("1E-16383"), Decimal("1E-16383")),
        (ARRAY(Integer), [1, None], [1, None]),
        (ARRAY(Integer), [[1, 2], (3, Level.HIGH)], [[1, 2], [3, 3]]),
        (ARRAY(Integer), [[[1]]], [[[1]]]),
        (ARRAY(Integer), [], []),
        (ARRAY(Integer, dimensions=2), ((1,),), [[1]]),
        (String(3).with_variant(String(2), "sqlite"), "abc", "abc"),
        (Anything().with_variant(SmallInteger(), "postgresql"), "whatever", "whatever"),
        (Anything(), "whatever", "whatever"),
        (INET(), "whatever", "whatever"),
    ],
)
def test_a_touch_is_stored_as_its_column_holds_it(declared, touch, kept):
    stored = validator(declared)(touch)

    assert (stored, type(stored), str(stored)) == (kept, type(kept), str(kept))
    assert not getattr(stored, "fold", 0)


def test_a_moment_is_stored_in_utc_and_without_a_fold(somewhere):
    stored = validator(DateTime(timezone=True))(INDIAN.replace(fold=1))

    assert (stored, stored.tzinfo, stored.fold) == (NOON, UTC, 0)


@pytest.mark.parametrize(
    ("declared", "touch", "words"),
    [
        (Integer(), "7", f"an integer {ARE}, '7' found"),
        (Integer(), True, f"an integer {ARE}, True found"),
        (Integer(), 7.0, f"an integer {ARE}, 7.0 found"),
        (SmallInteger(), 2**15, "32768 does not fit 16 bits (-32768 to 32767)"),
        (SmallInteger(), -(2**15) - 1, "-32769 does not fit 16 bits (-32768 to 32767)"),
        (Integer(), 2**31, "2147483648 does not fit 32 bits (-2147483648 to 2147483647)"),
        (
            BigInteger(),
            2**63,
            "9223372036854775808 does not fit 64 bits (-9223372036854775808 to 9223372036854775807)",
        ),
        (Float(), "7", f"a number {ARE}, '7' found"),
        (Float(), False, f"a number {ARE}, False found"),
        (Float(), math.inf, "inf is not a finite number"),
        (Numeric(), "7", f"a number {ARE}, '7' found"),
        (
            Float(),
            2**53 + 1,
            f"{2**53 + 1} is no float: the nearest one is {2**53}. Declare the column as Numeric",
        ),
        (
            Float(),
            Decimal("0.1") + Decimal("1e-20"),
            "0.10000000000000000001 is no float: the nearest one is 0.1. Declare the column as Numeric",
        ),
        (REAL(), 0.1, "0.1 is no float of 32 bits, which the column keeps: declare Double"),
        (Float(24), 1e300, "1e+300 is no float of 32 bits, which the column keeps: declare Double"),
        (
            CHAR(3),
            "EU",
            "'EU': a CHAR(3) keeps 3 characters, the last no space, as they are; declare String",
        ),
        (
            CHAR(3),
            "EU ",
            "'EU ': a CHAR(3) keeps 3 characters, the last no space, as they are; declare String",
        ),
        (
            Time(),
            time(12, tzinfo=UTC),
            f"{time(12, tzinfo=UTC)!r} {ZONED}",
        ),
        (Interval(), 7, f"a timedelta {ARE}, 7 found"),
        (
            Interval(),
            timedelta.max,
            f"{timedelta.max!r} is longer than SQLite keeps: from -719162 days, 0:00:00 to 2932896 days",
        ),
        pytest.param(
            Integer(),
            10**5000,
            f"an integer of {(10**5000).bit_length()} bits does not fit 32 bits {BITS_32}",
            id="an integer that Python does not write",
        ),
        pytest.param(
            Integer(),
            2**1999,
            f"{2**1999} does not fit 32 bits {BITS_32}",
            id="the longest integer that a refusal writes out",
        ),
        (
            Numeric(40, 29),
            Decimal("0." + "1" * 30),
            f"0.{'1' * 30} has 30 decimal places, the column keeps 29",
        ),
        (
            Interval(),
            timedelta(-800_000),
            f"{timedelta(-800_000)!r} is longer than SQLite keeps: from -719162 days, 0:00:00 to 2932896 days",
        ),
        (Interval(), Span(1), "Span(days=1) has nanoseconds, the column keeps microseconds"),
        (ARRAY(SmallInteger), [1, 2**15], f"32768 does not fit 16 bits {BITS_16}"),
        (ARRAY(Integer), 7, f"a list of 1 dimensions {ARE}, 7 found"),
        (ARRAY(Integer, dimensions=2), [1], f"a list of 1 dimensions {ARE}, 1 found"),
        (ARRAY(Integer), [[1], [2, 3]], f"[[1], [2, 3]]: {ONE_LENGTH}"),
        (ARRAY(Integer, dimensions=2), [[], []], f"[[], []]: {ONE_LENGTH}"),
        (mysql.TINYINT(), 128, "128 does not fit 8 bits (-128 to 127)"),
        (mysql.INTEGER(unsigned=True), -1, "-1 does not fit 32 bits (0 to 2147483647)"),
        (
            BigInteger().with_variant(SmallInteger(), "postgresql"),
            2**15,
            f"32768 does not fit 16 bits {BITS_16}",
        ),
        (mysql.TINYBLOB(), b"x" * 256, "256 bytes, the column keeps 255"),
        (VARBINARY(2), b"xyz", "3 bytes, the column keeps 2"),
        (Numeric(3), Decimal("0.1234"), "0.1234 has 4 decimal places, the column keeps 0"),
        (Numeric(), Decimal("1E+200000"), "1E+200000 goes beyond 131072 digits with 16383 decimal places"),
        (
            DateTime(),
            Nanoseconds(2026, 1, 1),
            "Nanoseconds(2026, 1, 1, 0, 0) has nanoseconds, the column keeps microseconds",
        ),
        (JSON(), JSON.NULL, "JSON.NULL, which is read as None: touch the field with None"),
        (JSON(), null(), "JSON has no form for <sqlalchemy.sql.elements.Null object at"),
        pytest.param(JSON(), nested(201), "a document of more than 200 levels", id="201 levels"),
        pytest.param(JSON(), nested(100_000), "a document of more than 200 levels", id="100000 levels"),
        pytest.param(
            JSON(),
            {"a": 10**4300},
            "an integer of 14285 bits, of more digits (4300) than Python reads",
            id="an integer that Python does not read",
        ),
        (Numeric(), False, f"a number {ARE}, False found"),
        (Numeric(), Decimal("sNaN"), "sNaN is not a finite number"),
        (Numeric(6, 2), math.inf, "inf is not a finite number"),
        (Numeric(6, 2), Decimal("0.001"), "0.001 has 3 decimal places, the column keeps 2"),
        (Numeric(6, 0), Decimal("0.1"), "0.1 has 1 decimal places, the column keeps 0"),
        (Numeric(6, 2), Decimal(10000), "10000 does not fit 6 digits with 2 decimal places"),
        (Numeric(6, 2), Decimal("1E+4"), "1E+4 does not fit 6 digits with 2 decimal places"),
        (Numeric(2, 2), Decimal("1.1"), "1.1 does not fit 2 digits with 2 decimal places"),
        (Numeric(3), Decimal(1000), "1000 does not fit 3 digits with 0 decimal places"),
        (String(3), 7, f"a string {ARE}, 7 found"),
        (String(3), "abcd", "4 characters, the column keeps 3"),
        (String(), "a\x00", "a NUL character (PostgreSQL cannot store it)"),
        pytest.param(String(), "a\ud800", HALF, id="first surrogate"),
        pytest.param(String(), "a\udfff", HALF, id="last surrogate"),
        (Boolean(), 1, f"a bool {ARE}, 1 found"),
        (LargeBinary(), "x", f"bytes {ARE}, 'x' found"),
        (Time(), "12:00", f"a time {ARE}, '12:00' found"),
        (Uuid(), str(KEY), f"a UUID {ARE}, '{KEY}' found"),
        (Uuid(as_uuid=False), "x", f"a UUID's text {ARE}, 'x' found"),
        (Uuid(as_uuid=False), 7, f"a UUID's text {ARE}, 7 found"),
        (Uuid(as_uuid=False), None, f"a UUID's text {ARE}, None found"),
        (DateTime(), "now", f"a datetime {ARE}, 'now' found"),
        (
            DateTime(timezone=True),
            LOCAL,
            f"{LOCAL!r} has no time zone, the column is DateTime(timezone=True)",
        ),
        (DateTime(), INDIAN, f"{INDIAN!r} has a time zone, the column keeps none: give it in UTC"),
        (Date(), "today", f"a date {ARE}, 'today' found"),
        (Date(), LOCAL, f"a date {ARE}, {LOCAL!r} found"),
        (Enum(Colour), "r", f"one of RED, GREEN {ARE}, 'r' found"),
        (Enum(Colour), 7, f"one of RED, GREEN {ARE}, 7 found"),
        (Enum("s", "m", name="size"), 7, f"one of s, m {ARE}, 7 found"),
        (JSON(), {1, 2}, "JSON has no form for {1, 2}"),
        (JSON(), date(2026, 1, 1), "JSON has no form for datetime.date(2026, 1, 1)"),
        (JSON(), [math.nan], "nan is not a finite number"),
        (JSON(), {"a": "\x00"}, "a NUL character (PostgreSQL cannot store it)"),
        (JSON(), {"\x00": 1}, "a NUL character (PostgreSQL cannot store it)"),
        (JSON(), {7: 1}, "a JSON object's keys are strings, 7 found"),
    ],
)
def test_a_touch_that_no_database_can_hold_is_refused(declared, touch, words):
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the words follow)
        validator(declared)(touch)

    assert str(refused.value).startswith(words)


@pytest.mark.parametrize(("digits", "shown"), [(400, r"10{400}"), (1000, "an integer of 3322 bits")])
def test_an_integer_too_great_for_a_float_is_refused(digits, shown):
    with pytest.raises(ValueError, match=f"^{shown} is too great for a float$"):
        validator(Float())(10**digits)


def test_a_moment_whose_zone_says_no_offset_is_refused():
    with pytest.raises(ValueError, match=r"\) has no offset from UTC in its time zone$"):
        validator(DateTime(timezone=True))(LOCAL.replace(tzinfo=Nowhere()))


def test_a_moment_that_utc_has_not_is_refused():
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    with pytest.raises(ValueError, match=r"^datetime\.datetime\(1, 1, 1, .* is no datetime in UTC$"):
        validator(DateTime(timezone=True))(first)
