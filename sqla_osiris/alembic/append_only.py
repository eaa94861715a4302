"""``create_append_only`` and ``drop_append_only``: the database itself refuses UPDATE, DELETE and TRUNCATE of a log."""

from dataclasses import dataclass, field

from alembic.operations import Operations

from sqla_osiris.alembic.operation import LogOperation, database, named, run
from sqla_osiris.declarative.append_only import AppendOnlyDDL, installation, removal
from sqla_osiris.declarative.dialects import MARIADB

__all__ = ["CreateAppendOnly", "DropAppendOnly"]


@named
@dataclass
class CreateAppendOnly(LogOperation, name="create_append_only"):
    """Protect a table of events; a model that asks for it says ``__append_only__ = True``."""

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> "DropAppendOnly":
        return DropAppendOnly(self.table_name, schema=self.schema)


@named
@dataclass
class DropAppendOnly(LogOperation, name="drop_append_only"):
    """Take the protection of a table of events away."""

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateAppendOnly:
        return CreateAppendOnly(self.table_name, schema=self.schema)


@Operations.implementation_for(CreateAppendOnly)
def _create(operations: Operations, operation: CreateAppendOnly) -> None:
    # MariaDB's archive has no key on position: nothing can reference it, so nothing refuses its TRUNCATE.
    guard = not operation.table_name.endswith("_archive")
    statements = installation(database(operations), operation.table_name, operation.schema, guard=guard)
    _run(operations, statements)


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
