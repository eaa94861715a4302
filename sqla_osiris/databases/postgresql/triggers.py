"""PostgreSQL's triggers: the protection of a log, which looks at a setting of the transaction, and what notifies.

A trigger is one for the whole statement, and has a function of its own beside it. On heads, which each event
changes, another looks at each row that is changed.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Executable, column, select, table, text

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.triggers import (
    LogTable,
    RenderedDDL,
    dollar_quoted,
    passes_by,
    qualified,
    refusal_text,
    schema_or_default,
)

__all__ = ["Trigger", "Triggers", "creation", "removal", "tables_with_trigger"]

_UNLOCK: Final[list[Executable]] = [text("SELECT set_config('sqla_osiris.unlocked', 'on', true)")]
_LOCK: Final[list[Executable]] = [text("SELECT set_config('sqla_osiris.unlocked', '', true)")]


class Trigger(NamedTuple):
    """One on a table of events: ``function`` ends its function's name, and ``body`` is its text, by compiler and table.

    With a ``condition`` it is one for each row.
    """

    name: str
    when: str
    function: str
    body: Callable[[Any, str], str]
    condition: str = ""


class Triggers(Database):
    """One trigger is all of a log's protection."""

    def protect(self, table: LogTable, *, guard: bool) -> list[RenderedDDL]:
        return [each for kind in _protecting(table) for each in creation(kind, table.name, table.schema)]

    def unprotect(self, table: LogTable) -> list[RenderedDDL]:
        return [each for kind in _protecting(table) for each in removal(kind, table.name, table.schema)]

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        return _UNLOCK

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return _LOCK

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        return tables_with_trigger(connection, _APPEND_ONLY, schema)


def _refusal(compiler: Any, table: str) -> str:
    return (
        "\nBEGIN\n"
        "    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        f"    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = {refusal_text(compiler, table)};\n"
        "END\n"
    )


_APPEND_ONLY: Final = Trigger(
    "osiris_append_only", "BEFORE UPDATE OR DELETE OR TRUNCATE", "append_only", _refusal
)


_HEADS_STAY: Final = _APPEND_ONLY._replace(when="BEFORE DELETE OR TRUNCATE")


def _refusal_of_rows(compiler: Any, table: str) -> str:
    # What a trigger of each row returns takes the row's place.
    return _refusal(compiler, table).replace("RETURN NULL", "RETURN NEW")


_HEADS_CHANGE: Final = Trigger(
    "osiris_changed_by_events", "BEFORE UPDATE", "changed_by_events", _refusal_of_rows, passes_by()
)


def _protecting(table: LogTable) -> tuple[Trigger, ...]:
    return (_HEADS_STAY, _HEADS_CHANGE) if table.heads else (_APPEND_ONLY,)


def creation(trigger: Trigger, table: str, schema: str | None) -> list[RenderedDDL]:
    """Return the statements that make a trigger on a table."""

    def create_function(compiler: Any) -> str:
        name, body = _function(compiler, trigger, table, schema), trigger.body(compiler, table)
        return f"CREATE OR REPLACE FUNCTION {name} RETURNS trigger LANGUAGE plpgsql AS {dollar_quoted(body)}"

    def create_trigger(compiler: Any) -> str:
        rows = f"ROW WHEN ({trigger.condition})" if trigger.condition else "STATEMENT"
        return (
            f"CREATE TRIGGER {compiler.preparer.quote(trigger.name)} {trigger.when} "
            f"ON {qualified(compiler, table, schema)} "
            f"FOR EACH {rows} EXECUTE FUNCTION {_function(compiler, trigger, table, schema)}"
        )

    return [RenderedDDL(table, create_function), RenderedDDL(table, create_trigger)]


def removal(trigger: Trigger, table: str, schema: str | None) -> list[RenderedDDL]:
    """Return the statements that drop it, as far as it is there."""

    def drop_trigger(compiler: Any) -> str:
        name, on = compiler.preparer.quote(trigger.name), qualified(compiler, table, schema)
        return f"DROP TRIGGER IF EXISTS {name} ON {on}"

    def drop_function(compiler: Any) -> str:
        return f"DROP FUNCTION IF EXISTS {_function(compiler, trigger, table, schema)}"

    return [RenderedDDL(table, drop_trigger), RenderedDDL(table, drop_function)]


def _function(compiler: Any, trigger: Trigger, table: str, schema: str | None) -> str:
    return f"{qualified(compiler, shortened(f'{table}_{trigger.function}'), schema)}()"


def tables_with_trigger(connection: Connection, trigger: Trigger, schema: str | None) -> set[str]:
    """Return the tables of a schema that have this trigger."""
    triggers = table("pg_trigger", column("tgname"), column("tgrelid"), schema="pg_catalog")
    tables = table("pg_class", column("oid"), column("relname"), column("relnamespace"), schema="pg_catalog")
    schemas = table("pg_namespace", column("oid"), column("nspname"), schema="pg_catalog")
    query = (
        select(tables.c.relname, triggers.c.tgname)
        .join_from(triggers, tables, tables.c.oid == triggers.c.tgrelid)
        .join(schemas, schemas.c.oid == tables.c.relnamespace)
        .where(triggers.c.tgname == trigger.name, schemas.c.nspname == schema_or_default(connection, schema))
    )
    return set(connection.scalars(query))
