"""All column types that SQLAlchemy exports, each with values at its edges: a new one without values fails."""

import enum
import inspect
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import sqlalchemy
from sqlalchemy import (
    CHAR,
    JSON,
    NCHAR,
    VARBINARY,
    VARCHAR,
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
    PickleType,
    String,
    Text,
    Time,
    TypeDecorator,
    Uuid,
    func,
    types,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeEngine, UserDefinedType

__all__ = ["TYPES", "Kept", "Type"]


@dataclass(frozen=True)
class Kept:
    """A value that is kept as another one, which is equal or says the same."""

    given: Any
    kept: Any


@dataclass(frozen=True, eq=False)
class Type:
    """A row of the table: a type as one writes it, and values to try it with."""

    name: str
    made: Any
    values: tuple[Any, ...]


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"
    ALSO_GREEN = "g"  # noqa: PIE796  (an alias, on purpose)


class Cents(TypeDecorator[Decimal]):
    """Whole cents in the database, a Decimal in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value * 100)

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(value) / 100


class Lower(TypeDecorator[str]):
    """Text that is stored in small letters."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.lower()


class Plain(TypeDecorator[Any]):
    """Adds nothing to the type that it is over."""

    impl = String
    cache_ok = True

    def __init__(self, over: TypeEngine[Any]) -> None:
        super().__init__()
        self.over = over
        self.impl = over


class Portable(TypeDecorator[Any]):
    """SQLAlchemy's own recipe: the database's UUID, or a text of 32 hexadecimal digits."""

    impl = CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect):
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.UUID() if native else CHAR(32))

    def process_bind_param(self, value, dialect):
        return value if value is None or dialect.name == "postgresql" else value.hex

    def process_result_value(self, value, dialect):
        return value if value is None or isinstance(value, uuid.UUID) else uuid.UUID(value)


class PortableJSON(TypeDecorator[Any]):
    """JSON where the dialect says so, which is everywhere."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(JSON())


class Bracketed(TypeDecorator[str]):
    """SQL converts the values: the shape of encryption by the database."""

    impl = String
    cache_ok = True

    def bind_expression(self, bindvalue):
        return func.concat("<", bindvalue, ">")


class Vector(UserDefinedType[Any]):
    """An extension's type."""

    cache_ok = True

    def get_col_spec(self, **_):
        return "VECTOR"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


KEY = uuid.UUID("12345678-1234-5678-9234-567812345678")
SUMMER = timezone(timedelta(hours=2))
BEFORE_UTC = datetime(2026, 7, 1, 0, 30, tzinfo=SUMMER)

TEXTS = ("", "Åse 🦉 'x' \"y\" %s :z \\ ", "a ", " a", "A", "\t\n\r", "e\u0301", "a\x00", "a\ud800", 7, b"a")
SHORT_TEXTS = ("", "b ", "Ü", "\U0001f989", "a\x00", 7)
INTEGERS = (
    0,
    -1,
    127,
    -128,
    128,
    2**15,
    2**23,
    2**31 - 1,
    -(2**31),
    2**31,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**63,
)
FLOATS = (
    0.1,
    1e300,
    -5e-324,
    1e16,
    123456.789,
    0.5,
    Kept(-0.0, 0.0),
    Kept(3, 3.0),
    2**53 + 1,
    float("inf"),
    float("nan"),
    True,
)
DECIMALS = (
    Decimal("0.1"),
    Decimal("-0.000001"),
    Kept(Decimal("12345678.90"), Decimal("12345678.9")),
    Kept(Decimal("-0"), Decimal(0)),
    Kept(Decimal("1E+3"), Decimal(1000)),
    Kept(0.1, Decimal("0.1")),
    Decimal("0.123456789012345678"),
    Kept(Decimal("1E+400"), Decimal(10**400)),
    Decimal("1E-400"),
    Decimal("NaN"),
    True,
)
BYTES = (b"", b"\x00\xff'\\", b"x" * 300, bytearray(b"x"), "x")
MOMENTS = (
    datetime(2026, 2, 28, 1, 2, 3, 456789),  # noqa: DTZ001
    datetime.min,  # noqa: DTZ901
    datetime.max,  # noqa: DTZ901
    Kept(datetime(2025, 10, 26, 2, 30, fold=1), datetime(2025, 10, 26, 2, 30)),  # noqa: DTZ001
    Kept(datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 2, 28)),  # noqa: DTZ001
    BEFORE_UTC,
    date(2026, 2, 28),
)
AWARE = (
    datetime(2026, 2, 28, 1, 2, 3, 456789, UTC),
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    Kept(BEFORE_UTC, BEFORE_UTC.astimezone(UTC)),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    datetime(2026, 2, 28),  # noqa: DTZ001
)
DATES = (date.min, date(2026, 2, 28), date.max, datetime(2026, 2, 28))  # noqa: DTZ001
TIMES = (time(), time(23, 59, 59, 999999), Kept(time(1, fold=1), time(1)), time(1, tzinfo=UTC), "01:00")
SPANS = (
    timedelta(),
    timedelta(days=-3, seconds=4, microseconds=5),
    timedelta(days=2_000_000),
    timedelta(microseconds=-1),
    timedelta.max,
    timedelta.min,
    7,
)
DOCUMENTS = (
    {"a": [1, 2.5, None, True, "ü"], "b": {}, "c": 2**60, "d": 2**70, "$ref": 1, "e.f": 0.1},
    [],
    "text",
    7,
    False,
    1.0,
    10**30,
    10**4299,
    10**4300,
    nested(31),
    nested(32),
    nested(201),
    Kept((1, 2), [1, 2]),
    Kept(-0.0, 0.0),
    JSON.NULL,
    sqlalchemy.null(),
    float("nan"),
    {7: 1},
    {1, 2},
    "\x00",
)
COLOURS = (Colour.RED, Colour.ALSO_GREEN, Kept("GREEN", Colour.GREEN), "g", 7)
TRUTHS = (True, False, 1, "true")
ARRAYS = ([1, None, -(2**31)], [], [[1, 2], [3, 4]], Kept((1, 2), [1, 2]), [2**31], ["x"], [[1], []], 7)
UUIDS = (KEY, uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), str(KEY))

