"""The effects of ``adopt_table`` and ``materialise``: both run within the database, whatever the number of rows."""

import json
from collections.abc import Mapping
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from sqla_osiris.alembic.operations.adoption import ADOPTED, AdoptTable, Materialise
from sqla_osiris.alembic.operations.base import Table, database, forget_groups, run, table_with
from sqla_osiris.alembic.operations.checking_adoption import check_adopted
from sqla_osiris.alembic.operations.covering import keys_created_afterwards
from sqla_osiris.alembic.operations.own_references import checked_afterwards, own_references
from sqla_osiris.databases.elements import transaction_id
from sqla_osiris.databases.positions import XID
from sqla_osiris.errors import OsirisError


@Operations.implementation_for(AdoptTable)
def _adopt(operations: Operations, operation: AdoptTable) -> None:
    forget_groups(operations, operation.logs)
    written = [*operation.logs, operation.heads]
    with keys_created_afterwards(operations, written), checked_afterwards(operations, operation.heads):
        run(operations, _first_events(operations, operation), _first_heads(operation))
    if not operations.migration_context.as_sql:
        check_adopted(operations, operation)


def _first_events(operations: Operations, operation: AdoptTable) -> Any:
    one: ColumnElement[Any] = literal_column("1", BigInteger())
    values = _columns(operation.key) | {"seq": one} | _columns(operation.fields)
    if database(operations).counts_from_the_greatest:
        values["position"] = func.row_number().over()
    values["event_type"] = literal(ADOPTED, String())
    meta = literal(json.dumps({"adopted_from": operation.table_name}), String())
    values["event_meta"] = database(operations).document(meta)
    return _from_rows(operation, operation.logs[0], values)


def _first_heads(operation: AdoptTable) -> Any:
    numbers = {
        "seq": 1,
        "osiris_origin": 0,
        "osiris_folded": 1 if operation.state else 0,
        "osiris_fingerprint": operation.fingerprint,
    }
    values = _columns(operation.key)
    values |= {name: literal_column(str(number), BigInteger()) for name, number in numbers.items()}
    values[XID] = transaction_id()
    values |= {name: literal(identity) for name, identity in (operation.initial or {}).items()}
    values |= _columns(operation.state or {})
    return _from_rows(operation, operation.heads, values)


def _columns(sources: Mapping[str, str]) -> dict[str, Any]:
    return {name: literal_column(source) for name, source in sources.items()}


def _from_rows(operation: AdoptTable, where: Table, values: Mapping[str, Any]) -> Any:
    rows = select(*values.values()).select_from(table_with(operation.table))
    return insert(table_with(where, *values)).from_select(list(values), rows)


@Operations.implementation_for(Materialise)
def _materialise(operations: Operations, operation: Materialise) -> None:
    if not operation.columns:
        return
    if not operations.migration_context.as_sql:
        _refuse_unfolded(operations, operation)
    with checked_afterwards(operations, operation.table):
        run(operations, *_statements(operations, operation))
    written = table_with(operation.table, *operation.key, *operation.columns)
    run(operations, *database(operations).move_keys_on(operations.migration_context.dialect, written))


def _statements(operations: Operations, operation: Materialise) -> list[Any]:
    target, states, same = _target(operation)
    values = {name: states.c[f"c{i}"] for i, name in enumerate(operation.columns)}
    steps = [
        delete(target).where(not_(exists().where(same))),
        update(target).where(same).values(values),
        _insert_of_new(operation, target, states, same),
    ]
    # What goes may be referred to until the others are changed, and what they refer to then may be new.
    return steps[::-1] if own_references(operations, operation.table) else steps


def _target(operation: Materialise) -> tuple[Any, Any, Any]:
    names = [*operation.key, *operation.columns]
    target = table_with(operation.table, *names)
    heads = _heads(operation)
    states = (
        select(
            *(literal_column(source).label(f"k{i}") for i, source in enumerate(operation.key.values())),
            *(literal_column(source).label(f"c{i}") for i, source in enumerate(operation.columns.values())),
        )
        .select_from(heads)
        .where(heads.c.seq > heads.c.osiris_origin)
        .subquery("state")
    )
    same = and_(*(target.c[name] == states.c[f"k{i}"] for i, name in enumerate(operation.key)))
    return target, states, same


def _insert_of_new(operation: Materialise, target: Any, states: Any, same: Any) -> Any:
    names = [*operation.key, *operation.columns]
    known = exists(select(literal_column("1")).select_from(target).where(same).correlate(states))
    return insert(target).from_select(names, select(*states.c).where(not_(known)))


def _heads(operation: Materialise) -> Any:
    return table_with(operation.heads, "seq", "osiris_origin", "osiris_folded", "osiris_fingerprint")


def _refuse_unfolded(operations: Operations, operation: Materialise) -> None:
    heads = _heads(operation)
    behind = or_(heads.c.osiris_fingerprint != operation.fingerprint, heads.c.osiris_folded < heads.c.seq)
    query = select(func.count()).select_from(heads).where(heads.c.seq > heads.c.osiris_origin, behind)
    found = operations.get_bind().scalar(query)
    if found:
        raise OsirisError(
            f"materialise({operation.model!r}): {found} states are not folded in {operation.model}_snapshot by the model "
            "of this revision. Run repository(Model, engine).snapshots() with that version of the code first."
        )
