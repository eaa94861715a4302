"""The forms that column types take on SQLite, which has neither moments nor documents, and types by the value."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, Date, DateTime, Dialect, Interval
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import with_impl

__all__ = ["NAMES", "RENDERS", "UTC_TEXT", "JSONText", "computed"]

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


class _Computed(TypeDecorator[Any]):
    """A date or moment on SQLite. A driver that makes them by itself (``native_datetime``) makes none of an expression."""

    cache_ok = True
    kind: Any

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        if not getattr(dialect, "native_datetime", False):
            return self.impl_instance.result_processor(dialect, coltype)
        read = self.kind.fromisoformat
        return lambda value: read(value) if isinstance(value, str) else value


class _ComputedDate(_Computed):
    impl = Date
    kind = date


class _ComputedDateTime(_Computed):
    impl = DateTime
    kind = datetime


def computed(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that reads values of this (stored) type which an expression gives, such as a fold, and not a column."""
    if isinstance(declared, TypeDecorator):
        inner = computed(declared.impl_instance)
        own = (
            isinstance(declared, Interval)
            or getattr(declared, "reads_computed", False)
            or inner is declared.impl_instance
        )
        return declared if own else with_impl(declared, inner)
    for kind, on_sqlite in ((Date, _ComputedDate), (DateTime, _ComputedDateTime)):
        if isinstance(declared, kind) and NAMES[0] not in declared._variant_mapping:  # noqa: SLF001
            return declared.with_variant(on_sqlite(), *NAMES)
    return declared


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {JSONText: _json_as_text}
