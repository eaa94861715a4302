"""``create_append_only`` and ``drop_append_only``: the database itself refuses UPDATE, DELETE and TRUNCATE of a log."""

from alembic.operations import Operations

from sqla_osiris.alembic.operations.base import TableOperation, database, registered, run
from sqla_osiris.databases.triggers import LogTable, ProtectionDDL
from sqla_osiris.keeping.triggers import log_table

__all__ = ["CreateAppendOnly", "DropAppendOnly"]


@registered
class CreateAppendOnly(TableOperation, name="create_append_only"):
    """Have the database refuse UPDATE, DELETE and TRUNCATE of a table of events, whoever asks.

    A model that asks for it has ``__append_only__ = True``.
    """


@registered
class DropAppendOnly(TableOperation, name="drop_append_only", reverses=CreateAppendOnly):
    """Let a table of events be changed again: the reverse of ``create_append_only``."""


@Operations.implementation_for(CreateAppendOnly)
def _create(operations: Operations, operation: CreateAppendOnly) -> None:
    # MariaDB's archive has no key on position: nothing can reference it, so nothing refuses its TRUNCATE.
    guard = not operation.table_name.endswith("_archive")
    _run(operations, database(operations).protect(_table(operations, operation), guard=guard))


def _table(operations: Operations, operation: CreateAppendOnly) -> LogTable:
    """Return the table, with its keys where they are needed and the database can be asked.

    What is only written for SQLite has no trigger for INSERT OR REPLACE.
    """
    if operations.migration_context.as_sql or not database(operations).unlocks_by_dropping:
        return LogTable(operation.table_name, operation.schema)
    return log_table(operations.get_bind(), operation.table_name, operation.schema)


@Operations.implementation_for(DropAppendOnly)
def _drop(operations: Operations, operation: DropAppendOnly) -> None:
    _run(operations, database(operations).unprotect(operation.table_name, operation.schema))


def _run(operations: Operations, statements: list[ProtectionDDL]) -> None:
    context = operations.migration_context
    for statement in statements:
        script = context.as_sql and database(operations).script(
            str(statement.compile(dialect=context.dialect))
        )
        if script:
            context.impl.static_output(script)
        else:
            run(operations, statement)
