"""The forms that column types take on SQLite, which has neither moments nor documents, and types by the value."""

import math
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, Dialect, Double, Integer
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import DIGITS_OF_DOUBLE
from sqla_osiris.errors import InvalidValue

__all__ = ["Types"]

_WITHOUT_ZONE = len("2026-11-25 12:00:00.000000")


class _UTCText(sqlite.DATETIME):
    """SQLAlchemy's own text on SQLite, to and from aware datetimes, in a third of the time: a feed is mostly that."""

    def bind_processor(self, dialect: Dialect) -> Any:
        def process(value: datetime | None) -> str | None:
            return None if value is None else value.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]

        return process

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        def process(value: str | None) -> datetime | None:
            return None if value is None else datetime.fromisoformat(value + "+00:00")

        return process


UTC_TEXT: TypeEngine[Any] = _UTCText()  # type: ignore[no-untyped-call]


class JSONText(JSON):
    """JSON on SQLite, declared as TEXT: a column declared as JSON has SQLite keep 1.0 as the integer 1."""

    cache_ok = True


@compiles(JSONText)
def _json_as_text(_type: JSONText, _compiler: Any, **_: Any) -> str:
    return "TEXT"


class Types(Database):
    """The forms that types take."""

    moment_type: ClassVar[TypeEngine[Any] | None] = UTC_TEXT
    keeps_zones = True
    gives_utc = True
    document_type: ClassVar[type[JSON] | None] = JSONText
    native_ids = False
    ignores_limits = True
    position_type: ClassVar[TypeEngine[Any] | None] = Integer()
    adds_in_doubles = True

    def decimal_type(self, precision: int | None, scale: int | None) -> TypeEngine[Any]:
        return Double()

    def decimal_bind(self, value: Any, precision: int | None, scale: int | None) -> Any:
        exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
        if len(exact.normalize().as_tuple().digits) > DIGITS_OF_DOUBLE:
            raise InvalidValue(
                f"{value!r} has more than {DIGITS_OF_DOUBLE} digits; SQLite cannot hold it exactly"
            )
        double = float(exact)
        if not math.isfinite(double) or Decimal(repr(double)) != exact:
            raise InvalidValue(f"{value!r} is beyond the numbers that SQLite can hold exactly")
        return double
