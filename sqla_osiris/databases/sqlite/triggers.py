"""SQLite's protection of a log: it has no settings, but DDL within transactions, so the triggers are away meanwhile.

INSERT OR REPLACE deletes without firing a trigger of DELETE: an INSERT is refused, too, that would take an event's place.
"""

from typing import Any, Final

from sqlalchemy import Connection, Executable, MetaData, Table, column, delete, false, select, table

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.triggers import (
    CHANGES,
    LogTable,
    RenderedDDL,
    changed_by,
    drop_trigger,
    qualified,
    refusal_text,
    trigger_name,
)

__all__ = ["Triggers"]

_CHANGES: Final = (*CHANGES, "INSERT")


class Triggers(Database):
    """A trigger of INSERT where a table's keys are known."""

    unlocks_by_dropping = True

    def protect(self, table: LogTable, *, guard: bool) -> list[RenderedDDL]:
        return [_create_trigger(table, change) for change in (_CHANGES if table.keys else CHANGES)]

    def unprotect(self, table: str, schema: str | None) -> list[RenderedDDL]:
        return [drop_trigger(table, schema, change) for change in _CHANGES]

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        # A write first: Python's driver begins no transaction for DDL alone.
        nothing = [
            delete(Table(name, MetaData(), schema=schema)).where(false()) for name, schema, _ in tables
        ]
        return [*nothing, *(each for name, schema, _ in tables for each in self.unprotect(name, schema))]

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return [each for table in tables for each in self.protect(table, guard=False)]

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        master = table("sqlite_master", column("type"), column("name"), column("tbl_name"), schema=schema)
        triggers = select(master.c.tbl_name, master.c.name).where(master.c.type == "trigger")
        return changed_by(connection.execute(triggers), _CHANGES, partly=partly)


def _create_trigger(table: LogTable, change: str) -> RenderedDDL:
    def create_trigger(compiler: Any) -> str:
        name = qualified(compiler, trigger_name(table.name, change), table.schema)
        quote = compiler.preparer.quote
        log = quote(table.name)
        keys = table.keys if change == "INSERT" else ()
        same = (" AND ".join(f"{quote(each)} = NEW.{quote(each)}" for each in key) for key in keys)
        taken = " OR ".join(f"EXISTS (SELECT 1 FROM {log} WHERE {each})" for each in same)  # noqa: S608  (quoted names)
        return (
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {change} ON {log}{f' WHEN {taken}' if taken else ''} "
            f"BEGIN SELECT RAISE(ABORT, {refusal_text(compiler, table.name)}); END"
        )

    return RenderedDDL(table.name, create_trigger)
