"""SQLite's protection of a log: it has no settings, but DDL within transactions, so the triggers are away meanwhile.

INSERT OR REPLACE deletes without firing a trigger of DELETE: an INSERT is refused, too, that would take an event's place.
A head's place is taken by upserts of the library's; there, an INSERT is refused that gives no seq.
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
    passes_by,
    qualified,
    refusal_text,
    trigger_name,
)

__all__ = ["Triggers"]

_CHANGES: Final = (*CHANGES, "INSERT")


class Triggers(Database):
    """A trigger of INSERT where a table's keys are known, and on heads."""

    unlocks_by_dropping = True

    def protect(self, table: LogTable, *, guard: bool) -> list[RenderedDDL]:
        return [
            _create_trigger(table, change) for change in (_CHANGES if table.keys or table.heads else CHANGES)
        ]

    def unprotect(self, table: LogTable) -> list[RenderedDDL]:
        return [drop_trigger(table.name, table.schema, change) for change in _CHANGES]

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        # A write first: Python's driver begins no transaction for DDL alone.
        nothing = [delete(Table(each.name, MetaData(), schema=each.schema)).where(false()) for each in tables]
        return [*nothing, *(drop for each in tables for drop in self.unprotect(each))]

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return [each for table in tables for each in self.protect(table, guard=False)]

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        master = table("sqlite_master", column("type"), column("name"), column("tbl_name"), schema=schema)
        triggers = select(master.c.tbl_name, master.c.name).where(master.c.type == "trigger")
        return changed_by(connection.execute(triggers), _CHANGES, partly=partly)


def _create_trigger(table: LogTable, change: str) -> RenderedDDL:
    def create_trigger(compiler: Any) -> str:
        name = qualified(compiler, trigger_name(table.name, change), table.schema)
        log = compiler.preparer.quote(table.name)
        when = _refused_row(compiler, table, change)
        return (
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {change} ON {log}{f' WHEN {when}' if when else ''} "
            f"BEGIN SELECT RAISE(ABORT, {refusal_text(compiler, table.name)}); END"
        )

    return RenderedDDL(table.name, create_trigger)


def _refused_row(compiler: Any, table: LogTable, change: str) -> str:
    """Return the condition of a change that is refused; none where each one is."""
    quote = compiler.preparer.quote
    if table.heads:
        return {"UPDATE": passes_by(), "INSERT": "NEW.seq IS NULL"}.get(change, "")
    keys = table.keys if change == "INSERT" else ()
    same = (" AND ".join(f"{quote(each)} = NEW.{quote(each)}" for each in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {quote(table.name)} WHERE {each})" for each in same)  # noqa: S608  (quoted names)
