"""MariaDB's protection of a log: triggers that look at a variable of the session.

No trigger sees a TRUNCATE; an empty table that references the log has it refused.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Executable, column, select, text
from sqlalchemy import table as table_named

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.triggers import (
    CHANGES,
    CreateGuard,
    CreateTrigger,
    DropGuard,
    DropTrigger,
    LogTable,
    ProtectionDDL,
    changed_by,
    guard_name,
    qualified,
    refusal_text,
    render_drop_by_name,
    schema_or_default,
    trigger_name,
)

__all__ = ["LOCK", "RENDERS", "UNLOCK", "protect", "protected_tables", "unprotect"]

UNLOCK: Final[list[Executable]] = [text("SET @sqla_osiris_unlocked = 1")]
LOCK: Final[list[Executable]] = [text("SET @sqla_osiris_unlocked = NULL")]


def protect(table: LogTable, *, guard: bool) -> list[ProtectionDDL]:
    """Return the statements that protect a table; ``guard`` says that it has the event table's key on ``position``."""
    name, schema, _ = table
    guards = [CreateGuard(name, schema)] if guard else []
    return [*(CreateTrigger(name, schema, change) for change in CHANGES), *guards]


def unprotect(table: str, schema: str | None) -> list[ProtectionDDL]:
    """Return the statements that take a table's protection away, as far as there is one."""
    return [DropGuard(table, schema), *(DropTrigger(table, schema, change) for change in CHANGES)]


def protected_tables(connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
    """As :meth:`~sqla_osiris.databases.base.Database.protected_tables`."""
    names = ("event_object_table", "trigger_name", "trigger_schema")
    triggers = table_named("triggers", *(column(name) for name in names), schema="information_schema")
    query = select(triggers.c.event_object_table, triggers.c.trigger_name).where(
        triggers.c.trigger_schema == schema_or_default(connection, schema)
    )
    found: dict[str, set[str]] = {}
    rows: Any = connection.execute(query)
    for table, trigger in rows:
        found.setdefault(table, set()).add(trigger)
    return {name for name, has in found.items() if changed_by(name, has, CHANGES, partly=partly)}


def _render_create(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, trigger_name(element.table, element.change), element.schema)
    return (
        f"CREATE TRIGGER {name} BEFORE {element.change} ON {qualified(compiler, element.table, element.schema)} "
        "FOR EACH ROW IF @sqla_osiris_unlocked IS NULL THEN "
        f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {refusal_text(compiler, element.table)}; END IF"
    )


def _render_guard(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    name = qualified(compiler, guard_name(element.table), element.schema)
    position = compiler.preparer.quote("position")
    # A name that MariaDB makes of the table's may be too long.
    key = compiler.preparer.quote(shortened(f"{element.table}_guard_fk"))
    return (
        f"CREATE TABLE IF NOT EXISTS {name} ({position} BIGINT, CONSTRAINT {key} FOREIGN KEY ({position}) "
        f"REFERENCES {qualified(compiler, element.table, element.schema)} ({position})) "
        "ENGINE=InnoDB COMMENT='always empty: it has TRUNCATE refused'"
    )


def _render_drop_guard(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    return f"DROP TABLE IF EXISTS {qualified(compiler, guard_name(element.table), element.schema)}"


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {
    CreateTrigger: _render_create,
    DropTrigger: render_drop_by_name,
    CreateGuard: _render_guard,
    DropGuard: _render_drop_guard,
}
