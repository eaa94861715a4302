"""Read a table that vanishes while a model of its name gets a log as its adoption, and never propose to drop it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Dialect, literal_column
from sqlalchemy.schema import sort_tables

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
        found = on_tables(upgrade_ops, ops.DropTableOp).get((log.events.schema, log.folded.name))
        old = None if found is None else found.to_table()
        if old is None or not set(log.context_names) <= set(old.c.keys()):
            continue
        # Its indexes are not dropped either.
        upgrade_ops.ops[:] = [o for o in upgrade_ops.ops if not _is_of(o, log)]
        if (log.events.schema, log.events.name) not in on_tables(upgrade_ops, ops.CreateTableOp):
            _logger.info("%s was adopted: drop it yourself when nothing needs it any more", old.name)
            continue
        filled = {(table.name, table.schema) for table in (log.events, log.heads)}
        indexes = [
            o
            for o in upgrade_ops.ops
            if isinstance(o, ops.ModifyTableOps | ops.CreateIndexOp) and (o.table_name, o.schema) in filled
        ]
        others = [o for o in upgrade_ops.ops if o not in indexes]
        keys = list(_keys_to(log, others))
        others = [o for o in others if not (isinstance(o, ops.ModifyTableOps) and not o.ops)]
        # An index of all rows at once is created faster than one that grows with each row.
        upgrade_ops.ops[:] = [*others, _adoption(context, log, old), *indexes, *keys]


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


def _adoption(context: AutogenContext, log: Log, old: Any) -> AdoptTable:
    dialect = context.migration_context.dialect
    quote = _quoting(dialect)
    # A migration has no keys to encrypt with.
    fields = [name for name in log.fields if name in old.c and name not in log.encrypted]
    left = [c.name for c in old.c if c.name not in (*log.context_names, *fields)]
    remark = f"Each row becomes a first event; {old.name} stays, until you drop it."
    if left:
        remark += f"\nOf no field, and left in {old.name} alone: {', '.join(left)}."
    folds = isinstance(log.policy, Inline) and log.merges_inline(database_of(dialect))
    return _Adoption(
        old.name,
        log.folded.name,
        key={name: quote(name) for name in log.context_names},
        fields={name: quote(name) for name in fields},
        state=_state(log, fields, dialect) if folds else None,
        initial=None if folds else _identities(log),
        fingerprint=STALE if isinstance(log.policy, Inline) and not folds else log.fingerprint,
        **tables_of(log),
    ).with_remark(remark)


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
