"""What the triggers on a log's tables have in common: the statements that make and drop them, and how they are named."""

from collections.abc import Callable, Collection, Iterable
from itertools import count
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, MetaData, String, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.plan import STALE

__all__ = [
    "CHANGES",
    "LogTable",
    "RenderedDDL",
    "changed_by",
    "dollar_quoted",
    "drop_trigger",
    "guard_name",
    "passes_by",
    "qualified",
    "refusal_text",
    "schema_or_default",
    "trigger_name",
]

CHANGES: Final = ("UPDATE", "DELETE")

_ADVICE: Final = "append an event that corrects it; archive, erase and migrations unlock the log themselves"


class LogTable(NamedTuple):
    """A table of events. ``keys`` are the columns of its unique keys, which SQLite's protection needs.

    Or a table of ``heads``: each event changes them, together with the seq that they are of.
    """

    name: str
    schema: str | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    heads: bool = False


class RenderedDDL(ExecutableDDLElement):
    """A statement with names in it, which ``render`` writes with the compiler that knows how to quote them."""

    inherit_cache: bool | None = False

    def __init__(self, table: str, render: Callable[[Any], str]) -> None:
        self.table = table
        self.render = render


@compiles(RenderedDDL)
def _render(element: RenderedDDL, compiler: Any, **_: Any) -> str:
    return element.render(compiler)


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


def changed_by(triggers: Iterable[Any], changes: Collection[str], *, partly: bool) -> set[str]:
    """Return the tables whose triggers, each given with its table, refuse these changes: all of them, or any."""
    found: dict[str, set[str]] = {}
    for table, trigger in triggers:
        found.setdefault(table, set()).add(trigger)
    wanted = {name: {trigger_name(name, change) for change in changes} for name in found}
    return {name for name, has in found.items() if (wanted[name] & has if partly else wanted[name] <= has)}


def refusal_text(compiler: Any, table: str) -> str:
    """Return the message of a refused change, as a literal."""
    message = f"{table} is append-only: {_ADVICE}"
    # MariaDB's messages have 128 characters.
    return str(compiler.sql_compiler.render_literal_value(message[:128], String()))


def passes_by() -> str:
    """Return the condition that an UPDATE of a head is not the library's: it says nothing of what the head is folded of.

    What a stale head holds counts for nothing.
    """
    same = [f"NEW.{name} = OLD.{name}" for name in ("seq", "osiris_folded", "osiris_fingerprint")]
    return " AND ".join([*same, f"NEW.osiris_fingerprint <> {STALE}"])


def drop_trigger(table: str, schema: str | None, change: str) -> RenderedDDL:
    """Return DROP TRIGGER where triggers are named within a schema."""
    name = trigger_name(table, change)
    return RenderedDDL(table, lambda compiler: f"DROP TRIGGER IF EXISTS {qualified(compiler, name, schema)}")
