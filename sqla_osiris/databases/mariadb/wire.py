"""How touches are handed over on MariaDB: a column's type says how to read it, in the driver's own types."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
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
    Time,
    cast,
    func,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.expressions import Reader
from sqla_osiris.databases.leaf_types import BINARIES, leaf_type
from sqla_osiris.databases.literals import words
from sqla_osiris.databases.mariadb.types import COMPILER

__all__ = ["Wire"]


class Wire(Database):
    """A value is its quoted text."""

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        binary = isinstance(leaf_type(value.type, COMPILER), BINARIES)
        text = func.hex(value) if binary else cast(type_coerce(value, String), String)
        # JSON_QUOTE takes text alone. NULL is a touch too.
        return func.coalesce(func.json_quote(text), words("null"))

    def reader(self, declared: TypeEngine[Any], dialect: Dialect) -> Reader:
        plain = leaf_type(declared, dialect)
        raw_of = next((read for kind, read in _BY_TYPE if isinstance(plain, kind)), str)
        process = declared.dialect_impl(dialect).result_processor(dialect, None)

        def read(content: str | None) -> Any:
            raw = None if content is None else raw_of(content)
            return raw if process is None else process(raw)

        return read


def _since_midnight(content: str) -> timedelta:
    read = time.fromisoformat(content)
    return timedelta(hours=read.hour, minutes=read.minute, seconds=read.second, microseconds=read.microsecond)


_BY_TYPE: tuple[tuple[Any, Reader], ...] = (
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
