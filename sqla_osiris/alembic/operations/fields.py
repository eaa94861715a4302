"""``add_field``, ``drop_field`` and ``rename_field``: the log, its archive and the heads together.

A head's accumulators are worth nothing under another fingerprint. Where the caller knows that they stay right, both
``existing_fingerprint`` and ``fingerprint`` are given; heads that have another one are folded anew, as ever.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, String, Update, func, literal, null, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from sqla_osiris.alembic.columns import create_enums
from sqla_osiris.alembic.operations.base import ModelOperation, Table, run, table_with, unlocked_log
from sqla_osiris.databases.plan import STALE

__all__ = [
    "AddField",
    "DropField",
    "RenameColumn",
    "RenameField",
    "add_columns",
    "discard_snapshots",
    "drop_columns",
    "rename_touches",
    "touch_with_none",
]


@dataclass
class _WholeField(ModelOperation):
    """A field's columns in all three tables, that come or go; ``initial`` are the identities of its accumulators."""

    model: str
    column: Column[Any]
    state: Sequence[Column[Any]] = field(kw_only=True)
    initial: Mapping[str, Any] | None = field(default=None, kw_only=True)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)
    fingerprint: int | None = field(default=None, kw_only=True)
    existing_fingerprint: int | None = field(default=None, kw_only=True)


class AddField(_WholeField, name="add_field"):
    """Add a field to the log, its archive and the heads, where ``state`` are its columns and ``initial`` their identities.

    With both fingerprints, heads of the existing one stay folded.
    """

    def perform(self, operations: Operations) -> None:
        create_enums(operations, [self.column, *self.state])
        add_columns(operations, self.logs, [self.column])
        add_columns(operations, [self.heads], self.state)
        _keep_snapshots(operations, self, self.initial or {})


@dataclass
class DropField(_WholeField, name="drop_field", reverses=AddField):
    """Drop a field from the log, its archive and the heads: all that was ever written to it goes, for good."""

    def __post_init__(self) -> None:
        self.remark: str = f"All that was ever written to {self.model}.{self.column.name} goes with it."

    def perform(self, operations: Operations) -> None:
        with unlocked_log(operations, self.logs):
            # A later field of the same name must not find itself touched with None by events of this one.
            rename_touches(operations, self.logs, self.column.name, [])
        drop_columns(operations, self.logs, [self.column])
        drop_columns(operations, [self.heads], self.state)
        _keep_snapshots(operations, self, {})


@dataclass
class RenameField(ModelOperation, name="rename_field", swaps=("old", "new")):
    """Rename a field in the log, its archive and the heads, where ``parts`` are names of further columns.

    ``count`` stands for ``osiris_count_<field>``. Its history and its states stay what they are.
    """

    model: str
    old: str
    new: str
    parts: Sequence[str] = field(default=(), kw_only=True)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)
    fingerprint: int | None = field(default=None, kw_only=True)
    existing_fingerprint: int | None = field(default=None, kw_only=True)

    def perform(self, operations: Operations) -> None:
        parts = ((f"osiris_{part}_{self.old}", f"osiris_{part}_{self.new}") for part in self.parts)
        run(
            operations,
            *(RenameColumn(each, self.old, self.new) for each in [*self.logs, self.heads]),
            *(RenameColumn(self.heads, *names) for names in parts),
        )
        with unlocked_log(operations, self.logs):
            rename_touches(operations, self.logs, self.old, [self.new])
        _keep_snapshots(operations, self, {})


class RenameColumn(DDLElement):
    """ALTER TABLE … RENAME COLUMN, which Alembic writes with a type on MariaDB and as a copy of the table on SQLite."""

    inherit_cache: bool | None = False

    def __init__(self, where: Table, old: str, new: str) -> None:
        self.where = where
        self.old = old
        self.new = new


@compiles(RenameColumn)
def _rename_column(element: RenameColumn, compiler: Any, **_: Any) -> str:
    quote = compiler.preparer.quote
    name, schema = element.where
    table = f"{compiler.preparer.quote_schema(schema)}.{quote(name)}" if schema else quote(name)
    return f"ALTER TABLE {table} RENAME COLUMN {quote(element.old)} TO {quote(element.new)}"


def add_columns(operations: Operations, tables: Iterable[Table], columns: Sequence[Column[Any]]) -> None:
    """Add columns of these names and types to each of the tables."""
    for name, schema in tables:
        for column in columns:
            operations.add_column(name, Column(column.name, column.type, nullable=True), schema=schema)


def drop_columns(operations: Operations, tables: Iterable[Table], columns: Sequence[Column[Any]]) -> None:
    """Drop the columns of these names from each of the tables."""
    for name, schema in tables:
        for column in columns:
            operations.drop_column(name, column.name, schema=schema)


def rename_touches(operations: Operations, logs: Sequence[Table], old: str, new: Sequence[str]) -> None:
    """Have events that touched this field with None have touched these instead."""
    for where in logs:
        log = table_with(where, "osiris_cleared")
        cleared = log.c.osiris_cleared
        renamed = func.replace(cleared, literal(f",{old},"), literal("".join(f",{n}" for n in new) + ","))
        statement = update(log).where(renamed != cleared)
        run(
            operations,
            statement.values(osiris_cleared=renamed if new else func.nullif(renamed, literal(","))),
        )


def touch_with_none(log: Any, name: str, *where: Any) -> Update:
    """Return the statement that adds this field to what events of the log touch with None."""
    cleared = log.c.osiris_cleared
    before = func.coalesce(cleared, literal(",", String()))
    return update(log).where(*where).values(osiris_cleared=before.concat(literal(f"{name},", String())))


def discard_snapshots(
    operations: Operations, where: Table, emptied: Sequence[str] = (), *, only: Any = None
) -> None:
    """Have heads folded anew, all or those that ``only`` selects by their fingerprint, and empty these columns of theirs."""
    heads = table_with(where, "osiris_fingerprint", *emptied)
    statement = update(heads).values({"osiris_fingerprint": literal(STALE), **dict.fromkeys(emptied, null())})
    run(operations, statement if only is None else statement.where(only(heads.c.osiris_fingerprint)))


def _keep_snapshots(operations: Operations, operation: Any, initial: Mapping[str, Any]) -> None:
    if operation.fingerprint is None or operation.existing_fingerprint is None:
        # A version of the model from before, once it is back, must not find what it takes for its own.
        discard_snapshots(operations, operation.heads)
        return
    heads = table_with(operation.heads, "osiris_fingerprint", *initial)
    statement = update(heads).where(heads.c.osiris_fingerprint == operation.existing_fingerprint)
    values = {"osiris_fingerprint": operation.fingerprint, **initial}
    run(operations, statement.values({name: literal(value) for name, value in values.items()}))
