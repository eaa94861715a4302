"""Has the database itself refuse UPDATE, DELETE and TRUNCATE of a log, whoever asks, and lets the library through.

PostgreSQL and MariaDB have triggers that look at a setting, which :func:`unlocked` sets for its own statements; SQLite
has no settings, but DDL within transactions and one writer: there the triggers are away for that long. No trigger of
MariaDB's sees a TRUNCATE; an empty table that references the log has it refused. SQLite's INSERT OR REPLACE deletes without
firing a trigger of DELETE: there an INSERT is refused, too, that would take an event's place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Executable,
    MetaData,
    String,
    Table,
    TextClause,
    column,
    delete,
    event,
    false,
    inspect,
    select,
    text,
)
from sqlalchemy import table as table_named
from sqlalchemy.ext.compiler import compiles

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.names import MARIADB, MARIADB_NAMES, POSTGRESQL, SQLITE, database_of
from sqla_osiris.databases.triggers import (
    TriggerDDL,
    dollar_quoted,
    postgresql_triggers,
    qualified,
    schema_or_default,
)
from sqla_osiris.schema.log import Stream

__all__ = [
    "AppendOnlyDDL",
    "LogTable",
    "guard_name",
    "installation",
    "listen_for_tables",
    "lock",
    "log_table",
    "protected_tables",
    "removal",
    "unlock",
    "unlocked",
]

_NAME: Final = "osiris_append_only"
_CHANGES: Final = ("UPDATE", "DELETE")
_CHANGES_ON_SQLITE: Final = (*_CHANGES, "INSERT")
_ADVICE: Final = "append an event that corrects it; archive, erase and migrations unlock the log themselves"


class LogTable(NamedTuple):
    """A table of events. ``keys`` are the columns of its unique keys, which SQLite's protection needs."""

    name: str
    schema: str | None = None
    keys: tuple[tuple[str, ...], ...] = ()


class AppendOnlyDDL(TriggerDDL):
    """One statement that makes or drops a part of a log's protection."""

    def __init__(
        self, table: str, schema: str | None, change: str = "", keys: tuple[tuple[str, ...], ...] = ()
    ) -> None:
        super().__init__(table, schema)
        self.change = change
        self.keys = keys


class _CreateFunction(AppendOnlyDDL): ...


class _DropFunction(AppendOnlyDDL): ...


class _CreateTrigger(AppendOnlyDDL): ...


class _DropTrigger(AppendOnlyDDL): ...


class _CreateGuard(AppendOnlyDDL): ...


class _DropGuard(AppendOnlyDDL): ...


def installation(database: Database, table: LogTable, *, guard: bool) -> list[AppendOnlyDDL]:
    """The statements that protect a table; ``guard`` says that it has the event table's key on ``position``."""
    name, schema, keys = table
    if database == POSTGRESQL:
        return [_CreateFunction(name, schema), _CreateTrigger(name, schema)]
    guards = [_CreateGuard(name, schema)] if guard and database == MARIADB else []
    inserts = [_CreateTrigger(name, schema, "INSERT", keys)] if keys and database == SQLITE else []
    return [*(_CreateTrigger(name, schema, change) for change in _CHANGES), *inserts, *guards]


def removal(database: Database, table: str, schema: str | None) -> list[AppendOnlyDDL]:
    """The statements that take a table's protection away, as far as there is one."""
    if database == POSTGRESQL:
        return [_DropTrigger(table, schema), _DropFunction(table, schema)]
    guards = [_DropGuard(table, schema)] if database == MARIADB else []
    changes = _CHANGES_ON_SQLITE if database == SQLITE else _CHANGES
    return [*guards, *(_DropTrigger(table, schema, change) for change in changes)]


def unlock(database: Database, tables: list[LogTable]) -> list[Executable]:
    """The statements after which this transaction may change these tables."""
    if database == SQLITE:
        # A write first: Python's driver begins no transaction for DDL alone.
        nothing = [
            delete(Table(name, MetaData(), schema=schema)).where(false()) for name, schema, _ in tables
        ]
        return [*nothing, *(each for name, schema, _ in tables for each in removal(database, name, schema))]
    return [_SETTINGS[database][0]]


