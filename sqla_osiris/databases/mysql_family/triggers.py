"""The protection of a log: triggers that look at a variable of the session.

No trigger sees a TRUNCATE; an empty table that references the log has it refused.
"""

from typing import Any, Final

from sqlalchemy import Connection, Executable, column, select, table, text

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.mysql_family.statements import PLACEHOLDER
from sqla_osiris.databases.triggers import (
    CHANGES,
    LogTable,
    RenderedDDL,
    changed_by,
    drop_trigger,
    guard_name,
    passes_by,
    qualified,
    refusal_text,
    schema_or_default,
    trigger_name,
)

__all__ = ["Triggers"]

_UNLOCK: Final[list[Executable]] = [text("SET @sqla_osiris_unlocked = 1")]
_LOCK: Final[list[Executable]] = [text("SET @sqla_osiris_unlocked = NULL")]


class Triggers(Database):
    """A guard where the table has the event table's key on ``position``, or that of heads on their fingerprint."""

    settings_outlive_transactions = True

    def protect(self, table: LogTable, *, guard: bool) -> list[RenderedDDL]:
        triggers = [_create_trigger(table, change) for change in CHANGES]
        return [*triggers, *self.guards(table)] if guard else triggers

    def guards(self, table: LogTable) -> list[RenderedDDL]:
        """Return the statements that make the empty table."""
        return [_create_guard(table)]

    def unprotect(self, table: LogTable) -> list[RenderedDDL]:
        name, schema = table.name, table.schema
        return [_drop_guard(name, schema), *(drop_trigger(name, schema, change) for change in CHANGES)]

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        return _UNLOCK

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return _LOCK

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        names = ("event_object_table", "trigger_name", "trigger_schema")
        triggers = table("triggers", *map(column, names), schema="information_schema")
        query = select(triggers.c.event_object_table, triggers.c.trigger_name).where(
            triggers.c.trigger_schema == schema_or_default(connection, schema)
        )
        return changed_by(connection.execute(query), CHANGES, partly=partly)


def _create_trigger(table: LogTable, change: str) -> RenderedDDL:
    def create_trigger(compiler: Any) -> str:
        name = qualified(compiler, trigger_name(table.name, change), table.schema)
        return (
            f"CREATE TRIGGER {name} BEFORE {change} ON {qualified(compiler, table.name, table.schema)} "
            f"FOR EACH ROW IF @sqla_osiris_unlocked IS NULL{_of_heads(change) if table.heads else ''} THEN "
            f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {refusal_text(compiler, table.name)}; END IF"
        )

    return RenderedDDL(table.name, create_trigger)


def _of_heads(change: str) -> str:
    """Return the further condition under which a change of a head is refused: a batch deletes what it began."""
    return f" AND {passes_by()}" if change == "UPDATE" else f" AND OLD.osiris_origin <> {PLACEHOLDER}"


def _create_guard(table: LogTable) -> RenderedDDL:
    def create_guard(compiler: Any) -> str:
        name = qualified(compiler, guard_name(table.name), table.schema)
        position = compiler.preparer.quote("osiris_fingerprint" if table.heads else "position")
        # A name that MariaDB makes of the table's may be too long.
        key = compiler.preparer.quote(shortened(f"{table.name}_guard_fk"))
        return (
            f"CREATE TABLE IF NOT EXISTS {name} ({position} BIGINT, CONSTRAINT {key} FOREIGN KEY ({position}) "
            f"REFERENCES {qualified(compiler, table.name, table.schema)} ({position})) "
            "ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE refused'"
        )

    return RenderedDDL(table.name, create_guard)


def _drop_guard(table: str, schema: str | None) -> RenderedDDL:
    name = guard_name(table)
    return RenderedDDL(table, lambda compiler: f"DROP TABLE IF EXISTS {qualified(compiler, name, schema)}")
