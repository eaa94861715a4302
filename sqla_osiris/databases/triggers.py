"""What the triggers on a log's tables have in common: how they are named, and how those that are there are found."""

from itertools import count
from typing import Any

from sqlalchemy import Connection, MetaData, Table, column, select, table
from sqlalchemy.schema import DDLElement

__all__ = ["TriggerDDL", "dollar_quoted", "postgresql_triggers", "qualified", "schema_or_default"]


class TriggerDDL(DDLElement):
    """One statement that makes or drops a part of a table's triggers."""

    inherit_cache = False

    def __init__(self, table: str, schema: str | None) -> None:
        self.table = table
        self.schema = schema


def qualified(compiler: Any, name: str, schema: str | None) -> str:
    """The quoted name, with its schema where one is given, or where a ``schema_translate_map`` gives one."""
    # Of all that has a name, it is tables that a map is about.
    return str(compiler.preparer.format_table(Table(name, MetaData(), schema=schema)))


def dollar_quoted(text: str) -> str:
    """A function's text in dollar quotes that do not stand in it, as a table's name may."""
    tag = next(tag for i in count() if (tag := f"$osiris{i or ''}$") not in text)
    return f"{tag}{text}{tag}"


def schema_or_default(connection: Connection, schema: str | None) -> Any:
    """The schema, or the one that names without a schema mean."""
    return schema if schema is not None else connection.dialect.default_schema_name


def postgresql_triggers(connection: Connection, name: str, schema: str | None) -> Any:
    """The tables of a schema that have a trigger of that name, and the name."""
    triggers = table("pg_trigger", column("tgname"), column("tgrelid"), schema="pg_catalog")
    tables = table("pg_class", column("oid"), column("relname"), column("relnamespace"), schema="pg_catalog")
    schemas = table("pg_namespace", column("oid"), column("nspname"), schema="pg_catalog")
    return (
        select(tables.c.relname, triggers.c.tgname)
        .join_from(triggers, tables, tables.c.oid == triggers.c.tgrelid)
        .join(schemas, schemas.c.oid == tables.c.relnamespace)
        .where(triggers.c.tgname == name, schemas.c.nspname == schema_or_default(connection, schema))
    )
