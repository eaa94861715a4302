"""PostgreSQL's protection of a log: a trigger that looks at a setting of the transaction."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Executable, column, select, table, text

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.triggers import (
    CreateFunction,
    CreateTrigger,
    DropFunction,
    DropTrigger,
    LogTable,
    ProtectionDDL,
    dollar_quoted,
    qualified,
    refusal_text,
    schema_or_default,
)

__all__ = ["LOCK", "RENDERS", "UNLOCK", "protect", "protected_tables", "tables_with_trigger", "unprotect"]

_NAME: Final = "osiris_append_only"

UNLOCK: Final[list[Executable]] = [text("SELECT set_config('sqla_osiris.unlocked', 'on', true)")]
LOCK: Final[list[Executable]] = [text("SELECT set_config('sqla_osiris.unlocked', '', true)")]


def protect(table: LogTable) -> list[ProtectionDDL]:
    """Return the statements that protect a table."""
    return [CreateFunction(table.name, table.schema), CreateTrigger(table.name, table.schema)]


def unprotect(table: str, schema: str | None) -> list[ProtectionDDL]:
    """Return the statements that take a table's protection away, as far as there is one."""
    return [DropTrigger(table, schema), DropFunction(table, schema)]


def protected_tables(connection: Connection, schema: str | None) -> set[str]:
    """As :meth:`~sqla_osiris.databases.base.Database.protected_tables`: one trigger is all there is."""
    return tables_with_trigger(connection, _NAME, schema)


def tables_with_trigger(connection: Connection, name: str, schema: str | None) -> set[str]:
    """Return the tables of a schema that have a trigger of that name."""
    triggers = table("pg_trigger", column("tgname"), column("tgrelid"), schema="pg_catalog")
    tables = table("pg_class", column("oid"), column("relname"), column("relnamespace"), schema="pg_catalog")
    schemas = table("pg_namespace", column("oid"), column("nspname"), schema="pg_catalog")
    query = (
        select(tables.c.relname, triggers.c.tgname)
        .join_from(triggers, tables, tables.c.oid == triggers.c.tgrelid)
        .join(schemas, schemas.c.oid == tables.c.relnamespace)
        .where(triggers.c.tgname == name, schemas.c.nspname == schema_or_default(connection, schema))
    )
    return set(connection.scalars(query))


def _function(element: ProtectionDDL, compiler: Any) -> str:
    return qualified(compiler, shortened(f"{element.table}_append_only"), element.schema)


def _render_function(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    body = (
        "\nBEGIN\n"
        "    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        f"    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = {refusal_text(compiler, element.table)};\n"
        "END\n"
    )
    name = _function(element, compiler)
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {dollar_quoted(body)}"


def _render_drop_function(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    return f"DROP FUNCTION IF EXISTS {_function(element, compiler)}()"


def _render_trigger(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    return (
        f"CREATE TRIGGER {compiler.preparer.quote(_NAME)} BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {qualified(compiler, element.table, element.schema)} FOR EACH STATEMENT EXECUTE FUNCTION "
        f"{_function(element, compiler)}()"
    )


def _render_drop_trigger(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    table = qualified(compiler, element.table, element.schema)
    return f"DROP TRIGGER IF EXISTS {compiler.preparer.quote(_NAME)} ON {table}"


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {
    CreateFunction: _render_function,
    DropFunction: _render_drop_function,
    CreateTrigger: _render_trigger,
    DropTrigger: _render_drop_trigger,
}
