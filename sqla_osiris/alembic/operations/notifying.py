"""``create_notify`` and ``drop_notify``: PostgreSQL notifies listeners of new events; elsewhere nothing is done."""

from alembic.operations import Operations

from sqla_osiris.alembic.operations.base import TableOperation, database, registered, run

__all__ = ["CreateNotify", "DropNotify"]


@registered
class CreateNotify(TableOperation, name="create_notify"):
    """Have PostgreSQL notify listeners of events appended to a table; nothing is done on other databases.

    A model that asks for it has ``__notify__ = True``.
    """


@registered
class DropNotify(TableOperation, name="drop_notify", reverses=CreateNotify):
    """Have a table's inserts no longer notified: the reverse of ``create_notify``."""


@Operations.implementation_for(CreateNotify)
def _create(operations: Operations, operation: CreateNotify) -> None:
    run(operations, *database(operations).notify(operation.table_name, operation.schema))


@Operations.implementation_for(DropNotify)
def _drop(operations: Operations, operation: DropNotify) -> None:
    run(operations, *database(operations).silence(operation.table_name, operation.schema))
