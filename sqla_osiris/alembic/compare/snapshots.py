"""Read heads that are of no use to their model, because its reducers changed, as stale snapshots to drop.

Only where an environment asks for it: that is a difference of data, not of tables, and does no harm.
"""

from collections.abc import Iterable
from typing import Any, Final

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import exists, inspect, select

from sqla_osiris.alembic.compare.places import on_tables, tables_of
from sqla_osiris.alembic.operations.retyping import DropStaleSnapshots
from sqla_osiris.databases.plan import STALE
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.tables import state_column

__all__ = ["OPTION", "compare_snapshots"]

OPTION: Final = "drop_stale_snapshots"
"""The argument of ``context.configure()`` that asks for it."""


def compare_snapshots(context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]) -> None:
    """Drop stale snapshots of models whose tables are as they should be: changes of a field discard them already."""
    if not context.opts.get(OPTION):
        return
    changed = {*on_tables(upgrade_ops, ops.CreateTableOp), *on_tables(upgrade_ops, ops.ModifyTableOps)}
    for log in logs:
        tables = {(table.schema, table.name) for table in log.tables}
        if changed.isdisjoint(tables) and _has_stale(context.connection, log):
            upgrade_ops.ops.append(_dropped(log))


def _has_stale(connection: Any, log: Log) -> bool:
    heads = log.heads
    if not inspect(connection).has_table(heads.name, schema=heads.schema):
        return False  # an environment may leave it out
    stale = heads.c.osiris_fingerprint.not_in([log.fingerprint, STALE])
    return bool(connection.scalar(select(exists(select(heads.c.seq).where(stale)))))


def _dropped(log: Log) -> DropStaleSnapshots:
    states = [state_column(name) for name in log.fields]
    return DropStaleSnapshots(
        log.folded.name,
        [name for name in (*log.accumulators, *states) if name in log.heads.c],
        fingerprint=log.fingerprint,
        **tables_of(log),
    ).with_remark(
        "A reducer is another, or the policy: these snapshots are of no use to it. snapshots() makes new ones."
    )
