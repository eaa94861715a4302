"""How the rows of a log are read: what events of earlier versions wrote is in the fields that read it by an upcast."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Table, func, select, type_coerce
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.literals import words
from sqla_osiris.schema.field import Field

__all__ = ["as_read", "columns_as_read", "earlier_columns"]


def earlier_columns(fields: Iterable[Field]) -> dict[str, TypeEngine[Any]]:
    """The types of the columns that stay in the log for events of earlier versions, by name."""
    return {upcast.name: upcast.stored_type for field in fields for upcast in field.upcasts}


def as_read(table: Table, fields: Mapping[str, Field]) -> FromClause:
    """The table of events as readers see it: its columns in their order, with the fields' upcasts applied."""
    if not any(field.upcasts for field in fields.values()):
        return table
    return columns_as_read(table, fields).subquery(table.name)  # type: ignore[no-any-return]  # a SELECT of any columns


def columns_as_read(table: Table, fields: Mapping[str, Field]) -> Any:
    """The same as a SELECT from the table itself, whose rows a statement may lock."""
    return select(*(_read(table, each, fields) for each in table.c))


def _read(table: Table, own: Column[Any], fields: Mapping[str, Field]) -> Any:
    if own.name == "osiris_cleared":
        return _cleared(own, fields)
    field = fields.get(own.name)
    if field is None or not field.upcasts:
        return own
    earlier = (upcast.expression(table.c[upcast.name], own.type) for upcast in field.upcasts)
    return type_coerce(func.coalesce(own, *earlier), own.type).label(own.name)


def _cleared(own: Column[Any], fields: Mapping[str, Field]) -> Any:
    """An earlier column that was touched with None named the fields that read it."""
    readers: dict[str, list[str]] = {}
    for field in fields.values():
        for upcast in field.upcasts:
            readers.setdefault(upcast.name, []).append(field.name)
    said: ColumnElement[Any] = own
    for name, now in readers.items():
        said = func.replace(said, words(f",{name},"), words(f",{','.join(now)},"))
    return type_coerce(said, own.type).label(own.name)
