"""``split_field`` and ``merge_fields``: several fields carry the meaning of one, or one that of several.

Each event keeps its place and means the same as before in the new fields, so that a state is the same function of the old
state at every seq. For fields of the last value written (``Latest``): what a sum adds up to cannot be split by its parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    Column,
    String,
    and_,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    union_all,
    update,
)

from sqla_osiris.alembic.enums import create_enums
from sqla_osiris.alembic.operations.base import ModelOperation, Table, registered, run, unlocked_log
from sqla_osiris.alembic.operations.fields import (
    add_columns,
    discard_snapshots,
    drop_columns,
    rename_touches,
    touch_with_none,
)
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.schema.log import END

__all__ = ["MergeFields", "SplitField"]


@registered
@dataclass
class SplitField(ModelOperation, name="split_field"):
    """Have several ``Latest`` fields mean what one meant: ``using`` is SQL of the old column for each, ``key`` the context.

    Every event keeps its place, and touches with None what comes out as NULL. The heads are folded anew.
    """

    model: str
    column: Column[Any]
    into: Sequence[Column[Any]]
    key: Sequence[str] = field(kw_only=True)
    using: Mapping[str, str] = field(kw_only=True)
    merged_by: str = field(default="NULL", init=False)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> "MergeFields":
        merging = MergeFields(
            self.model,
            self.into,
            self.column,
            key=self.key,
            using=self.merged_by,
            archive=self.archive,
            schema=self.schema,
        )
        merging.split_by = self.using
        return merging


@registered
@dataclass
class MergeFields(ModelOperation, name="merge_fields"):
    """Have one ``Latest`` field mean what several meant: ``using`` is SQL of their columns, as they stand after each event.

    ``key`` is the context. Every event keeps its place; one that touched none of them touches nothing. The heads are folded
    anew.
    """

    model: str
    columns: Sequence[Column[Any]]
    into: Column[Any]
    key: Sequence[str] = field(kw_only=True)
    using: str = field(kw_only=True)
    split_by: Mapping[str, str] = field(default_factory=dict, init=False)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> SplitField:
        splitting = SplitField(
            self.model,
            self.into,
            self.columns,
            key=self.key,
            using=self.split_by,
            archive=self.archive,
            schema=self.schema,
        )
        splitting.merged_by = self.using
        return splitting


@Operations.implementation_for(SplitField)
def _split(operations: Operations, operation: SplitField) -> None:
    logs = operation.logs
    create_enums(operations, operation.into)
    add_columns(operations, [*logs, operation.heads], operation.into)
    old, new = operation.column.name, [each.name for each in operation.into]
    with unlocked_log(operations, logs):
        for where in logs:
            log = _table(where, [*operation.key, old, *new])
            values: dict[str, Any] = {name: literal_column(operation.using[name]) for name in new}
            run(operations, update(log).where(log.c[old].is_not(None)).values(values))
            for name in new:
                run(operations, touch_with_none(log, name, log.c[old].is_not(None), log.c[name].is_(None)))
        rename_touches(operations, logs, old, new)
    drop_columns(operations, [*logs, operation.heads], [operation.column])
    discard_snapshots(operations, operation.heads)


@Operations.implementation_for(MergeFields)
def _merge(operations: Operations, operation: MergeFields) -> None:
    logs = operation.logs
    interim = [Column(_interim(each.name), each.type) for each in operation.columns]
    create_enums(operations, [operation.into])
    add_columns(operations, [*logs, operation.heads], [operation.into])
    add_columns(operations, logs, interim)
    old = [each.name for each in operation.columns]
    with unlocked_log(operations, logs):
        # All of them before any is overwritten: an archived event's value may be what the next one in the log merges.
        for steps in (_read_current, _write_current, _write_merged):
            for where in logs:
                run(operations, *steps(operation, logs, where))
        for name in old:
            rename_touches(operations, logs, name, [])
    drop_columns(operations, logs, interim)
    drop_columns(operations, [*logs, operation.heads], operation.columns)
    discard_snapshots(operations, operation.heads)


def _read_current(operation: MergeFields, logs: Sequence[Table], where: Table) -> list[Any]:
    """Return the UPDATE that keeps, beside each event that touches any of the fields, what all of them are after it."""
    names = [each.name for each in operation.columns]
    log = _table(where, [*operation.key, *names, *(_interim(name) for name in names)])
    known = [_table(each, [*operation.key, *names]) for each in logs]
    whole = (
        union_all(*(select(*each.c) for each in known)).subquery("log")
        if len(known) > 1
        else known[0].alias("log")
    )
    values: dict[str, Any] = {}
    for name in names:
        same = and_(*(whole.c[part] == log.c[part] for part in operation.key), whole.c.seq <= log.c.seq)
        touched = or_(_touches(whole, name), whole.c.osiris_cleared == literal(END, String()))
        latest = select(whole.c[name]).where(same, touched).order_by(whole.c.seq.desc()).limit(1)
        values[_interim(name)] = latest.correlate(log).scalar_subquery()
    return [update(log).where(_touches_any(log, names)).values(values)]


def _write_current(operation: MergeFields, _logs: Sequence[Table], where: Table) -> list[Any]:
    names = [each.name for each in operation.columns]
    log = _table(where, [*names, *(_interim(name) for name in names)])
    values = {name: log.c[_interim(name)] for name in names}
    return [update(log).where(_touches_any(log, names)).values(values)]


def _write_merged(operation: MergeFields, _logs: Sequence[Table], where: Table) -> list[Any]:
    names, into = [each.name for each in operation.columns], operation.into.name
    log = _table(where, [*names, into])
    merged = update(log).where(_touches_any(log, names)).values({into: literal_column(operation.using)})
    return [merged, touch_with_none(log, into, _touches_any(log, names), log.c[into].is_(None))]


def _interim(name: str) -> str:
    return shortened(f"osiris_now_{name}")


def _touches_any(log: Any, names: Sequence[str]) -> Any:
    return or_(*(_touches(log, name) for name in names))


def _touches(log: Any, name: str) -> Any:
    cleared = log.c.osiris_cleared
    with_none = func.replace(cleared, literal(f",{name},", String()), literal("", String())) != cleared
    return or_(log.c[name].is_not(None), with_none)


def _table(where: Table, names: Sequence[str]) -> Any:
    columns: list[Any] = [column(name) for name in dict.fromkeys([*names, "seq"])]
    return table(where[0], *columns, column("osiris_cleared", String()), schema=where[1])
