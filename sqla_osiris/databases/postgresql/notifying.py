"""Has PostgreSQL tell who listens of new events: a trigger on the event table notifies when its transaction commits.

A trigger, and not the writer's statement, because it sees every way in: flushes, appends, COPY and other programs. It is
asked for (``__notify__ = True``), as commits that notify wait for each other. Other databases have nothing alike.
"""

from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.ext.compiler import compiles

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.names import POSTGRESQL, database_of
from sqla_osiris.databases.triggers import TriggerDDL, postgresql_triggers, qualified
from sqla_osiris.schema.log import Stream

__all__ = [
    "CHANNEL",
    "listen_for_notifying_tables",
    "notification",
    "notifying",
    "notifying_tables",
    "silencing",
]

CHANNEL: Final = "sqla_osiris"
"""The one channel of all logs of a database; what is notified is the table's name behind its schema's."""

_NAME: Final = "osiris_notify"


class _CreateFunction(TriggerDDL): ...


class _DropFunction(TriggerDDL): ...


class _CreateTrigger(TriggerDDL): ...


class _DropTrigger(TriggerDDL): ...


def notifying(database: Database, table: str, schema: str | None) -> list[TriggerDDL]:
    """The statements that have a table's inserts notified: none where the database knows no notification."""
    if database != POSTGRESQL:
        return []
    return [_CreateFunction(table, schema), _CreateTrigger(table, schema)]


def silencing(database: Database, table: str, schema: str | None) -> list[TriggerDDL]:
    """The statements that take it back, as far as it is there."""
    if database != POSTGRESQL:
        return []
    return [_DropTrigger(table, schema), _DropFunction(table, schema)]


def listen_for_notifying_tables(stream: Stream) -> None:
    """Have ``create_all`` make the trigger of a model that asks for it, and ``drop_all`` clear it away."""
    if stream.notifies:
        event.listen(stream.events, "after_create", _install)
        event.listen(stream.events, "before_drop", _remove)


def _install(table: Table, connection: Connection, **_: Any) -> None:
    for statement in notifying(database_of(connection.dialect), table.name, table.schema):
        connection.execute(statement)


def _remove(table: Table, connection: Connection, **_: Any) -> None:
    for statement in silencing(database_of(connection.dialect), table.name, table.schema):
        connection.execute(statement)


def notification(engine: Engine, table: Table) -> str:
    """What is notified of inserts into this table, as the engine's connections find it; one must have been made."""
    translated = engine.get_execution_options().get("schema_translate_map", {})
    schema = translated.get(table.schema, table.schema) or engine.dialect.default_schema_name
    return f"{schema}.{table.name}"


def notifying_tables(connection: Connection, schema: str | None) -> set[str]:
    """The tables of a schema whose inserts are notified."""
    if database_of(connection.dialect) != POSTGRESQL:
        return set()
    return set(connection.scalars(postgresql_triggers(connection, _NAME, schema)))


def _function(element: TriggerDDL, compiler: Any) -> str:
    return qualified(compiler, shortened(f"{element.table}_notify"), element.schema)


@compiles(_CreateFunction, *POSTGRESQL.names)
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


@compiles(_DropFunction, *POSTGRESQL.names)
def _drop_function(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    return f"DROP FUNCTION IF EXISTS {_function(element, compiler)}()"


@compiles(_CreateTrigger, *POSTGRESQL.names)
def _create_trigger(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    return (
        f"CREATE TRIGGER {compiler.preparer.quote(_NAME)} AFTER INSERT "
        f"ON {qualified(compiler, element.table, element.schema)} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_function(element, compiler)}()"
    )


@compiles(_DropTrigger, *POSTGRESQL.names)
def _drop_trigger(element: TriggerDDL, compiler: Any, **_: Any) -> str:
    table = qualified(compiler, element.table, element.schema)
    return f"DROP TRIGGER IF EXISTS {compiler.preparer.quote(_NAME)} ON {table}"
