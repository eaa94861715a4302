"""Types and defaults of a log's columns in a migration: they mean the same on every database, whatever it ran on first."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.types import TypeEngine, to_instance

from sqla_osiris.alembic.enums import where_missing
from sqla_osiris.databases.elements import transaction_id
from sqla_osiris.schema import tables
from sqla_osiris.schema.tables import CLEARED_TYPE, POSITION_TYPE
from sqla_osiris.types.portable import stored as stored_as

__all__ = ["cleared", "key", "position", "statement_time", "stored", "transaction_id"]


def stored(type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type as the library stores it: a field's touches, and what they fold to."""
    return where_missing(stored_as(to_instance(type_)))


def key(type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type of a context's column, or of one with a foreign key: an index must take it."""
    return where_missing(stored_as(to_instance(type_), key=True))


def position() -> TypeEngine[Any]:
    """Return the type of an event's place in the feed; the database counts."""
    return POSITION_TYPE


def cleared() -> TypeEngine[Any]:
    """Return the type of ``osiris_cleared``: the names of fields touched with None."""
    return CLEARED_TYPE


def statement_time() -> ColumnElement[Any]:
    """Return the server default of ``recorded_at``."""
    return tables.statement_time()
