"""Read a table that gets a model's columns while the model gets its log as one that becomes the model's heads."""

from collections.abc import Sequence
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import CheckConstraint, Column, literal_column

from sqla_osiris.alembic.compare.places import on_tables, place_of
from sqla_osiris.alembic.operations.adoption_in_place import OWN_COLUMNS
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.definitions import comparable
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import OWN_CHECK, Field, Log
from sqla_osiris.schema.policies import Inline
from sqla_osiris.schema.tables import seq_check_name

__all__ = ["heads_to_adopt", "new_checks", "seq_check", "take_parts"]


def heads_to_adopt(context: AutogenContext, upgrade_ops: ops.UpgradeOps, log: Log) -> Any:
    """Return Alembic's operations on the table that becomes the model's heads, or None. Raises OsirisError if it cannot."""
    found = on_tables(upgrade_ops, ops.ModifyTableOps).get(place_of(context, log.heads))
    created = place_of(context, log.events) in on_tables(upgrade_ops, ops.CreateTableOp)
    if not created or found is None or not any(map(_adds_seq, found.ops)):
        return None
    database = database_of(context.migration_context.dialect)
    others = [name for name, field in log.fields.items() if not _holds_the_value(field, database)]
    reasons = {
        "__snapshot__ = Inline() alone has the present in the heads": not isinstance(log.policy, Inline),
        f"the heads hold {', '.join(others)} as something else than the value": others,
        f"a migration has no keys to encrypt {', '.join(log.encrypted)}": log.encrypted,
    }
    for reason, given in reasons.items():
        if given:
            raise OsirisError(
                f"{log.model}: the table {log.heads.name} cannot become the heads in place, as {reason}. Give "
                "__snapshot_table__ another name, so that the rows are adopted by new tables."
            )
    return found


def _holds_the_value(field: Field, database: Database) -> bool:
    """Whether the head's column of the field's name holds what a row does: one value, folded by SQL, is the state."""
    forms = field.sql.accumulators(field.name)
    if field.sql.in_python(database) or list(forms) != [field.name]:
        return False
    value: Any = literal_column(field.name)
    return str(forms[field.name].lift(value, database)) == str(value)


def _adds_seq(operation: Any) -> bool:
    return isinstance(operation, ops.AddColumnOp) and operation.column.name == "seq"


def new_checks(context: AutogenContext, found: ops.ModifyTableOps) -> ops.ModifyTableOps:
    """Return the CHECKs that are new to the table, which read the columns that come. Those that are there are adopted."""
    there = context.inspector.get_check_constraints(found.table_name, schema=found.schema)
    names = {each["name"] for each in there}
    nameless = {comparable(str(each["sqltext"]))[1] for each in there if each["name"] is None}
    options = {"literal_binds": True, "include_table": False}
    dialect = context.migration_context.dialect

    def is_new(operation: Any) -> bool:
        if not isinstance(operation, ops.CreateCheckConstraintOp) or operation.constraint_name in names:
            return False
        condition: Any = operation.condition
        return comparable(str(condition.compile(dialect=dialect, compile_kwargs=options)))[1] not in nameless

    return ops.ModifyTableOps(found.table_name, list(filter(is_new, found.ops)), schema=found.schema)


def seq_check(context: AutogenContext, log: Log) -> str | None:
    """Return the name of the library's own CHECK, as a naming convention has it."""
    own = next(c for c in log.heads.constraints if isinstance(c, CheckConstraint) and OWN_CHECK in c.info)
    name = context.migration_context.dialect.identifier_preparer.format_constraint(own, _alembic_quote=False)
    return None if name == seq_check_name(log.heads.name) else name


def _is_check(operation: Any) -> bool:
    dropped = isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "check"
    return dropped or isinstance(operation, ops.CreateCheckConstraintOp)


def take_parts(found: ops.ModifyTableOps, columns: Sequence[Any], log: Log) -> dict[str, Any]:
    """Take out of Alembic's operations what the adoption itself does, and drops of columns. Its parts.

    ``columns`` are the table's. One that no field takes stays, and is given nothing from then on.
    """
    left = [c for c in columns if c["name"] not in log.heads.c and not c["nullable"] and c["default"] is None]
    altered = [o for o in found.ops if isinstance(o, ops.AlterColumnOp)]
    retyped = [o for o in altered if o.modify_type is not None]
    indexes: list[Any] = [o for o in found.ops if _is_own_index(o)]
    parts = {
        "required": [*(o.column_name for o in altered if o.modify_nullable), *(c["name"] for c in left)],
        "types": [Column(o.column_name, o.modify_type) for o in retyped],
        "existing_types": [Column(o.column_name, o.existing_type) for o in retyped],
        "index": next((o.index_name for o in indexes), None),
    }
    for operation in altered:
        operation.modify_nullable = None
        operation.modify_type = None
    kinds = _is_own_column, _is_check, _is_empty, _drops_column
    found.ops[:] = [o for o in found.ops if not (o in indexes or any(kind(o) for kind in kinds))]
    return {name: part for name, part in parts.items() if part}


def _is_own_column(operation: Any) -> bool:
    return isinstance(operation, ops.AddColumnOp) and operation.column.name in OWN_COLUMNS


def _is_own_index(operation: Any) -> bool:
    if not isinstance(operation, ops.CreateIndexOp):
        return False
    columns: Sequence[Any] = operation.columns
    return [getattr(each, "name", each) for each in columns] == ["osiris_fingerprint"]


def _drops_column(operation: Any) -> bool:
    return isinstance(operation, ops.DropColumnOp)


def _is_empty(operation: Any) -> bool:
    return isinstance(operation, ops.AlterColumnOp) and not operation.has_changes()
