"""Read a table that vanishes while a model of its name gets a log as its adoption, and never propose to drop it."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from warnings import catch_warnings, simplefilter

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Dialect, Table, UniqueConstraint, literal_column
from sqlalchemy.schema import sort_tables

from sqla_osiris.alembic.compare.adoption_in_place import heads_to_adopt, new_checks, seq_check, take_parts
from sqla_osiris.alembic.compare.places import on_tables, tables_of
from sqla_osiris.alembic.operations.adoption import AdoptTable
from sqla_osiris.databases.identifiers import as_driver_reads
from sqla_osiris.databases.plan import STALE
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Inline

__all__ = ["compare_adoption", "write_back_first"]

# An application's env.py shows what Alembic says.
_logger = logging.getLogger("alembic.autogenerate.sqla_osiris")


def compare_adoption(context: AutogenContext, upgrade_ops: ops.UpgradeOps, logs: Iterable[Log]) -> None:
    """Adopt each ordinary table that a model takes the name of."""
    for log in _in_order(logs):
        heads = heads_to_adopt(context, upgrade_ops, log)
        if heads is not None:
            _adopt_in_place(context, upgrade_ops, log, heads)
            continue
        found = on_tables(upgrade_ops, ops.DropTableOp).get((log.events.schema, log.folded.name))
        old = None if found is None else found.to_table()
        if old is None or not set(log.context_names) <= set(old.c.keys()):
            continue
        # Its indexes are not dropped either.
        upgrade_ops.ops[:] = [o for o in upgrade_ops.ops if not _is_of(o, log)]
        if (log.events.schema, log.events.name) not in on_tables(upgrade_ops, ops.CreateTableOp):
            _logger.info("%s was adopted: drop it yourself when nothing needs it any more", old.name)
            continue
        indexes = [o for o in upgrade_ops.ops if _is_on(o, log.events) or _is_on(o, log.heads)]
        others = [o for o in upgrade_ops.ops if o not in indexes]
        keys = list(_keys_to(log, others))
        others = [o for o in others if not (isinstance(o, ops.ModifyTableOps) and not o.ops)]
        # An index of all rows at once is created faster than one that grows with each row.
        upgrade_ops.ops[:] = [
            *others,
            _adoption(context, log, old.name, old.c.keys()),
            *indexes,
            *keys,
        ]


def _adopt_in_place(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, log: Log, heads: ops.ModifyTableOps
) -> None:
    """Have the table that is there become the heads once the log is there; other changes of it come before."""
    columns = context.inspector.get_columns(log.heads.name, schema=log.heads.schema)
    checks = new_checks(context, heads)
    parts = {**take_parts(heads, columns, log), "check": seq_check(context, log)}
    adoption = _adoption(context, log, log.heads.name, [column["name"] for column in columns], **parts)
    indexes = [o for o in upgrade_ops.ops if _is_on(o, log.events)]
    others = [
        o
        for o in upgrade_ops.ops
        if o not in indexes and not (isinstance(o, ops.ModifyTableOps) and not o.ops)
    ]
    upgrade_ops.ops[:] = [*others, adoption, *indexes, *([checks] if checks.ops else [])]


def _is_on(operation: Any, table: Table) -> bool:
    kinds = ops.ModifyTableOps | ops.CreateIndexOp
    return isinstance(operation, kinds) and (operation.table_name, operation.schema) == (
        table.name,
        table.schema,
    )


def write_back_first(upgrade_ops: ops.UpgradeOps) -> None:
    """Have the downgrade begin with writing states back, which may be refused: some databases do not take DDL back then.

    Call it when nothing is added any more.
    """
    upgrade_ops.ops += [_WritingBack(o) for o in upgrade_ops.ops if isinstance(o, AdoptTable)]


class _Adoption(AdoptTable):
    """An adoption that is taken back elsewhere in the downgrade: there is nothing to do in its place."""

    def reverse(self) -> Any:  # as AdoptTable's, or nothing
        return ops.ModifyTableOps(self.table_name, [], schema=self.schema)


class _WritingBack(ops.ModifyTableOps):
    """Nothing on the way up; on the way down, the operation that writes the states of an adopted table back."""

    def __init__(self, adoption: AdoptTable) -> None:
        super().__init__(adoption.table_name, [], schema=adoption.schema)
        self.adoption = adoption

    def reverse(self) -> Any:  # Alembic's own says ModifyTableOps, and takes any operation
        return AdoptTable.reverse(self.adoption)


def _in_order(logs: Iterable[Log]) -> list[Log]:
    """Return the logs in an order in which the heads that others refer to come first: their rows must be there."""
    by_heads = {log.heads: log for log in logs}
    with catch_warnings():
        simplefilter("ignore")  # of heads that refer to each other: no order is right
        ordered = sort_tables(by_heads)
    return [by_heads[heads] for heads in ordered]


def _keys_to(log: Log, operations: Iterable[Any]) -> Iterator[ops.ModifyTableOps]:
    """Take others' keys to the heads out: they are created when these are filled."""
    heads = (log.heads.name, log.heads.schema)
    for operation in operations:
        if not isinstance(operation, ops.ModifyTableOps):
            continue
        keys = [
            o
            for o in operation.ops
            if isinstance(o, ops.CreateForeignKeyOp)
            and (o.referent_table, o.kw.get("referent_schema")) == heads
        ]
        if keys:
            operation.ops[:] = [o for o in operation.ops if o not in keys]
            yield ops.ModifyTableOps(operation.table_name, keys, schema=operation.schema)


