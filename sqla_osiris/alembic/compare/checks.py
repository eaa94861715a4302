"""The CHECK constraints of heads, by name and by what the database makes of them: Alembic by itself compares none.

A database writes a condition in words of its own. Those of a model's are found out by a temporary table of the same columns.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import CheckConstraint, Connection, MetaData, Table, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, DropTable

from sqla_osiris.alembic.compare.places import on_tables, place_of
from sqla_osiris.databases.definitions import comparable
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import OWN_CHECK, Log

__all__ = ["compare_checks"]

_SCRATCH: Final = "osiris_compared"


def compare_checks(context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]) -> None:
    """Add, replace and drop the CHECK constraints of heads that are there. One without a name is not compared."""
    created = on_tables(upgrade_ops, ops.CreateTableOp)
    for log in logs:
        schema, name = place = place_of(context, log.heads)
        if place in created or not context.inspector.has_table(name, schema=schema):
            continue
        modified = on_tables(upgrade_ops, ops.ModifyTableOps).get(place)
        # Alembic's own plugin for CHECK constraints, where an environment names it, comes first.
        known = {getattr(each, "constraint_name", None) for each in modified.ops} if modified else set()
        found = [each for each in _changes(context, log.heads) if each.constraint_name not in known]
        if found and modified is None:
            upgrade_ops.ops.append(ops.ModifyTableOps(name, found, schema=schema))
        elif modified is not None:
            modified.ops.extend(found)


def _changes(context: AutogenContext, heads: Table) -> Iterator[Any]:
    connection: Any = context.connection
    checks = {_name(connection, each): each for each in _checks(heads)}
    theirs = {name: each for name, each in checks.items() if name is not None and not _is_own(each)}
    there = context.inspector.get_check_constraints(heads.name, schema=heads.schema)
    found = {str(each["name"]): str(each["sqltext"]) for each in there if each["name"] is not None}
    nameless = {comparable(str(each["sqltext"])) for each in there if each["name"] is None}
    unknown = found.keys() - checks.keys()
    compared = unknown or nameless or found.keys() & theirs.keys()
    written = _as_written(connection, heads) if compared else {}
    conditions = {name: comparable(condition) for name, condition in written.items()}
    for name in sorted(unknown):
        # One that has no name in the model got one from the database.
        if comparable(found[name]) not in conditions.values() and _is_compared(context, heads, name, None):
            yield _dropped(heads, name, found[name])
    for name, check in sorted(theirs.items()):
        here = nameless if name not in found else {comparable(found[name])}
        if (conditions[name] in here) if name in conditions else (name in found):
            continue
        if _is_compared(context, heads, name, check):
            if name in found:
                yield _dropped(heads, name, found[name])
            yield ops.CreateCheckConstraintOp.from_constraint(check)


def _checks(heads: Table) -> list[CheckConstraint]:
    return [each for each in heads.constraints if isinstance(each, CheckConstraint)]


def _is_own(check: CheckConstraint) -> bool:
    """Whether it is the library's, or one that a type brings along: it comes and goes with its column."""
    return OWN_CHECK in check.info or check._type_bound  # noqa: SLF001  (nothing public says it)


def _name(connection: Connection, check: CheckConstraint) -> str | None:
    """Its name as the database has it, after a naming convention and its limit of length."""
    if check.name is None:
        return None
    # Alembic asks so, too; all else gives it quoted.
    return connection.dialect.identifier_preparer.format_constraint(check, _alembic_quote=False)


def _is_compared(context: AutogenContext, heads: Table, name: str, check: CheckConstraint | None) -> bool:
    parents: Any = {"table_name": heads.name, "schema_name": heads.schema}
    kind: Any = "check_constraint"
    return context.run_name_filters(name, kind, parents) and (
        check is None or context.run_object_filters(check, name, kind, reflected=False, compare_to=None)
    )


def _dropped(heads: Table, name: str, written: str) -> ops.DropConstraintOp:
    table = Table(heads.name, MetaData(), schema=heads.schema)
    return ops.DropConstraintOp.from_constraint(CheckConstraint(written, name=name, table=table))


def _as_written(connection: Connection, heads: Table) -> dict[str, str]:
    """Return the conditions of the model's CHECKs in the database's words; none where it makes no temporary table."""
    no_schema: Any = None  # which to_metadata() takes
    scratch = heads.to_metadata(MetaData(), schema=no_schema, name=_SCRATCH)
    scratch._prefixes = ["TEMPORARY"]  # noqa: SLF001  (Table takes them when it is made, a copy has none)
    database = database_of(connection.dialect)
    whole: AbstractContextManager[Any] = (
        nullcontext() if database.answers_after_errors else connection.begin_nested()
    )
    try:
        with whole:
            connection.execute(CreateTable(scratch, include_foreign_key_constraints=[]))
            try:
                written = inspect(connection).get_check_constraints(_SCRATCH)
            finally:
                connection.execute(DropTable(scratch))
    except DBAPIError:
        return {}
    return {str(each["name"]): str(each["sqltext"]) for each in written}
