"""The place of a table in the compared database, and which operations change the tables at which places."""

from typing import Any, TypeVar

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Table

from sqla_osiris.schema.log import Log

__all__ = ["Place", "on_tables", "place_of", "tables_of"]

Place = tuple[str | None, str]
"""A schema, None for the default one, and a table's name."""

OperationT = TypeVar("OperationT", bound=ops.CreateTableOp | ops.DropTableOp | ops.ModifyTableOps)


def place_of(context: AutogenContext, table: Table) -> Place:
    """Return the table's schema and name as Alembic's operations have them."""
    default = context.migration_context.dialect.default_schema_name
    return (None if table.schema == default else table.schema), table.name


def tables_of(log: Log) -> dict[str, Any]:
    """Return what an operation on a model says of its tables beside the name that they begin with."""
    named = log.heads.name if log.heads_are_named else None
    return {"schema": log.events.schema, "snapshot_table": named}


def on_tables(upgrade_ops: ops.UpgradeOps, kind: type[OperationT]) -> dict[Place, OperationT]:
    """Return the operations of this kind, by the places of their tables."""
    found: dict[Place, OperationT] = {}
    for operation in upgrade_ops.ops:
        if isinstance(operation, kind):
            found[operation.schema, operation.table_name] = operation
    return found