def lock(database: Database, tables: list[LogTable]) -> list[Executable]:
    """The statements that take :func:`unlock` back."""
    if database == SQLITE:
        return [each for table in tables for each in installation(database, table, guard=False)]
    return [_SETTINGS[database][1]]


_SETTINGS: Final[dict[Database, tuple[TextClause, TextClause]]] = {
    POSTGRESQL: (
        text("SELECT set_config('sqla_osiris.unlocked', 'on', true)"),
        text("SELECT set_config('sqla_osiris.unlocked', '', true)"),
    ),
    MARIADB: (text("SET @sqla_osiris_unlocked = 1"), text("SET @sqla_osiris_unlocked = NULL")),
}


@contextmanager
def unlocked(connection: Connection, stream: Stream) -> Iterator[None]:
    """Let the library change events: within it, and in this transaction alone. Nothing for an unprotected model."""
    if not stream.append_only:
        yield
        return
    database = database_of(connection.dialect)
    tables = _protected(stream)
    for statement in unlock(database, tables):
        connection.execute(statement)
    try:
        yield
    except BaseException:
        # The transaction that fails takes SQLite's and PostgreSQL's back with it; a variable of MariaDB's would stay.
        if database == MARIADB and not connection.invalidated:
            connection.execute(_SETTINGS[MARIADB][1])
        raise
    for statement in lock(database, tables):
        connection.execute(statement)


def _protected(stream: Stream) -> list[LogTable]:
    return [_log_table(table) for table in stream.event_tables]


def _log_table(table: Table) -> LogTable:
    unique = [index.columns for index in table.indexes if index.unique]
    return LogTable(
        table.name,
        table.schema,
        tuple(tuple(c.name for c in key) for key in (table.primary_key.columns, *unique)),
    )


def log_table(connection: Connection, name: str, schema: str | None) -> LogTable:
    """A table of events, with its keys as the database has them."""
    inspector = inspect(connection)
    keys: list[Any] = [inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]]
    keys += [index["column_names"] for index in inspector.get_indexes(name, schema=schema) if index["unique"]]
    return LogTable(name, schema, tuple(tuple(key) for key in keys))


def listen_for_tables(stream: Stream) -> None:
    """Have ``create_all`` protect the tables of a model that asks for it, and ``drop_all`` clear away what it made."""
    if not stream.append_only:
        return
    for table in stream.event_tables:
        event.listen(table, "after_create", _install)
        event.listen(table, "before_drop", _remove)


def _install(table: Table, connection: Connection, **_: Any) -> None:
    database = database_of(connection.dialect)
    guard = table.c.position.identity is not None
    for statement in installation(database, _log_table(table), guard=guard):
        connection.execute(statement)


def _remove(table: Table, connection: Connection, **_: Any) -> None:
    for statement in removal(database_of(connection.dialect), table.name, table.schema):
        connection.execute(statement)


def guard_name(table: str) -> str:
    """The name of the table that has MariaDB refuse a TRUNCATE of this one."""
    return shortened(f"{table}_guard")


def _trigger_name(table: str, change: str) -> str:
    # PostgreSQL's triggers are named within their table, the others' within a schema.
    return shortened(f"{table}_append_only_{change.lower()}") if change else _NAME


def protected_tables(connection: Connection, schema: str | None, *, partly: bool = False) -> set[str]:
    """The tables of a schema that have this protection: all of it, or any part."""
    database = database_of(connection.dialect)
    found: dict[str, set[str]] = {}
    triggers: Any = connection.execute(_TRIGGERS[database](connection, schema))
    for name, trigger in triggers:
        found.setdefault(name, set()).add(trigger)
    changes = {POSTGRESQL: ("",), SQLITE: _CHANGES_ON_SQLITE}.get(database, _CHANGES)
    wanted = {name: {_trigger_name(name, change) for change in changes} for name in found}
    return {name for name, has in found.items() if (wanted[name] & has if partly else wanted[name] <= has)}


def _postgresql_triggers(connection: Connection, schema: str | None) -> Any:
    return postgresql_triggers(connection, _NAME, schema)


