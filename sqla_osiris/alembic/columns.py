"""Types and defaults of a log's columns in a migration: they mean the same on every database, whatever it ran on first.

PostgreSQL's types of enumerations are created where they are missing, and left on the way back: a log and its heads share
one, an adopted table has it already, and an ALTER TABLE creates none by itself.
"""

from collections.abc import Iterable
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, ColumnElement, Enum
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.types import TypeDecorator, TypeEngine, to_instance

from sqla_osiris.databases.elements import transaction_id
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema import tables
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.tables import CLEARED_TYPE, META_TYPE, POSITION_TYPE
from sqla_osiris.types.portable import stored as stored_as

__all__ = [
    "cleared",
    "create_enums",
    "enums_of",
    "event_meta",
    "key",
    "position",
    "statement_time",
    "stored",
    "transaction_id",
]


def stored(type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type as the library stores it: a field's touches, and what they fold to."""
    return _where_missing(stored_as(to_instance(type_)))


def key(type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type of a context's column, or of one with a foreign key: an index must take it."""
    return _where_missing(stored_as(to_instance(type_), key=True))


def position() -> TypeEngine[Any]:
    """Return the type of an event's place in the feed; the database counts."""
    return POSITION_TYPE


def cleared() -> TypeEngine[Any]:
    """Return the type of ``osiris_cleared``: the names of fields touched with None."""
    return CLEARED_TYPE


def event_meta() -> TypeEngine[Any]:
    """Return the type of ``event_meta``: a JSON document, whose numbers come back as they were."""
    return META_TYPE


def statement_time() -> ColumnElement[Any]:
    """Return the server default of ``recorded_at``."""
    return tables.statement_time()


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


def _where_missing(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type for a migration's CREATE TABLE: an enumeration's own is created where it is missing."""
    kind = _WHERE_MISSING.get(type(type_))
    if kind is None:
        return type_
    copied = type_.copy()
    copied.__class__ = kind
    return copied


def enums_of(logs: Iterable[Log]) -> set[str]:
    """Return the ``repr`` of each enumeration in these models' tables."""
    types = (column.type for log in logs for table in log.tables for column in table.c)
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
