"""Read tables of events that vanish: an archive goes back into its log, and a log is dropped with a warning."""

import logging
from collections.abc import Iterable
from typing import Any

from alembic.autogenerate import render_op_text, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Column

from sqla_osiris.alembic.compare.places import Place, on_tables
from sqla_osiris.alembic.operations.archives import DropArchive
from sqla_osiris.schema.log import Log

__all__ = ["CreateArchive", "DropLog", "keep_archived_events", "warn_of_dropped_logs"]

# An application's env.py shows what Alembic says.
_logger = logging.getLogger("alembic.autogenerate.sqla_osiris")


class DropLog(ops.DropTableOp):
    """A table of events that is dropped, with a remark on what is lost, for who reviews the migration."""

    def __init__(self, found: ops.DropTableOp, remark: str) -> None:
        vars(self).update(vars(found))  # Alembic's constructor would not take all of them
        self.found = found
        self.remark = remark


@renderers.dispatch_for(DropLog)
def _render(context: AutogenContext, operation: DropLog) -> list[str]:
    return [
        *(f"# {line}" for line in operation.remark.splitlines()),
        render_op_text(context, operation.found),
    ]


class CreateArchive(ops.CreateTableOp):
    """An archive that comes to a log: on the way back its events return to the log."""

    def __init__(self, found: ops.CreateTableOp, model: str) -> None:
        vars(self).update(vars(found))
        self.model = model

    def reverse(self) -> Any:  # Alembic's own says DropTableOp, and takes any operation
        return _emptied(self.model, super().reverse())


def keep_archived_events(upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]) -> None:
    """Have each archive that goes, on the way up or down, emptied into its log before anything else happens to either."""
    for log in logs:
        name, schema, model = log.events.name, log.events.schema, log.folded.name
        of_archive = [o for o in upgrade_ops.ops if _place(o) == (schema, f"{name}_archive")]
        if log.archive is None and any(isinstance(o, ops.DropTableOp) for o in of_archive):
            first = [_emptied(model, o) if isinstance(o, ops.DropTableOp) else o for o in of_archive]
            upgrade_ops.ops[:] = [*first, *(o for o in upgrade_ops.ops if o not in of_archive)]
        elif (schema, name) not in on_tables(upgrade_ops, ops.CreateTableOp):
            upgrade_ops.ops[:] = [
                CreateArchive(o, model) if isinstance(o, ops.CreateTableOp) and o in of_archive else o
                for o in upgrade_ops.ops
            ]


def _emptied(model: str, operation: ops.DropTableOp) -> DropArchive:
    names = [column.name for column in operation.to_table().columns]
    emptied = DropArchive(model, columns=names, schema=operation.schema)
    emptied.dropped = operation
    return emptied


def warn_of_dropped_logs(upgrade_ops: ops.UpgradeOps) -> None:
    """Warn that a table of events is dropped with all of them, and of what to do where its model has a new name."""
    created = [
        o.table_name for o in upgrade_ops.ops if isinstance(o, ops.CreateTableOp) and _is_log(o.columns)
    ]
    for i, operation in enumerate(upgrade_ops.ops):
        if isinstance(operation, ops.DropTableOp) and _is_log(operation.to_table().columns):
            remark = f"All events of {operation.table_name} go with it, for good."
            if created:
                remark += (
                    f"\nIf its model is called otherwise now ({', '.join(created)}), use op.rename_table() for its tables "
                    "instead, and generate what is left to do after it."
                )
            _logger.warning("%s", remark)
            upgrade_ops.ops[i] = DropLog(operation, remark)


def _is_log(columns: Iterable[Any]) -> bool:
    names = {column.name for column in columns if isinstance(column, Column)}
    return {"seq", "position", "osiris_cleared"} <= names


def _place(operation: ops.MigrateOperation) -> Place | None:
    if isinstance(operation, ops.CreateTableOp | ops.DropTableOp | ops.ModifyTableOps):
        return operation.schema, operation.table_name
    return None
