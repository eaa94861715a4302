"""How a database hands touches over inside one JSON text, and how Python reads back the very values that were written.

A fold in Python reads a stream's tail as one value. JSON functions reprint numbers (SQLite gives a float 15 digits, a
jsonb its own form), so what goes in is each value's exact text, and what comes out goes through its column's type.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Enum,
    Float,
    Integer,
    Interval,
    Numeric,
    String,
    Text,
    Time,
    Uuid,
    case,
    cast,
    extract,
    func,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.leaf_types import BINARIES, leaf_type
from sqla_osiris.databases.literals import words
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, SQLITE, compiler_of, database_of
from sqla_osiris.types.portable import computed

__all__ = ["Reader", "reader", "written"]

Expression = ColumnElement[Any]

Reader = Callable[[Any], Any]
"""Takes what stands in the JSON text for one touch, and returns the touch."""


def written(value: Expression, database: Database) -> Expression:
    """A column's value as an SQL expression of its exact text, for a JSON function to quote.

    On SQLite, where each value has a type, an array of both; on MariaDB quoted already.
    :func:`reader` for the column's type and the same database reads it.
    """
    return _WRITTEN[database](value)


def reader(declared: TypeEngine[Any], dialect: Dialect) -> Reader:
    """Reads what :func:`written` wrote of a column of this type."""
    return _READERS[database_of(dialect)](declared, dialect)


# SQLite: a value's storage class says how to read it; the column's type then takes it as from the driver.


def _on_sqlite(value: Expression) -> Expression:
    kind = func.typeof(value)
    plain = type_coerce(value, String)
    # 20 digits: at 17, SQLite's own arithmetic may err in the last one.
    exact = case(
        (kind == words("real"), func.printf(words("%!.20g"), plain)),
        (kind == words("blob"), func.hex(plain)),
        else_=plain,
    )
    return func.json_array(exact, kind)


_FROM_SQLITE: dict[str, Reader] = {
    "integer": int,
    "text": str,
    "real": float,
    "blob": bytes.fromhex,
}


def _reader_on_sqlite(declared: TypeEngine[Any], dialect: Dialect) -> Reader:
    process = computed(declared).dialect_impl(dialect).result_processor(dialect, None)
    plain = leaf_type(declared, dialect)
    # A NUMERIC column keeps 1.0 as the integer 1.
    floats = {"integer": float} if isinstance(plain, Numeric) and not plain.asdecimal else {}
    raw_of: dict[str, Reader] = _FROM_SQLITE | floats

    def read(content: list[Any]) -> Any:
        raw = None if content[0] is None else raw_of[content[1]](content[0])
        return raw if process is None else process(raw)

    return read


# PostgreSQL: a column's type says how to read it.


def _on_postgresql(value: Expression) -> Expression:
    plain = leaf_type(value.type, compiler_of(POSTGRESQL))
    if isinstance(plain, BINARIES):
        return func.encode(value, words("hex"))
    if _is_span(plain):
        return cast(extract("epoch", value), Text)
    if isinstance(plain, DateTime) and plain.timezone:
        return cast(func.timezone(words("UTC"), value), Text)
    return cast(value, Text)


def _reader_on_postgresql(declared: TypeEngine[Any], dialect: Dialect) -> Reader:
    plain = leaf_type(declared, dialect)
    raw_of = _raw_json(dialect) if isinstance(plain, JSON) else _raw(plain, dialect)
    impl = declared.dialect_impl(dialect)
    process = impl.result_processor(dialect, _OID_FLOAT8 if isinstance(plain, Float) else _OID_NUMERIC)

    def read(content: Any) -> Any:
        raw = None if content is None else raw_of(content)
        return raw if process is None else process(raw)

    return read


_OID_FLOAT8, _OID_NUMERIC = 701, 1700
"""A decimal's type asks which of the two it reads; other types do not."""


