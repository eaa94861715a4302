"""``create_notify`` and ``drop_notify``: PostgreSQL tells who listens of new events; elsewhere nothing is done."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations, ops

from sqla_osiris.alembic.compare.places import connection_of, is_included, ordered, place_of
from sqla_osiris.alembic.operations.base import LogOperation, database, named, run
from sqla_osiris.databases.names import POSTGRESQL, database_of
from sqla_osiris.databases.postgresql.notifying import notifying, notifying_tables, silencing
from sqla_osiris.schema.log import Stream

__all__ = ["CreateNotify", "DropNotify", "compare_notification"]


@named
@dataclass
class CreateNotify(LogOperation, name="create_notify"):
    """Have inserts into a table of events notified; a model that asks for it says ``__notify__ = True``."""

    follows_maps = True

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> "DropNotify":
        return DropNotify(self.table_name, schema=self.schema)


@named
@dataclass
class DropNotify(LogOperation, name="drop_notify"):
    """Have inserts into a table of events no longer notified."""

    follows_maps = True

    table_name: str
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> CreateNotify:
        return CreateNotify(self.table_name, schema=self.schema)


@Operations.implementation_for(CreateNotify)
def _create(operations: Operations, operation: CreateNotify) -> None:
    run(operations, *notifying(database(operations), operation.table_name, operation.schema))


@Operations.implementation_for(DropNotify)
def _drop(operations: Operations, operation: DropNotify) -> None:
    run(operations, *silencing(database(operations), operation.table_name, operation.schema))


def compare_notification(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, streams: Iterable[Stream]
) -> None:
    """Notify what its model wants notified, and no longer what it does not, before its table is dropped too."""
    connection = connection_of(context)
    if database_of(connection.dialect) != POSTGRESQL:
        return
    logs = {place_of(context, stream.events): stream for stream in streams}
    wanted = {place for place, stream in logs.items() if stream.notifies}
    dropped = {(o.schema, o.table_name) for o in upgrade_ops.ops if isinstance(o, ops.DropTableOp)}
    found = {
        (schema, name)
        for schema in {schema for schema, _ in logs.keys() | dropped}
        for name in notifying_tables(connection, schema)
        if is_included(context, schema, name)
    }
    leaving = [place for place in ordered(found) if place in dropped or place in logs.keys() - wanted]
    upgrade_ops.ops[:] = [
        *(DropNotify(name, schema=schema) for schema, name in leaving),
        *upgrade_ops.ops,
        *(CreateNotify(name, schema=schema) for schema, name in ordered(wanted - found)),
    ]
