"""The place of a model's table in the compared database, and whether the environment compares it."""

from collections.abc import Iterable
from typing import Any

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Table

__all__ = ["Place", "connection_of", "is_included", "ordered", "place_of"]

Place = tuple[str | None, str]
"""A schema, None for the default one, and a table's name."""


def place_of(context: AutogenContext, table: Table) -> Place:
    """Return the table's schema and name as Alembic's operations have them."""
    default = connection_of(context).dialect.default_schema_name
    return (None if table.schema == default else table.schema), table.name


def connection_of(context: AutogenContext) -> Any:
    """Return the connection to the compared database."""
    return context.connection


def is_included(context: AutogenContext, schema: str | None, name: str) -> bool:
    """Return whether the environment's filters let a table of that name be compared."""
    return context.run_name_filters(name, "table", {"schema_name": schema})


def ordered(places: Iterable[Place]) -> list[Place]:
    """Return the places by schema and name, so that migrations are reproducible."""
    return sorted(places, key=lambda place: (place[0] or "", place[1]))
