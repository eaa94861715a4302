"""How a database hands touches over inside one JSON text, and how Python reads back the very values that were written.

A fold in Python reads a stream's tail as one value. JSON functions reprint numbers (SQLite gives a float 15 digits, a
jsonb its own form), so what goes in is each value's exact text, and what comes out goes through its column's type. Each
database's ``wire`` says how.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.registry import database_of

__all__ = ["reader"]


def reader(declared: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any]:
    """Return what reads what ``Database.written`` wrote of a column of this type, on the dialect's database."""
    return database_of(dialect).reader(declared, dialect)
