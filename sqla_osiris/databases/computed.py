"""How values are read that an expression gives, such as a fold, and not a column."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Date, DateTime, Dialect, Interval
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import with_impl

__all__ = ["DIGITS_OF_DOUBLE", "computed"]

DIGITS_OF_DOUBLE: Final = 15
"""The decimal digits that a double keeps for certain (DBL_DIG)."""

_NAME: Final = "sqlite"


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
        if isinstance(declared, kind) and _NAME not in declared._variant_mapping:  # noqa: SLF001
            return declared.with_variant(on_sqlite(), _NAME)
    return declared
