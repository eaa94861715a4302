"""The forms that column types take on SQLite, which has neither moments nor documents, and types by the value."""

import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import JSON, Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.computed import DIGITS_OF_DOUBLE
from sqla_osiris.errors import InvalidValue

__all__ = ["NAMES", "RENDERS", "UTC_TEXT", "JSONText", "as_double"]

NAMES: Final = ("sqlite",)
"""What SQLAlchemy calls its dialect."""

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


def _json_as_text(_type: JSONText, _compiler: Any, **_: Any) -> str:
    return "TEXT"


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {JSONText: _json_as_text}


def as_double(value: Any) -> float:
    """Return the double that a decimal is kept as. Raises InvalidValue for one that has more digits."""
    exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    if len(exact.normalize().as_tuple().digits) > DIGITS_OF_DOUBLE:
        raise InvalidValue(
            f"{value!r} has more than {DIGITS_OF_DOUBLE} digits; SQLite cannot hold it exactly"
        )
    double = float(exact)
    if not math.isfinite(double) or Decimal(repr(double)) != exact:
        raise InvalidValue(f"{value!r} is beyond the numbers that SQLite can hold exactly")
    return double