def _is_span(plain: TypeEngine[Any]) -> bool:
    """Whether the column is an INTERVAL: an Interval(native=False) is a moment."""
    return plain.native if isinstance(plain, Interval) else isinstance(plain, postgresql.INTERVAL)


def _raw(plain: TypeEngine[Any], dialect: Dialect) -> Reader:
    """What the driver would give for a value, from its text."""
    if isinstance(plain, DateTime) and plain.timezone:
        return lambda content: _datetime(content).replace(tzinfo=UTC)
    if isinstance(plain, Uuid):
        return UUID if plain.native_uuid and dialect.supports_native_uuid else str
    if isinstance(plain, Interval) and not plain.native:
        return _datetime
    for kind, read in _FROM_POSTGRESQL:
        if isinstance(plain, kind):
            return read
    return str


def _raw_json(dialect: Dialect) -> Reader:
    if JSON().dialect_impl(dialect).result_processor(dialect, None) is not None:
        return str
    # The driver itself reads JSON, and the type takes what it gives.
    deserialize: Reader = getattr(dialect, "_json_deserializer", None) or json.loads
    return deserialize


def _datetime(content: str) -> datetime:
    if content.endswith("infinity"):
        # asyncpg writes the first and the last moment as PostgreSQL's infinities, and reads them so.
        return datetime.min if content.startswith("-") else datetime.max  # noqa: DTZ901  (a zone is added later)
    return datetime.fromisoformat(content)


def _date(content: str) -> date:
    if content.endswith("infinity"):
        return date.min if content.startswith("-") else date.max
    return date.fromisoformat(content)


_FROM_POSTGRESQL: tuple[tuple[Any, Reader], ...] = (
    (Enum, str),
    (Boolean, lambda content: content == "true"),
    (Integer, int),
    (Float, float),
    (Numeric, Decimal),
    (BINARIES, bytes.fromhex),
    (DateTime, _datetime),
    (Date, _date),
    (Time, time.fromisoformat),
    (
        Interval | postgresql.INTERVAL,
        lambda content: timedelta(microseconds=int(Decimal(content) * 1_000_000)),
    ),
)


# MariaDB: a column's type says how to read it, in the driver's own types.


def _on_mariadb(value: Expression) -> Expression:
    binary = isinstance(leaf_type(value.type, compiler_of(MARIADB)), BINARIES)
    text = func.hex(value) if binary else cast(type_coerce(value, String), String)
    # JSON_QUOTE takes text alone. NULL is a touch too.
    return func.coalesce(func.json_quote(text), words("null"))


def _reader_on_mariadb(declared: TypeEngine[Any], dialect: Dialect) -> Reader:
    plain = leaf_type(declared, dialect)
    raw_of = next((read for kind, read in _FROM_MARIADB if isinstance(plain, kind)), str)
    process = declared.dialect_impl(dialect).result_processor(dialect, None)

    def read(content: str | None) -> Any:
        raw = None if content is None else raw_of(content)
        return raw if process is None else process(raw)

    return read


def _since_midnight(content: str) -> timedelta:
    read = time.fromisoformat(content)
    return timedelta(hours=read.hour, minutes=read.minute, seconds=read.second, microseconds=read.microsecond)


_FROM_MARIADB: tuple[tuple[Any, Reader], ...] = (
    (Enum, str),
    (Boolean, int),
    (Integer, int),
    (Float, float),
    (Numeric, Decimal),
    (BINARIES, bytes.fromhex),
    (DateTime, datetime.fromisoformat),
    (Date, date.fromisoformat),
    (Time, _since_midnight),
    (Interval, int),
)

_WRITTEN: dict[Database, Callable[[Expression], Expression]] = {
    SQLITE: _on_sqlite,
    POSTGRESQL: _on_postgresql,
    MARIADB: _on_mariadb,
}
_READERS: dict[Database, Callable[[TypeEngine[Any], Dialect], Reader]] = {
    SQLITE: _reader_on_sqlite,
    POSTGRESQL: _reader_on_postgresql,
    MARIADB: _reader_on_mariadb,
}