def _mariadb_triggers(connection: Connection, schema: str | None) -> Any:
    names = ("event_object_table", "trigger_name", "trigger_schema")
    triggers = table_named("triggers", *(column(name) for name in names), schema="information_schema")
    return select(triggers.c.event_object_table, triggers.c.trigger_name).where(
        triggers.c.trigger_schema == schema_or_default(connection, schema)
    )


def _sqlite_triggers(_connection: Connection, schema: str | None) -> Any:
    master = table_named("sqlite_master", column("type"), column("name"), column("tbl_name"), schema=schema)
    return select(master.c.tbl_name, master.c.name).where(master.c.type == "trigger")


_TRIGGERS: Final = {
    POSTGRESQL: _postgresql_triggers,
    MARIADB: _mariadb_triggers,
    SQLITE: _sqlite_triggers,
}


def _refusal(compiler: Any, table: str) -> str:
    said = f"{table} is append-only: {_ADVICE}"
    # MariaDB's messages have 128 characters.
    return str(compiler.sql_compiler.render_literal_value(said[:128], String()))


@compiles(_CreateFunction, *POSTGRESQL.names)
def _create_function(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, shortened(f"{element.table}_append_only"), element.schema)
    body = (
        "\nBEGIN\n"
        "    IF current_setting('sqla_osiris.unlocked', true) = 'on' THEN\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        f"    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = {_refusal(compiler, element.table)};\n"
        "END\n"
    )
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {dollar_quoted(body)}"


@compiles(_DropFunction, *POSTGRESQL.names)
def _drop_function(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, shortened(f"{element.table}_append_only"), element.schema)
    return f"DROP FUNCTION IF EXISTS {name}()"


@compiles(_CreateTrigger, *POSTGRESQL.names)
def _create_on_postgresql(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    function = qualified(compiler, shortened(f"{element.table}_append_only"), element.schema)
    return (
        f"CREATE TRIGGER {compiler.preparer.quote(_NAME)} BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {qualified(compiler, element.table, element.schema)} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


@compiles(_DropTrigger, *POSTGRESQL.names)
def _drop_on_postgresql(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    table = qualified(compiler, element.table, element.schema)
    return f"DROP TRIGGER IF EXISTS {compiler.preparer.quote(_NAME)} ON {table}"


@compiles(_CreateTrigger, *SQLITE.names)
def _create_on_sqlite(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, _trigger_name(element.table, element.change), element.schema)
    quote = compiler.preparer.quote
    table = quote(element.table)
    same = (" AND ".join(f"{quote(each)} = NEW.{quote(each)}" for each in key) for key in element.keys)
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {each})" for each in same)  # noqa: S608  (quoted names)
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {element.change} ON {table}{f' WHEN {taken}' if taken else ''} "
        f"BEGIN SELECT RAISE(ABORT, {_refusal(compiler, element.table)}); END"
    )


@compiles(_CreateTrigger, *MARIADB_NAMES)
def _create_on_mariadb(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, _trigger_name(element.table, element.change), element.schema)
    return (
        f"CREATE TRIGGER {name} BEFORE {element.change} ON {qualified(compiler, element.table, element.schema)} "
        "FOR EACH ROW IF @sqla_osiris_unlocked IS NULL THEN "
        f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {_refusal(compiler, element.table)}; END IF"
    )


@compiles(_DropTrigger, *SQLITE.names, *MARIADB_NAMES)
def _drop_by_name(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, _trigger_name(element.table, element.change), element.schema)
    return f"DROP TRIGGER IF EXISTS {name}"


@compiles(_CreateGuard, *MARIADB_NAMES)
def _create_guard(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, guard_name(element.table), element.schema)
    position = compiler.preparer.quote("position")
    # A name that MariaDB makes of the table's may be too long.
    key = compiler.preparer.quote(shortened(f"{element.table}_guard_fk"))
    return (
        f"CREATE TABLE IF NOT EXISTS {name} ({position} BIGINT, CONSTRAINT {key} FOREIGN KEY ({position}) "
        f"REFERENCES {qualified(compiler, element.table, element.schema)} ({position})) "
        "ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE refused'"
    )


@compiles(_DropGuard, *MARIADB_NAMES)
def _drop_guard(element: AppendOnlyDDL, compiler: Any, **_: Any) -> str:
    return f"DROP TABLE IF EXISTS {qualified(compiler, guard_name(element.table), element.schema)}"
