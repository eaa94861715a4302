"""``split_field`` and ``merge_fields``: several fields carry the meaning of one, or one that of several.

Each event keeps its place and means the same as before in the new fields, so that a state is the same function of the old
state at every seq. For fields of the last value written (``Latest``): what a sum adds up to cannot be split by its parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, String, and_, func, literal, literal_column, or_, select, union_all, update

from sqla_osiris.alembic.columns import create_enums
from sqla_osiris.alembic.operations.base import (
    ModelOperation,
    Table,
    database,
    run,
    table_with,
    unlocked_log,
)
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
    snapshot_table: str | None = field(default=None, kw_only=True)

    def reverse(self) -> "MergeFields":
        merging = MergeFields(
            self.model,
            self.into,
            self.column,
            key=self.key,
            using=self.merged_by,
            archive=self.archive,
            schema=self.schema,
            snapshot_table=self.snapshot_table,
        )
        merging.split_by = self.using
        return merging

    def perform(self, operations: Operations) -> None:
        logs = self.logs
        create_enums(operations, self.into)
        add_columns(operations, [*logs, self.heads], self.into)
        old, new = self.column.name, [each.name for each in self.into]
        with unlocked_log(operations, logs):
            for where in logs:
                log = _table(where, [*self.key, old, *new])
                values: dict[str, Any] = {name: literal_column(self.using[name]) for name in new}
                run(operations, update(log).where(log.c[old].is_not(None)).values(values))
                nullified = ((name, log.c[old].is_not(None), log.c[name].is_(None)) for name in new)
                run(operations, *(touch_with_none(log, *each) for each in nullified))
            rename_touches(operations, logs, old, new)
        drop_columns(operations, [*logs, self.heads], [self.column])
        discard_snapshots(operations, self.heads)


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
    snapshot_table: str | None = field(default=None, kw_only=True)

    def reverse(self) -> SplitField:
        splitting = SplitField(
            self.model,
            self.into,
            self.columns,
            key=self.key,
            using=self.split_by,
            archive=self.archive,
            schema=self.schema,
            snapshot_table=self.snapshot_table,
        )
        splitting.merged_by = self.using
        return splitting

    def perform(self, operations: Operations) -> None:
        logs = self.logs
        interim = [Column(_interim(each.name), each.type) for each in self.columns]
        create_enums(operations, [self.into])
        add_columns(operations, [*logs, self.heads], [self.into])
        add_columns(operations, logs, interim)
        with unlocked_log(operations, logs):
            # All of them before any is overwritten: an archived event's value may be what the next one in the log merges.
            for steps in (self._read_current, self._write_current, self._write_merged):
                for where in logs:
                    log = _table(where, [*self.key, *self.names, *map(_interim, self.names), self.into.name])
                    run(operations, *steps(operations, log, _touches_any(log, self.names)))
            for name in self.names:
                rename_touches(operations, logs, name, [])
        drop_columns(operations, logs, interim)
        drop_columns(operations, [*logs, self.heads], self.columns)
        discard_snapshots(operations, self.heads)

    @property
    def names(self) -> list[str]:
        """The names of the fields that are merged."""
        return [each.name for each in self.columns]

    def _read_current(self, operations: Operations, log: Any, touched: Any) -> list[Any]:
        """Return the UPDATE that keeps, beside each event that touches any of the fields, what all of them are after it."""
        whole = self._whole_log(apart=not database(operations).reads_what_it_updates)
        same = and_(*(whole.c[part] == log.c[part] for part in self.key), whole.c.seq <= log.c.seq)
        values: dict[str, Any] = {}
        for name in self.names:
            changed = or_(_touches(whole, name), whole.c.osiris_cleared == literal(END, String()))
            latest = select(whole.c[name]).where(same, changed).order_by(whole.c.seq.desc()).limit(1)
            values[_interim(name)] = latest.correlate(log).scalar_subquery()
        return [update(log).where(touched).values(values)]

    def _whole_log(self, *, apart: bool) -> Any:
        known = [_table(each, [*self.key, *self.names]) for each in self.logs]
        if len(known) > 1:
            return union_all(*(select(*each.c) for each in known)).subquery("log")
        # All rows are distinct: it is a copy that is read.
        return select(*known[0].c).distinct().subquery("log") if apart else known[0].alias("log")

    def _write_current(self, _operations: Operations, log: Any, touched: Any) -> list[Any]:
        return [update(log).where(touched).values({name: log.c[_interim(name)] for name in self.names})]

    def _write_merged(self, _operations: Operations, log: Any, touched: Any) -> list[Any]:
        into = self.into.name
        merged = update(log).where(touched).values({into: literal_column(self.using)})
        return [merged, touch_with_none(log, into, touched, log.c[into].is_(None))]


def _interim(name: str) -> str:
    return shortened(f"osiris_now_{name}")


def _touches_any(log: Any, names: Sequence[str]) -> Any:
    return or_(*(_touches(log, name) for name in names))


def _touches(log: Any, name: str) -> Any:
    cleared = log.c.osiris_cleared
    with_none = func.replace(cleared, literal(f",{name},", String()), literal("", String())) != cleared
    return or_(log.c[name].is_not(None), with_none)


def _table(where: Table, names: Sequence[str]) -> Any:
    return table_with(where, *dict.fromkeys([*names, "seq"]), "osiris_cleared")
