"""Has PostgreSQL tell who listens of new events: a trigger on the event table notifies when its transaction commits.

A trigger, and not the writer's statement, because it sees every way in: flushes, appends, COPY and other programs. It is
asked for (``__notify__ = True``), as commits that notify wait for each other. Other databases have nothing alike.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.postgresql.triggers import tables_with_trigger
from sqla_osiris.databases.triggers import TriggerDDL, qualified

__all__ = ["CHANNEL", "RENDERS", "notification", "notify", "notifying_tables", "silence"]

CHANNEL: Final = "sqla_osiris"
"""The one channel of all logs of a database; what is notified is the table's name behind its schema's."""

_NAME: Final = "osiris_notify"


class _CreateFunction(TriggerDDL): ...


class _DropFunction(TriggerDDL): ...


class _CreateTrigger(TriggerDDL): ...


class _DropTrigger(TriggerDDL): ...


def notify(table: str, schema: str | None) -> list[TriggerDDL]:
    """Return the statements that have a table's inserts notified."""
    return [_CreateFunction(table, schema), _CreateTrigger(table, schema)]


def silence(table: str, schema: str | None) -> list[TriggerDDL]:
    """Return the statements that take it back, as far as it is there."""
    return [_DropTrigger(table, schema), _DropFunction(table, schema)]


def notification(engine: Engine, table: Table) -> str:
    """What is notified of inserts into this table, as the engine's connections find it; one must have been made."""
    translated = engine.get_execution_options().get("schema_translate_map", {})
    schema = translated.get(table.schema, table.schema) or engine.dialect.default_schema_name
    return f"{schema}.{table.name}"


def notifying_tables(connection: Connection, schema: str | None) -> set[str]:
    """Return the tables of a schema whose inserts are notified."""
    return tables_with_trigger(connection, _NAME, schema)


def _function(element: TriggerDDL, compiler: Any) -> str:
    return qualified(compiler, shortened(f"{element.table}_notify"), element.schema)


def _create_function(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    # The same text twice in a transaction is one notification.
    return (
        f"CREATE OR REPLACE FUNCTION {_function(element, compiler)}() RETURNS trigger LANGUAGE plpgsql AS $osiris$\n"
        "BEGIN\n"
        f"    PERFORM pg_notify('{CHANNEL}', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);\n"
        "    RETURN NULL;\n"
        "END\n"
        "$osiris$"
    )


def _drop_function(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    return f"DROP FUNCTION IF EXISTS {_function(element, compiler)}()"


def _create_trigger(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    return (
        f"CREATE TRIGGER {compiler.preparer.quote(_NAME)} AFTER INSERT "
        f"ON {qualified(compiler, element.table, element.schema)} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_function(element, compiler)}()"
    )


def _drop_trigger(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    table = qualified(compiler, element.table, element.schema)
    return f"DROP TRIGGER IF EXISTS {compiler.preparer.quote(_NAME)} ON {table}"


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {
    _CreateFunction: _create_function,
    _DropFunction: _drop_function,
    _CreateTrigger: _create_trigger,
    _DropTrigger: _drop_trigger,
}
