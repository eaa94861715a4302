"""How dates and moments are read on SQLite that an expression gives, and not a column."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, Dialect, Interval
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import with_impl

__all__ = ["computed"]


class _Computed(TypeDecorator[Any]):
    """A date or moment. A driver that makes them by itself (``native_datetime``) makes none of an expression."""

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


def computed(declared: TypeEngine[Any], names: Sequence[str]) -> TypeEngine[Any]:
    """Return the type with the form that reads what an expression gives, under the database's names."""
    if isinstance(declared, TypeDecorator):
        inner = computed(declared.impl_instance, names)
        own = (
            isinstance(declared, Interval)
            or getattr(declared, "reads_computed", False)
            or inner is declared.impl_instance
        )
        return declared if own else with_impl(declared, inner)
    for kind, form in ((Date, _ComputedDate), (DateTime, _ComputedDateTime)):
        if isinstance(declared, kind) and names[0] not in declared._variant_mapping:  # noqa: SLF001
            return declared.with_variant(form(), *names)
    return declared
