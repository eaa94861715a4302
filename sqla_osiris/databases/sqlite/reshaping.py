"""A table of SQLite's becomes one of heads by the text of its CREATE TABLE, as SQLite's manual has it.

A copy in its place, as Alembic's batch mode makes one, would lose CHECKs and triggers, and DROP TABLE would act on the rows
that refer to it. (https://www.sqlite.org/lang_altertable.html, section 7)
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Executable, column, select, table, text, update

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.definitions import Definition, Reshaping, changed, with_conditions
from sqla_osiris.errors import OsirisError

__all__ = ["Shaping"]


class Shaping(Database):
    """By ``writable_schema``, within the transaction."""

    def reshape(self, connection: Connection | None, wanted: Reshaping) -> Iterator[Executable]:
        if connection is None:
            raise OsirisError(
                f"{wanted.table} is adopted in place on SQLite with a connection alone, not by --sql."
            )
        schema = wanted.schema or "main"
        master: Any = table("sqlite_master", column("type"), column("name"), column("sql"), schema=schema)
        here = master.c.type == "table", master.c.name == wanted.table
        found = connection.scalar(select(master.c.sql).where(*here))
        version = connection.scalar(text(f"PRAGMA {schema}.schema_version")) or 0
        yield text("PRAGMA writable_schema = ON")
        yield update(master).where(*here).values(sql=_reshaped(str(found), wanted))
        # Other connections read the schema again, and this one does at once.
        yield text(f"PRAGMA {schema}.schema_version = {version + 1}")
        yield text("PRAGMA writable_schema = RESET")


def _reshaped(create: str, wanted: Reshaping) -> str:
    definition = Definition.of(create)
    for place, name in definition.columns():
        type_, takes_null = wanted.column(name)
        if type_ is not None or takes_null is not None:
            definition.items[place] = changed(definition.items[place], type_, takes_null=takes_null)
    items = [with_conditions(item, wanted.condition) for item in definition.items]
    if wanted.added_check is not None:
        name, condition = wanted.added_check
        items[-1] += "\n" if "--" in items[-1] else ""
        # SQLAlchemy 2.0 finds one CHECK a line.
        items.append(f"\n\tCONSTRAINT {_quoted(name)} CHECK ({condition})\n")
    dropped = f"CONSTRAINT {_quoted(wanted.dropped_check or '')} "
    definition.items = [item for item in items if not item.lstrip().startswith(dropped)]
    return str(definition)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
