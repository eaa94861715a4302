"""``create_append_only`` and ``drop_append_only``: the database itself refuses UPDATE, DELETE and TRUNCATE of a log."""

from dataclasses import dataclass, field

from alembic.operations import Operations

from sqla_osiris.alembic.operations.base import LogOperation, database, named, run
from sqla_osiris.databases.names import MARIADB, SQLITE
from sqla_osiris.keeping.append_only import AppendOnlyDDL, LogTable, installation, log_table, removal

__all__ = ["CreateAppendOnly", "DropAppendOnly"]


@named
@dataclass
class CreateAppendOnly(LogOperation, name="create_append_only"):
    """Protect a table of events; a model that asks for it says ``__append_only__ = True``."""

    follows_maps = True

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> "DropAppendOnly":
        return DropAppendOnly(self.table_name, schema=self.schema)


@named
@dataclass
class DropAppendOnly(LogOperation, name="drop_append_only"):
    """Take the protection of a table of events away."""

    follows_maps = True

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateAppendOnly:
        return CreateAppendOnly(self.table_name, schema=self.schema)


@Operations.implementation_for(CreateAppendOnly)
def _create(operations: Operations, operation: CreateAppendOnly) -> None:
    # MariaDB's archive has no key on position: nothing can reference it, so nothing refuses its TRUNCATE.
    guard = not operation.table_name.endswith("_archive")
    _run(operations, installation(database(operations), _table(operations, operation), guard=guard))


def _table(operations: Operations, operation: CreateAppendOnly) -> LogTable:
    """The table, with its keys where SQLite can be asked: what is only written has no trigger for INSERT OR REPLACE."""
    if database(operations) != SQLITE or operations.migration_context.as_sql:
        return LogTable(operation.table_name, operation.schema)
    return log_table(operations.get_bind(), operation.table_name, operation.schema)


@Operations.implementation_for(DropAppendOnly)
def _drop(operations: Operations, operation: DropAppendOnly) -> None:
    _run(operations, removal(database(operations), operation.table_name, operation.schema))


def _run(operations: Operations, statements: list[AppendOnlyDDL]) -> None:
    context = operations.migration_context
    if not (context.as_sql and database(operations) == MARIADB):
        run(operations, *statements)
        return
    # Its client ends a statement at the first semicolon, and a trigger has some.
    for statement in statements:
        text = str(statement.compile(dialect=context.dialect))
        context.impl.static_output(f"DELIMITER //\n{text}//\nDELIMITER ;")
