"""What autogenerate adds for event-sourced models, after Alembic's own comparison of their tables."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.util import PriorityDispatchResult, to_list

from sqla_osiris.alembic.columns import enums_of
from sqla_osiris.alembic.compare.adoption import compare_adoption, write_back_first
from sqla_osiris.alembic.compare.checks import compare_checks
from sqla_osiris.alembic.compare.fields import FieldChanges
from sqla_osiris.alembic.compare.places import on_tables, place_of
from sqla_osiris.alembic.compare.removal import keep_archived_events, warn_of_dropped_logs
from sqla_osiris.alembic.compare.snapshots import compare_snapshots
from sqla_osiris.alembic.compare.triggers import compare_triggers
from sqla_osiris.alembic.environment import WrongModels
from sqla_osiris.alembic.operations.base import LogOperation
from sqla_osiris.alembic.operations.covering import CoverLog
from sqla_osiris.alembic.rendering import ENUMS, LogIndex, render_portably
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Log, logs_of
from sqla_osiris.schema.tables import ABSENT_ON

__all__ = ["after", "before"]

# An application's env.py shows what Alembic says.
_logger = logging.getLogger("alembic.autogenerate.sqla_osiris")


def before(context: AutogenContext, _upgrade_ops: ops.UpgradeOps) -> PriorityDispatchResult:
    """Have what Alembic's own comparison finds rendered for every database."""
    _refuse_to_drop_all(context)
    _refuse_lowered_names(context)
    render_portably(context)
    return PriorityDispatchResult.CONTINUE


def _refuse_to_drop_all(context: AutogenContext) -> None:
    """Raise WrongModels where no model is declared, and the database has tables: each of them would be dropped."""
    if any(metadata.tables for metadata in to_list(context.metadata)):
        return
    version = context.opts.get("version_table", "alembic_version")
    found = sorted({*context.inspector.get_table_names()} - {version})
    if found:
        raise WrongModels(
            f"No model is declared, so the migration would drop every table of the database: {', '.join(found)}. Name the "
            "modules in which the models are declared, by models = … in the ini file, or give env.py's target_metadata."
        )


def _refuse_lowered_names(context: AutogenContext) -> None:
    """Raise WrongModels for logs that Alembic would take for others, which no model has: it would drop those."""
    dialect = context.migration_context.dialect
    if not database_of(dialect).lowers_names(dialect):
        return
    for log in (log for metadata in to_list(context.metadata) for log in logs_of(metadata)):
        found = next((table.name for table in log.tables if table.name != table.name.lower()), None)
        if found is not None:
            raise WrongModels(
                f"{log.model}: this server keeps the table {found} as {found.lower()} (lower_case_table_names = 1), and "
                "Alembic would create the one and drop the other. Give the class a __tablename__ in lower case."
            )


