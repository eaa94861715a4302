"""What the triggers on a log's tables have in common: the statements that make and drop them, and how they are named."""

from itertools import count
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, MetaData, String, Table
from sqlalchemy.schema import DDLElement

from sqla_osiris.databases.identifiers import shortened

__all__ = [
    "CHANGES",
    "CreateFunction",
    "CreateGuard",
    "CreateTrigger",
    "DropFunction",
    "DropGuard",
    "DropTrigger",
    "LogTable",
    "ProtectionDDL",
    "TriggerDDL",
    "changed_by",
    "dollar_quoted",
    "guard_name",
    "qualified",
    "refusal_text",
    "render_drop_by_name",
    "schema_or_default",
    "trigger_name",
]

CHANGES: Final = ("UPDATE", "DELETE")

_ADVICE: Final = "append an event that corrects it; archive, erase and migrations unlock the log themselves"


class LogTable(NamedTuple):
    """A table of events. ``keys`` are the columns of its unique keys, which SQLite's protection needs."""

    name: str
    schema: str | None = None
    keys: tuple[tuple[str, ...], ...] = ()


class TriggerDDL(DDLElement):
    """One statement that makes or drops a part of a table's triggers."""

    inherit_cache = False

    def __init__(self, table: str, schema: str | None) -> None:
        self.table = table
        self.schema = schema


class ProtectionDDL(TriggerDDL):
    """One statement that makes or drops a part of a log's protection from the ``change``."""

    def __init__(
        self, table: str, schema: str | None, change: str = "", keys: tuple[tuple[str, ...], ...] = ()
    ) -> None:
        super().__init__(table, schema)
        self.change = change
        self.keys = keys


class CreateFunction(ProtectionDDL):
    """The function of a trigger."""


class DropFunction(ProtectionDDL):
    """The same, dropped."""


class CreateTrigger(ProtectionDDL):
    """A trigger that refuses the ``change``."""


class DropTrigger(ProtectionDDL):
    """The same, dropped."""


class CreateGuard(ProtectionDDL):
    """The table that has a TRUNCATE refused."""


class DropGuard(ProtectionDDL):
    """The same, dropped."""


def qualified(compiler: Any, name: str, schema: str | None) -> str:
    """Return the quoted name, with its schema where one is given, or where a ``schema_translate_map`` gives one."""
    # Of all that has a name, it is tables that a map is about.
    return str(compiler.preparer.format_table(Table(name, MetaData(), schema=schema)))


def dollar_quoted(text: str) -> str:
    """Return a function's text in dollar quotes that do not stand in it, as a table's name may."""
    tag = next(tag for i in count() if (tag := f"$osiris{i or ''}$") not in text)
    return f"{tag}{text}{tag}"


def schema_or_default(connection: Connection, schema: str | None) -> Any:
    """Return the schema, or the one that names without a schema mean."""
    return schema if schema is not None else connection.dialect.default_schema_name


def guard_name(table: str) -> str:
    """Return the name of the table that has MariaDB refuse a TRUNCATE of this one."""
    return shortened(f"{table}_guard")


def trigger_name(table: str, change: str) -> str:
    """Return a trigger's name where triggers are named within a schema."""
    return shortened(f"{table}_append_only_{change.lower()}")


def changed_by(name: str, found: set[str], changes: tuple[str, ...], *, partly: bool) -> bool:
    """Return whether a table has the triggers that refuse these changes among those found: all, or any."""
    wanted = {trigger_name(name, change) for change in changes}
    return bool(wanted & found) if partly else wanted <= found


def refusal_text(compiler: Any, table: str) -> str:
    """Return the message of a refused change, as a literal."""
    message = f"{table} is append-only: {_ADVICE}"
    # MariaDB's messages have 128 characters.
    return str(compiler.sql_compiler.render_literal_value(message[:128], String()))


def render_drop_by_name(element: ProtectionDDL, compiler: Any, **_: Any) -> str:
    """Render DROP TRIGGER where triggers are named within a schema."""
    name = qualified(compiler, trigger_name(element.table, element.change), element.schema)
    return f"DROP TRIGGER IF EXISTS {name}"
