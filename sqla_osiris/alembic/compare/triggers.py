"""The triggers of a log that a model asks for, and those found: they refuse to change events, or notify of new ones."""

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import partial
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from sqla_osiris.alembic.compare.places import Place, on_tables, place_of
from sqla_osiris.alembic.operations.archives import DropArchive
from sqla_osiris.alembic.operations.base import TableOperation
from sqla_osiris.alembic.operations.triggers import CreateAppendOnly, CreateNotify
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.triggers import guard_name
from sqla_osiris.schema.log import Log

__all__ = ["compare_triggers"]


def compare_triggers(context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Sequence[Log]) -> None:
    """Protect the logs whose models ask for it, and unprotect those whose models do not, or which are dropped.

    Where the database can notify, it notifies of events whose models ask for that, and no longer of others.
    """
    connection: Any = context.connection
    database = database_of(connection.dialect)
    protected = partial(database.protected_tables, connection)
    places = {place_of(context, table) for log in logs for table in log.event_tables}
    heads = {place_of(context, log.heads) for log in logs if log.heads_are_named}
    # A guard is no table of the application's, even where the rest of the protection is gone.
    guards = {
        (schema, guard_name(name))
        for schema in _schemas(places | heads, upgrade_ops)
        for name in protected(schema, partly=True)
    }
    upgrade_ops.ops[:] = [
        o
        for o in upgrade_ops.ops
        # Its indexes are dropped with it, one by one.
        if not (isinstance(o, ops.DropTableOp | ops.ModifyTableOps) and (o.schema, o.table_name) in guards)
    ]
    wanted = {place_of(context, table) for log in logs for table in log.append_only_tables}
    found = partial(protected, partly=False)
    renewed = _with_altered_keys(context, upgrade_ops, logs) if database.guards_by_key else set[Place]()
    _compare(context, upgrade_ops, partial(_append_only, heads), found, places | heads, wanted, renewed)
    if database.notifies:
        places = {place_of(context, log.events) for log in logs}
        wanted = {place_of(context, log.events) for log in logs if log.notifies}
        notifying = partial(database.notifying_tables, connection)
        _compare(context, upgrade_ops, _notify, notifying, places, wanted)


def _with_altered_keys(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]
) -> set[Place]:
    """Return the tables with a column of their primary key that is altered."""
    modified = on_tables(upgrade_ops, ops.ModifyTableOps)
    tables = {place_of(context, table): table for log in logs for table in log.append_only_tables}
    return {
        place
        for place in tables.keys() & modified.keys()
        for each in modified[place].ops
        if isinstance(each, ops.AlterColumnOp) and each.column_name in tables[place].primary_key.columns
    }


def _append_only(heads: Container[Place], place: Place) -> CreateAppendOnly:
    schema, name = place
    return CreateAppendOnly(name, schema=schema, heads=place in heads)


def _notify(place: Place) -> CreateNotify:
    schema, name = place
    return CreateNotify(name, schema=schema)


def _compare(  # noqa: PLR0913, PLR0917  (what is compared, and with what)
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    creation: Callable[[Place], TableOperation],
    tables_with_triggers: Callable[[str | None], set[str]],
    known: set[Place],
    wanted: set[Place],
    renewed: Collection[Place] = (),
) -> None:
    """Drop triggers before the tables that have them, and create them after theirs; both around what ``renewed`` names."""
    found = {
        (schema, name)
        for schema in _schemas(known, upgrade_ops)
        for name in tables_with_triggers(schema)
        if context.run_name_filters(name, "table", {"schema_name": schema})
    }
    leaving = found & (_dropped(upgrade_ops) | (known - wanted))
    again = (found & wanted).intersection(renewed)
    upgrade_ops.ops[:] = [
        *(creation(place).reverse() for place in _ordered(leaving | again)),
        *upgrade_ops.ops,
        *(creation(place) for place in _ordered((wanted - found) | again)),
    ]


def _schemas(known: Iterable[Place], upgrade_ops: ops.UpgradeOps) -> set[str | None]:
    return {schema for schema, _ in {*known, *_dropped(upgrade_ops)}}


def _dropped(upgrade_ops: ops.UpgradeOps) -> set[Place]:
    archives = {o.logs[1] for o in upgrade_ops.ops if isinstance(o, DropArchive)}
    return {*on_tables(upgrade_ops, ops.DropTableOp), *((schema, name) for name, schema in archives)}


def _ordered(places: Iterable[Place]) -> list[Place]:
    """Return the places by schema and name, so that migrations are reproducible."""
    return sorted(places, key=lambda place: (place[0] or "", place[1]))
