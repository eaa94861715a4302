"""How touches are handed over on PostgreSQL: a column's type says how to read it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Float,
    Interval,
    Text,
    Uuid,
    cast,
    extract,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.expressions import READERS, Reader
from sqla_osiris.databases.leaf_types import BINARIES, leaf_type
from sqla_osiris.databases.literals import words
from sqla_osiris.databases.postgresql.statements import COMPILER

__all__ = ["Wire"]


_OID_FLOAT8, _OID_NUMERIC = 701, 1700
"""A decimal's type asks which of the two it reads; other types do not."""


def _datetime(content: str) -> datetime:
    if content.endswith("infinity"):
        # asyncpg writes the first and the last moment as PostgreSQL's infinities, and reads them so.
        return datetime.min if content.startswith("-") else datetime.max  # noqa: DTZ901  (a zone is added later)
    return datetime.fromisoformat(content)


def _date(content: str) -> date:
    if content.endswith("infinity"):
        return date.min if content.startswith("-") else date.max
    return date.fromisoformat(content)


def _span(content: str) -> timedelta:
    return timedelta(microseconds=int(Decimal(content) * 1_000_000))


class Wire(Database):
    """A value is its text."""

    readers: ClassVar[Mapping[Any, Reader]] = {
        **READERS,
        Boolean: lambda content: content == "true",
        DateTime: _datetime,
        Date: _date,
        Interval: _span,
        postgresql.INTERVAL: _span,
    }

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        plain = leaf_type(value.type, COMPILER)
        if isinstance(plain, BINARIES):
            return func.encode(value, words("hex"))
        if _is_span(plain):
            return cast(extract("epoch", value), Text)
        if isinstance(plain, ARRAY):
            return cast(func.to_json(value), Text)
        if isinstance(plain, DateTime) and plain.timezone:
            return cast(func.timezone(words("UTC"), value), Text)
        return cast(value, Text)

    def raw_reader(self, plain: TypeEngine[Any], dialect: Dialect) -> Reader:
        if isinstance(plain, JSON):
            return _raw_json(dialect)
        if isinstance(plain, ARRAY):
            return partial(_array, _ELEMENTS.get(type(plain.item_type)))
        if isinstance(plain, DateTime) and plain.timezone:
            return lambda content: _datetime(content).replace(tzinfo=UTC)
        if isinstance(plain, Uuid):
            return UUID if plain.native_uuid and dialect.supports_native_uuid else str
        if isinstance(plain, Interval) and not plain.native:
            return _datetime
        return super().raw_reader(plain, dialect)

    def driver_type(self, plain: TypeEngine[Any]) -> Any:
        return _OID_FLOAT8 if isinstance(plain, Float) else _OID_NUMERIC


def _is_span(plain: TypeEngine[Any]) -> bool:
    """Whether the column is an INTERVAL: an Interval(native=False) is a moment."""
    return plain.native if isinstance(plain, Interval) else isinstance(plain, postgresql.INTERVAL)


_ELEMENTS: Final[Mapping[Any, Reader]] = {Date: _date, Uuid: UUID}
"""What reads an element of an array, where JSON does not."""


def _array(read: Reader | None, content: Any) -> Any:
    def elements(part: Any) -> Any:
        if isinstance(part, list):
            return list(map(elements, part))
        return part if part is None or read is None else read(part)

    return elements(json.loads(content) if isinstance(content, str) else content)


def _raw_json(dialect: Dialect) -> Reader:
    if JSON().dialect_impl(dialect).result_processor(dialect, None) is not None:
        return str
    # The driver itself reads JSON, and the type takes what it gives.
    deserialize: Reader = getattr(dialect, "_json_deserializer", None) or json.loads
    return deserialize