def _is_of(operation: Any, log: Log) -> bool:
    return (
        isinstance(operation, ops.DropTableOp | ops.ModifyTableOps | ops.DropIndexOp)
        and operation.table_name == log.folded.name
        and operation.schema == log.events.schema
    )


def _adoption(
    context: AutogenContext, log: Log, old: str, columns: Sequence[str], **in_place: Any
) -> AdoptTable:
    dialect = context.migration_context.dialect
    quote = _quoting(dialect)
    # A migration has no keys to encrypt with.
    fields = [name for name in log.fields if name in columns and name not in log.encrypted]
    left = [name for name in columns if name not in (*log.context_names, *fields)]
    stays = f"{old} stays, until you drop it"
    remark = f"Each row becomes a first event; {stays if not in_place else f'{old} itself is the heads'}."
    if left:
        remark += f"\nOf no field, and left in {old} alone: {', '.join(left)}."
    folds = isinstance(log.policy, Inline) and log.merges_inline(database_of(dialect))
    undeclared = sorted(_undeclared(context, log, old))
    if undeclared:
        goes = "is left in the table alone" if not in_place else "states are not kept to it as they should be"
        remark += f"\nThe model does not declare {', '.join(undeclared)}: declare it, or {goes}."
    state = _state(log, fields, dialect) if folds else None
    if in_place and state is not None:
        state = {name: source for name, source in state.items() if source != quote(name)} or None
        in_place["in_place"] = True
    return _Adoption(
        old,
        log.folded.name,
        key={name: quote(name) for name in log.context_names},
        fields={name: quote(name) for name in fields},
        state=state,
        initial=None if folds else _identities(log),
        fingerprint=STALE if isinstance(log.policy, Inline) and not folds else log.fingerprint,
        **({"schema": log.events.schema} if in_place else tables_of(log)),
        **in_place,
    ).with_remark(remark)


def _undeclared(context: AutogenContext, log: Log, old: str) -> Iterator[str]:
    """Yield the names of a table's uniques and CHECKs that the model's heads have not, neither by name nor by columns."""
    inspector, heads, schema = context.inspector, log.heads, log.heads.schema
    declared: list[Any] = [*heads.constraints, *heads.indexes]
    names = {str(each.name).replace(heads.name, old) for each in declared}
    columns = {frozenset(c.columns.keys()) for c in heads.constraints if isinstance(c, UniqueConstraint)}
    columns |= {frozenset(each.columns.keys()) for each in heads.indexes if each.unique}
    for unique in inspector.get_unique_constraints(old, schema=schema):
        if unique["name"] not in names and frozenset(unique["column_names"]) not in columns:
            yield f"the unique {unique['name'] or ', '.join(unique['column_names'])}"
    for check in inspector.get_check_constraints(old, schema=schema):
        if check["name"] not in names:
            yield f"the CHECK {check['name'] or check['sqltext']}"


def _quoting(dialect: Dialect) -> Callable[[str], str]:
    """Return what quotes a column for a migration's text; what runs that doubles percent signs itself."""
    return lambda name: as_driver_reads(dialect, dialect.identifier_preparer.quote(name))


def _identities(log: Log) -> dict[str, Any] | None:
    forms = {name: accumulator.form for name, accumulator in log.accumulators.items()}
    return {name: form.identity for name, form in forms.items() if form.identity is not None} or None


def _state(log: Log, fields: list[str], dialect: Any) -> dict[str, str]:
    """Return SQL over a row for each column of the head: what the row's event folds to."""
    quote = _quoting(dialect)
    state = {}
    for name, accumulator in log.accumulators.items():
        source = quote(accumulator.field)
        lifted = accumulator.form.lift(literal_column(source), database_of(dialect))
        compiled = str(lifted.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        text = as_driver_reads(dialect, compiled)
        identity = accumulator.form.identity
        if accumulator.field not in fields:
            state[name] = "NULL" if identity is None else repr(identity)
        elif text != source:
            state[name] = f"CASE WHEN {source} IS NULL THEN {identity!r} ELSE {text} END"
        else:
            state[name] = text if identity is None else f"coalesce({text}, {identity!r})"
    return state
