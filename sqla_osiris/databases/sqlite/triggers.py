"""SQLite's protection of a log: it has no settings, but DDL within transactions, so the triggers are away meanwhile.

INSERT OR REPLACE deletes without firing a trigger of DELETE: an INSERT is refused, too, that would take an event's place.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Executable, MetaData, Table, column, delete, false, select
from sqlalchemy import table as table_named

from sqla_osiris.databases.triggers import (
    CHANGES,
    CreateTrigger,
    DropTrigger,
    LogTable,
    ProtectionDDL,
    changed_by,
    qualified,
    refusal_text,
    render_drop_by_name,
    trigger_name,
)

__all__ = ["RENDERS", "lock", "protect", "protected_tables", "unlock", "unprotect"]

_CHANGES: Final = (*CHANGES, "INSERT")


def protect(table: LogTable) -> list[ProtectionDDL]:
    """Return the statements that protect a table; that of INSERT where its keys are known."""
    name, schema, keys = table
    inserts = [CreateTrigger(name, schema, "INSERT", keys)] if keys else []
    return [*(CreateTrigger(name, schema, change) for change in CHANGES), *inserts]


def unprotect(table: str, schema: str | None) -> list[ProtectionDDL]:
    """Return the statements that take a table's protection away, as far as there is one."""
    return [DropTrigger(table, schema, change) for change in _CHANGES]


def unlock(tables: list[LogTable]) -> list[Executable]:
    """Return the statements that take the triggers away."""
    # A write first: Python's driver begins no transaction for DDL alone.
    nothing = [delete(Table(name, MetaData(), schema=schema)).where(false()) for name, schema, _ in tables]
    return [*nothing, *(each for name, schema, _ in tables for each in unprotect(name, schema))]


def lock(tables: list[LogTable]) -> list[Executable]:
    """Return the statements that make them again."""
    return [each for table in tables for each in protect(table)]


def protected_tables(connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
    """As :meth:`~sqla_osiris.databases.base.Database.protected_tables`."""
    master = table_named("sqlite_master", column("type"), column("name"), column("tbl_name"), schema=schema)
    found: dict[str, set[str]] = {}
    triggers = select(master.c.tbl_name, master.c.name).where(master.c.type == "trigger")
    rows: Any = connection.execute(triggers)
    for table, trigger in rows:
        found.setdefault(table, set()).add(trigger)
    return {name for name, has in found.items() if changed_by(name, has, _CHANGES, partly=partly)}


def _render_create(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, trigger_name(element.table, element.change), element.schema)
    quote = compiler.preparer.quote
    table = quote(element.table)
    same = (" AND ".join(f"{quote(each)} = NEW.{quote(each)}" for each in key) for key in element.keys)
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {each})" for each in same)  # noqa: S608  (quoted names)
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {element.change} ON {table}{f' WHEN {taken}' if taken else ''} "
        f"BEGIN SELECT RAISE(ABORT, {refusal_text(compiler, element.table)}); END"
    )


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {
    CreateTrigger: _render_create,
    DropTrigger: render_drop_by_name,
}
