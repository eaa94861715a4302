"""Has a database refuse changes of a log and tell of new events: triggers that come and go with the model's tables.

How, and how :func:`unlocked` lifts the protection for its own statements, each database's ``triggers`` say.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Executable, Table, event, inspect

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.triggers import LogTable
from sqla_osiris.schema.log import Log

__all__ = ["listen_for_tables", "log_table", "unlocked", "unlocking"]

_Statements = Callable[[Database, Table], Iterable[Executable]]


def unlocked(connection: Connection, log: Log) -> AbstractContextManager[None]:
    """Let the library change events: within it, and in this transaction alone. Nothing for an unprotected model."""
    if not log.append_only:
        return nullcontext()

    def execute(statement: Executable) -> None:
        if not connection.invalidated:
            connection.execute(statement)

    tables = [_log_table(table) for table in log.append_only_tables]
    return unlocking(database_of(connection.dialect), tables, execute)


@contextmanager
def unlocking(
    database: Database, tables: list[LogTable], execute: Callable[[Executable], Any]
) -> Iterator[None]:
    """Let statements within it change these tables."""
    for statement in database.unlock(tables):
        execute(statement)
    locks = True
    try:
        yield
    except BaseException:
        # Elsewhere the transaction that fails takes it back with it.
        locks = database.settings_outlive_transactions
        raise
    finally:
        for statement in database.lock(tables) if locks else ():
            execute(statement)


def _log_table(table: Table) -> LogTable:
    if "position" not in table.c:
        return LogTable(table.name, table.schema, heads=True)
    unique = [index.columns for index in table.indexes if index.unique]
    return LogTable(
        table.name,
        table.schema,
        tuple(tuple(c.name for c in key) for key in (table.primary_key.columns, *unique)),
    )


def log_table(connection: Connection, name: str, schema: str | None) -> LogTable:
    """Return a table of events, with its keys as the database has them, or one of heads."""
    inspector = inspect(connection)
    if "position" not in {column["name"] for column in inspector.get_columns(name, schema=schema)}:
        return LogTable(name, schema, heads=True)
    keys: list[Any] = [inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]]
    keys += [index["column_names"] for index in inspector.get_indexes(name, schema=schema) if index["unique"]]
    return LogTable(name, schema, tuple(tuple(key) for key in keys))


def listen_for_tables(log: Log) -> None:
    """Have ``create_all`` make the triggers that a model asks for, and ``drop_all`` clear away what it made."""
    for table in log.append_only_tables:
        _listen(table, "after_create", _protection)
        _listen(table, "before_drop", lambda database, table: database.unprotect(_log_table(table)))
    if log.notifies:
        _listen(log.events, "after_create", lambda database, table: database.notify(table.name, table.schema))
        _listen(log.events, "before_drop", lambda database, table: database.silence(table.name, table.schema))


def _listen(table: Table, moment: str, statements: _Statements) -> None:
    def run(table: Table, connection: Connection, **_: Any) -> None:
        for statement in statements(database_of(connection.dialect), table):
            connection.execute(statement)

    event.listen(table, moment, run)


def _protection(database: Database, table: Table) -> Iterable[Executable]:
    of_events = "position" in table.c
    return database.protect(_log_table(table), guard=not of_events or table.c.position.identity is not None)
