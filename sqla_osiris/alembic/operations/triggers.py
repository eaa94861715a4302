"""The triggers of a log: ``create_append_only`` and ``drop_append_only``, ``create_notify`` and ``drop_notify``."""

from dataclasses import dataclass, field

from alembic.operations import Operations

from sqla_osiris.alembic.operations.base import TableOperation, database, run
from sqla_osiris.databases.triggers import LogTable, RenderedDDL
from sqla_osiris.keeping.triggers import log_table

__all__ = ["CreateAppendOnly", "CreateNotify", "DropAppendOnly", "DropNotify"]


@dataclass
class _AppendOnly(TableOperation):
    heads: bool = field(default=False, kw_only=True)


class CreateAppendOnly(_AppendOnly, name="create_append_only"):
    """Have the database refuse UPDATE, DELETE and TRUNCATE of a table of events, whoever asks.

    Of a table of ``heads``, an UPDATE that gives no other seq. A model that asks for it has ``__append_only__ = True``.
    """

    def perform(self, operations: Operations) -> None:
        # MariaDB's archive has no key on position: nothing can reference it, so nothing refuses its TRUNCATE.
        guard = not self.table_name.endswith("_archive")
        _run(operations, *database(operations).protect(self._table(operations), guard=guard))

    def _table(self, operations: Operations) -> LogTable:
        """Return the table, with its keys where they are needed and the database can be asked.

        What is only written for SQLite has no trigger for INSERT OR REPLACE.
        """
        if self.heads:
            return LogTable(self.table_name, self.schema, heads=True)
        if operations.migration_context.as_sql or not database(operations).unlocks_by_dropping:
            return LogTable(self.table_name, self.schema)
        return log_table(operations.get_bind(), self.table_name, self.schema)


class DropAppendOnly(_AppendOnly, name="drop_append_only", reverses=CreateAppendOnly):
    """Let a table of events be changed again: the reverse of ``create_append_only``."""

    def perform(self, operations: Operations) -> None:
        table = LogTable(self.table_name, self.schema, heads=self.heads)
        _run(operations, *database(operations).unprotect(table))


class CreateNotify(TableOperation, name="create_notify"):
    """Have PostgreSQL notify listeners of events appended to a table; nothing is done on other databases.

    A model that asks for it has ``__notify__ = True``.
    """

    def perform(self, operations: Operations) -> None:
        run(operations, *database(operations).notify(self.table_name, self.schema))


class DropNotify(TableOperation, name="drop_notify", reverses=CreateNotify):
    """Have a table's inserts no longer notified: the reverse of ``create_notify``."""

    def perform(self, operations: Operations) -> None:
        run(operations, *database(operations).silence(self.table_name, self.schema))


def _run(operations: Operations, *statements: RenderedDDL) -> None:
    context = operations.migration_context
    for statement in statements:
        script = context.as_sql and database(operations).script(
            str(statement.compile(dialect=context.dialect))
        )
        if script:
            context.impl.static_output(script)
        else:
            run(operations, statement)
