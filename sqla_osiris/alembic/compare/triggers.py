"""The triggers of a log that a model asks for, and those found: they refuse to change events, or notify of new ones."""

from collections.abc import Callable, Iterable

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Connection

from sqla_osiris.alembic.compare.places import Place, connection_of, is_included, ordered, place_of
from sqla_osiris.alembic.operations.append_only import CreateAppendOnly
from sqla_osiris.alembic.operations.archives import DropArchive
from sqla_osiris.alembic.operations.base import TableOperation
from sqla_osiris.alembic.operations.notifying import CreateNotify
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.triggers import guard_name
from sqla_osiris.keeping.triggers import protected_tables
from sqla_osiris.schema.log import Stream

__all__ = ["compare_notification", "compare_protection"]


def compare_protection(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, streams: Iterable[Stream]
) -> None:
    """Protect the logs whose models ask for it, and unprotect those whose models do not, or which are dropped."""
    connection = connection_of(context)
    logs = [(stream, log) for stream in streams for log in (stream.events, stream.archive) if log is not None]
    known = {place_of(context, log) for _, log in logs}
    # A guard is no table of the application's, even where the rest of the protection is gone.
    guards = {
        (schema, guard_name(name))
        for schema in _schemas(known, upgrade_ops)
        for name in protected_tables(connection, schema, partly=True)
    }
    upgrade_ops.ops[:] = [
        o
        for o in upgrade_ops.ops
        if not (isinstance(o, ops.DropTableOp) and (o.schema, o.table_name) in guards)
    ]
    wanted = {place_of(context, log) for stream, log in logs if stream.append_only}
    _compare(context, upgrade_ops, CreateAppendOnly, protected_tables, known, wanted)


def compare_notification(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, streams: Iterable[Stream]
) -> None:
    """Have the database notify of events whose models ask for it, and no longer of others."""
    if database_of(connection_of(context).dialect).notifies:
        known = {place_of(context, stream.events) for stream in streams}
        wanted = {place_of(context, stream.events) for stream in streams if stream.notifies}
        _compare(context, upgrade_ops, CreateNotify, _notifying_tables, known, wanted)


def _compare(  # noqa: PLR0913, PLR0917  (what is compared, and with what)
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    kind: type[TableOperation],
    tables_with_triggers: Callable[[Connection, str | None], set[str]],
    known: set[Place],
    wanted: set[Place],
) -> None:
    """Drop triggers before the tables that have them, and create them after theirs."""
    found = {
        (schema, name)
        for schema in _schemas(known, upgrade_ops)
        for name in tables_with_triggers(connection_of(context), schema)
        if is_included(context, schema, name)
    }
    leaving = found & (_dropped(upgrade_ops) | (known - wanted))
    upgrade_ops.ops[:] = [
        *(kind.opposite(name, schema=schema) for schema, name in ordered(leaving)),
        *upgrade_ops.ops,
        *(kind(name, schema=schema) for schema, name in ordered(wanted - found)),
    ]


def _schemas(known: set[Place], upgrade_ops: ops.UpgradeOps) -> set[str | None]:
    return {schema for schema, _ in known | _dropped(upgrade_ops)}


def _dropped(upgrade_ops: ops.UpgradeOps) -> set[Place]:
    tables = {(o.schema, o.table_name) for o in upgrade_ops.ops if isinstance(o, ops.DropTableOp)}
    archives = {o.logs[1] for o in upgrade_ops.ops if isinstance(o, DropArchive)}
    return tables | {(schema, name) for name, schema in archives}


def _notifying_tables(connection: Connection, schema: str | None) -> set[str]:
    return database_of(connection.dialect).notifying_tables(connection, schema)
