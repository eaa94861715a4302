"""PostgreSQL's types of enumerations: a migration creates one where it is missing, and leaves it on the way back.

A log and its heads share it, an adopted table has it already, and an ALTER TABLE creates none by itself.
"""

from collections.abc import Iterable
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, Enum
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Stream

__all__ = ["create_enums", "enums_of", "where_missing"]


class _EnumWhereMissing(Enum):
    cache_ok = True

    def _on_table_create(self, target: Any, bind: Any, checkfirst: Any = None, **kw: Any) -> None:
        super()._on_table_create(target, bind, checkfirst=True, **kw)


class _NativeWhereMissing(ENUM):
    cache_ok = True

    def _on_table_create(self, target: Any, bind: Any, checkfirst: Any = None, **kw: Any) -> None:
        super()._on_table_create(target, bind, checkfirst=True, **kw)


_WHERE_MISSING: dict[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
    Enum: _EnumWhereMissing,
    ENUM: _NativeWhereMissing,
}


def where_missing(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type for a migration's CREATE TABLE: an enumeration's own is created where it is missing."""
    kind = _WHERE_MISSING.get(type(type_))
    if kind is None:
        return type_
    copied = type_.copy()
    copied.__class__ = kind
    return copied


def enums_of(streams: Iterable[Stream]) -> set[str]:
    """Return the ``repr`` of each enumeration in these models' tables."""
    types = (column.type for stream in streams for table in stream.tables for column in table.c)
    return {repr(type_) for type_ in types if type(type_) in _WHERE_MISSING}


def create_enums(operations: Operations, columns: Iterable[Column[Any]]) -> None:
    """Create the types of columns that are about to be added. Where the migration is only written, they must exist."""
    context = operations.migration_context
    if context.as_sql or not database_of(context.dialect).creates_enumerations:
        return
    for column in columns:
        type_ = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
        native = type_.dialect_impl(context.dialect)
        if isinstance(native, ENUM):
            native.create(operations.get_bind(), checkfirst=True)