def after(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> PriorityDispatchResult:
    """Add what tables alone do not show, and express what they show by the operations of a log."""
    logs = [log for metadata in to_list(context.metadata) for log in logs_of(metadata)]
    context.opts[ENUMS] = enums_of(logs)
    _warn_of_unseen_schemas(context, logs)
    _leave_absent_indexes(context, upgrade_ops, logs)
    compare_snapshots(context, upgrade_ops, logs)
    compare_checks(context, upgrade_ops, logs)
    compare_fields(context, upgrade_ops, logs)
    compare_adoption(context, upgrade_ops, logs)
    keep_archived_events(upgrade_ops, logs)
    compare_triggers(context, upgrade_ops, logs)
    warn_of_dropped_logs(upgrade_ops)
    write_back_first(upgrade_ops)
    upgrade_ops.ops[:] = _portable(upgrade_ops.ops)
    for operation in upgrade_ops.ops:
        if isinstance(operation, LogOperation):
            _logger.info("Detected %s", operation.described)
    return PriorityDispatchResult.CONTINUE


def _warn_of_unseen_schemas(context: AutogenContext, logs: Iterable[Log]) -> None:
    """Warn that existing tables are about to be created, where the environment has Alembic look into one schema alone."""
    if context.opts.get("include_schemas"):
        return
    for log in logs:
        schema, _ = place_of(context, log.events)
        if schema is not None:
            _logger.warning(
                "%s's tables are in the schema %s, which is not compared, so each migration would create them again: "
                "give include_schemas=True to context.configure() in env.py, and an include_name that lets its own "
                "schemas through (osiris.in_schemas_of(target_metadata)).",
                log.model,
                schema,
            )


def _leave_absent_indexes(context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]) -> None:
    """Add no index to a table that ``create_all`` creates without it on this database.

    A new table's migration may run on another database, and has them all.
    """
    dialect = context.migration_context.dialect.name
    absent = {
        index.name
        for log in logs
        for table in log.tables
        for index in table.indexes
        if dialect in index.info.get(ABSENT_ON, ())
    }
    created = {name for _, name in on_tables(upgrade_ops, ops.CreateTableOp)}
    for operation in upgrade_ops.ops:
        if isinstance(operation, ops.ModifyTableOps) and operation.table_name not in created:
            operation.ops[:] = [
                o for o in operation.ops if not (isinstance(o, ops.CreateIndexOp) and o.index_name in absent)
            ]
    upgrade_ops.ops[:] = [o for o in upgrade_ops.ops if not (isinstance(o, ops.ModifyTableOps) and not o.ops)]


def compare_fields(context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]) -> None:
    """Express changed columns of a model's tables as changes of its fields."""
    for log in logs:
        created = on_tables(upgrade_ops, ops.CreateTableOp)
        if (log.events.schema, log.events.name) in created:
            continue
        archived = log.archive is not None and (log.archive.schema, log.archive.name) not in created
        changes = FieldChanges(context, log, on_tables(upgrade_ops, ops.ModifyTableOps), archived=archived)
        covering = list(_covering(context, log, changes.renamed))
        before, after = changes.before(), changes.after()
        first, rest = _parted(upgrade_ops.ops)
        upgrade_ops.ops[:] = [*first, *before, *rest, *covering, *after]


def _parted(operations: Iterable[ops.MigrateOperation]) -> tuple[list[Any], list[Any]]:
    """Return what must come before changes of fields and what after them: an index has its column's old or new name."""
    first: list[Any] = []
    rest: list[Any] = []
    for operation in operations:
        if not isinstance(operation, ops.ModifyTableOps):
            rest.append(operation)
            continue
        for part, drops in ((first, True), (rest, False)):
            found = [o for o in operation.ops if isinstance(o, _DROPS) is drops]
            if found:
                part.append(ops.ModifyTableOps(operation.table_name, found, schema=operation.schema))
    return first, rest


_DROPS = (ops.DropIndexOp, ops.DropConstraintOp)


def _covering(context: AutogenContext, log: Log, renamed: Mapping[str, str]) -> Iterator[CoverLog]:
    if not database_of(context.migration_context.dialect).keys_beside_rows:
        return
    found = context.inspector.get_pk_constraint(log.events.name, schema=log.events.schema)
    there = found.get("dialect_options", {}).get("postgresql_include") or []
    key = log.events.primary_key
    wanted = list(key.dialect_options["postgresql"].get("include") or [])
    existing = [renamed.get(name, name) for name in there]
    if found.get("name") and set(wanted) != set(existing):
        yield CoverLog(
            log.folded.name,
            [column.name for column in key.columns],
            include=wanted,
            existing_include=existing,
            constraint_name=str(found["name"]),
            schema=log.events.schema,
        )


def _portable(operations: list[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ops.ModifyTableOps):
            operation.ops[:] = _portable(operation.ops)
    return [LogIndex.of(o) if isinstance(o, ops.CreateIndexOp) else o for o in operations]