_VALUES: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (PickleType, ({"a": 1}, [1, "x"], b"x")),
    (Interval | postgresql.INTERVAL, SPANS),
    (Boolean, TRUTHS),
    (Enum, ("red", "green", "RED", "red ", 7)),
    (CHAR | NCHAR, ("abcde", "äöüßx", "abc", "abcd ", "abcdef", 7)),
    (Integer, INTEGERS),
    (Float, FLOATS),
    (Numeric, DECIMALS),
    (String, TEXTS),
    (LargeBinary | VARBINARY | types._Binary, BYTES),
    (DateTime, MOMENTS),
    (Date, DATES),
    (Time, TIMES),
    (Uuid, UUIDS),
    (JSON, DOCUMENTS),
    (types.ARRAY, ARRAYS),
)

_NO_COLUMNS = {
    types.TypeEngine,
    types.TypeDecorator,
    types.UserDefinedType,
    types.NullType,
    types.TupleType,
    types._Binary,
    postgresql.AbstractMultiRange if hasattr(postgresql, "AbstractMultiRange") else None,
    postgresql.ranges.AbstractRange,
    postgresql.ranges.AbstractMultiRange,
    postgresql.ranges.AbstractSingleRange,
    postgresql.named_types.NamedType,
    getattr(types, "Variant", None),
}
"""Exported classes that are no column's type, but what types derive from."""

_MADE: dict[Any, Any] = {
    types.ARRAY: lambda: types.ARRAY(Integer),
    postgresql.ARRAY: lambda: postgresql.ARRAY(Integer),
    postgresql.DOMAIN: lambda: postgresql.DOMAIN("cents", Integer()),
    postgresql.ENUM: lambda: postgresql.ENUM("red", "green", name="pg_colour"),
    mysql.ENUM: lambda: mysql.ENUM("red", "green"),
    mysql.SET: lambda: mysql.SET("red", "green"),
    types.Enum: lambda: types.Enum("red", "green", name="colour"),
    VARCHAR: lambda: VARCHAR(40),
    mysql.VARCHAR: lambda: mysql.VARCHAR(40),
    mysql.NVARCHAR: lambda: mysql.NVARCHAR(40),
    types.NVARCHAR: lambda: types.NVARCHAR(40),
    CHAR: lambda: CHAR(5),
    NCHAR: lambda: NCHAR(5),
    mysql.CHAR: lambda: mysql.CHAR(5),
    mysql.NCHAR: lambda: mysql.NCHAR(5),
    VARBINARY: lambda: VARBINARY(300),
    mysql.BIT: lambda: mysql.BIT(8),
}
"""How those types are made that need arguments, or mean nothing without."""

_VARIATIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "String(9)": (String(9), (*SHORT_TEXTS, "x" * 9, "x" * 10)),
    "String(collation=…)": (String(9, collation="C"), SHORT_TEXTS),
    "Numeric(10, 2)": (
        Numeric(10, 2),
        (Kept(Decimal("1.5"), Decimal("1.50")), Decimal("99999999.99"), *DECIMALS[6:], 0.001),
    ),
    "Numeric(5)": (Numeric(5), (Decimal(99999), Decimal("0.5"))),
    "Numeric(asdecimal=False)": (Numeric(10, 2, asdecimal=False), (0.25, 99999999.99, 0.001, float("nan"))),
    "Float(24)": (Float(24), FLOATS),
    "Float(53)": (Float(53), FLOATS),
    "Float(asdecimal=True)": (Float(asdecimal=True), FLOATS),
    "DateTime(timezone=True)": (DateTime(timezone=True), AWARE),
    "Time(timezone=True)": (Time(timezone=True), TIMES),
    "Interval(native=False)": (Interval(native=False), SPANS),
    "Interval(second_precision=0)": (Interval(second_precision=0), SPANS),
    "Enum(AnEnum)": (Enum(Colour, name="a_colour"), COLOURS),
    "Enum(AnEnum, native_enum=False)": (Enum(Colour, native_enum=False), COLOURS),
    "Uuid(as_uuid=False)": (Uuid(as_uuid=False), (str(KEY), Kept(str(KEY).upper(), str(KEY)), "x", KEY)),
    "Uuid(native_uuid=False)": (Uuid(native_uuid=False), UUIDS),
    "JSON(none_as_null=True)": (JSON(none_as_null=True), DOCUMENTS),
    'JSON().with_variant(JSONB(), "postgresql")': (
        JSON().with_variant(postgresql.JSONB(), "postgresql"),
        DOCUMENTS,
    ),
    'BigInteger().with_variant(Integer, "sqlite")': (BigInteger().with_variant(Integer, "sqlite"), INTEGERS),
    'DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")': (
        DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"),
        MOMENTS,
    ),
    'String(9).with_variant(mysql.VARCHAR(9), "mysql", "mariadb")': (
        String(9).with_variant(mysql.VARCHAR(9), "mysql", "mariadb"),
        SHORT_TEXTS,
    ),
    'DateTime().with_variant(mysql.DATETIME(), "mariadb")': (
        DateTime().with_variant(mysql.DATETIME(), "mariadb"),
        MOMENTS,
    ),
    'Text().with_variant(JSON(), "postgresql")': (Text().with_variant(JSON(), "postgresql"), TEXTS),
    'ARRAY(Integer).with_variant(JSON(), "sqlite", "mysql", "mariadb")': (
        types.ARRAY(Integer).with_variant(JSON(), "sqlite", "mysql", "mariadb"),
        ARRAYS,
    ),
    "ARRAY(Numeric)": (types.ARRAY(Numeric), ()),
    "mysql.INTEGER(unsigned=True)": (mysql.INTEGER(unsigned=True), INTEGERS),
    "postgresql.TIMESTAMP(precision=0)": (postgresql.TIMESTAMP(precision=0), MOMENTS),
    "postgresql.INTERVAL(fields='DAY')": (postgresql.INTERVAL(fields="DAY"), SPANS),
    "sqlite.DATETIME(truncate_microseconds=True)": (sqlite.DATETIME(truncate_microseconds=True), MOMENTS),
    "a TypeDecorator that converts": (Cents(), (Decimal("12.34"), Decimal("-0.01"), Decimal(10) ** 30, "x")),
    "a TypeDecorator that changes values": (
        Lower(40),
        (Kept("A@Example.org", "a@example.org"), "ß", "x" * 41),
    ),
    "a TypeDecorator over Numeric": (
        Plain(Numeric(10, 2)),
        (Decimal("1.50"), Kept(Decimal("1.5"), Decimal("1.50")), Decimal("0.001")),
    ),
    "a TypeDecorator over DateTime(timezone=True)": (Plain(DateTime(timezone=True)), AWARE),
    "a TypeDecorator over Interval": (Plain(Interval()), SPANS),
    "a TypeDecorator over JSON": (Plain(JSON()), DOCUMENTS),
    "a TypeDecorator over Enum": (Plain(Enum(Colour, name="another_colour")), COLOURS),
    "a TypeDecorator over LargeBinary": (Plain(LargeBinary()), BYTES[:3]),
    "a TypeDecorator over ARRAY": (Plain(types.ARRAY(Integer)), ()),
    "a TypeDecorator with load_dialect_impl": (Portable(), UUIDS[:3]),
    "a TypeDecorator with load_dialect_impl to JSON": (PortableJSON(), DOCUMENTS),
    "a TypeDecorator with bind_expression": (Bracketed(9), TEXTS),
    "a UserDefinedType": (Vector(), ([1.0],)),
}
"""Options that change what a type keeps, and types of the user's own."""


def _values_of(made: Any) -> tuple[Any, ...] | None:
    return next((values for kind, values in _VALUES if isinstance(made, kind)), None)


def _exported() -> Iterator[Type]:
    modules = {"": types, "postgresql.": postgresql, "mysql.": mysql, "sqlite.": sqlite}
    seen: set[Any] = set(_NO_COLUMNS)
    for prefix, module in modules.items():
        for name, found in sorted(vars(module).items()):
            if not inspect.isclass(found) or not issubclass(found, TypeEngine) or found in seen:
                continue
            seen.add(found)
            made = _MADE.get(found, found)()
            yield Type(f"{prefix}{name}", made, _values_of(made) or ())


TYPES: tuple[Type, ...] = (
    *_exported(),
    *(Type(name, made, values) for name, (made, values) in _VARIATIONS.items()),
)
