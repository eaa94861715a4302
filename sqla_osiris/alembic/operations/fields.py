"""``add_field``, ``drop_field`` and ``rename_field``: the log, its archive and the heads together.

A head's accumulators are worth nothing under another fingerprint. Where the caller knows that they stay right,
``existing_fingerprint`` and ``fingerprint`` say so; heads that have another one are folded anew, as ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from alembic.operations import Operations
from sqlalchemy import Column, String, Update, func, literal, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

from sqla_osiris.alembic.enums import make_enums
from sqla_osiris.alembic.operations.base import (
    LogOperation,
    Table,
    columns_of,
    log_tables,
    named,
    run,
    unlocked_log,
)
from sqla_osiris.writing.head_changes import STALE

__all__ = [
    "AddField",
    "DropField",
    "RenameColumn",
    "RenameField",
    "fresh",
    "rename_touches",
    "touch_with_none",
]


FieldT = TypeVar("FieldT", bound="_WholeField")


@dataclass
class _WholeField(LogOperation):
    """A field's columns in all three tables, that come or go; ``initial`` are the identities of its accumulators."""

    model: str
    column: Column[Any]
    state: Sequence[Column[Any]] = field(kw_only=True)
    initial: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    fingerprint: int | None = field(default=None, kw_only=True)
    existing_fingerprint: int | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def _turned_into(self, kind: type[FieldT]) -> FieldT:
        return kind(
            self.model,
            self.column,
            state=self.state,
            initial=self.initial,
            archive=self.archive,
            schema=self.schema,
            fingerprint=self.existing_fingerprint,
            existing_fingerprint=self.fingerprint,
        )


@named
@dataclass
class AddField(_WholeField, name="add_field"):
    """Add a field that no event has touched yet."""

    def reverse(self) -> "DropField":
        return self._turned_into(DropField)


@named
@dataclass
class DropField(_WholeField, name="drop_field"):
    """Drop a field, and all that was ever written to it."""

    def __post_init__(self) -> None:
        self.remark = (
            self.remark or f"All that was ever written to {self.model}.{self.column.name} goes with it."
        )

    def reverse(self) -> AddField:
        return self._turned_into(AddField)


@named
@dataclass
class RenameField(LogOperation, name="rename_field"):
    """Rename a field: its history and its states stay what they are."""

    model: str
    old: str
    new: str
    parts: Sequence[str] = field(default_factory=list, kw_only=True)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    fingerprint: int | None = field(default=None, kw_only=True)
    existing_fingerprint: int | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def reverse(self) -> "RenameField":
        return RenameField(
            self.model,
            self.new,
            self.old,
            parts=self.parts,
            archive=self.archive,
            schema=self.schema,
            fingerprint=self.existing_fingerprint,
            existing_fingerprint=self.fingerprint,
        )


class RenameColumn(DDLElement):
    """ALTER TABLE … RENAME COLUMN, which Alembic writes with a type on MariaDB and as a copy of the table on SQLite."""

    inherit_cache = False

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


@Operations.implementation_for(AddField)
def _add_field(operations: Operations, operation: AddField) -> None:
    make_enums(operations, [operation.column, *operation.state])
    for name, schema in log_tables(operation.model, operation.schema, archive=operation.archive):
        operations.add_column(name, fresh(operation.column), schema=schema)
    for column in operation.state:
        operations.add_column(f"{operation.model}_snapshot", fresh(column), schema=operation.schema)
    _keep_snapshots(operations, operation, operation.initial)


@Operations.implementation_for(DropField)
def _drop_field(operations: Operations, operation: DropField) -> None:
    logs = log_tables(operation.model, operation.schema, archive=operation.archive)
    with unlocked_log(operations, logs):
        # A later field of the same name must not find itself touched with None by events of this one.
        rename_touches(operations, logs, operation.column.name, [])
    for name, schema in logs:
        operations.drop_column(name, operation.column.name, schema=schema)
    for column in operation.state:
        operations.drop_column(f"{operation.model}_snapshot", column.name, schema=operation.schema)
    _keep_snapshots(operations, operation, {})


@Operations.implementation_for(RenameField)
def _rename_field(operations: Operations, operation: RenameField) -> None:
    logs = log_tables(operation.model, operation.schema, archive=operation.archive)
    heads = (f"{operation.model}_snapshot", operation.schema)
    old, new = operation.old, operation.new
    companions = ((f"osiris_{part}_{old}", f"osiris_{part}_{new}") for part in operation.parts)
    run(
        operations,
        *(RenameColumn(log, old, new) for log in logs),
        RenameColumn(heads, old, new),
        *(RenameColumn(heads, *names) for names in companions),
    )
    with unlocked_log(operations, logs):
        rename_touches(operations, logs, old, [new])
    _keep_snapshots(operations, operation, {})


def fresh(column: Column[Any]) -> Column[Any]:
    """A column of this name and type that no table has yet."""
    return Column(column.name, column.type, nullable=True)


def rename_touches(operations: Operations, logs: Sequence[Table], old: str, new: Sequence[str]) -> None:
    """Have events that touched this field with None have touched these instead."""
    for where in logs:
        log = columns_of(where, "osiris_cleared")
        cleared = log.c.osiris_cleared
        renamed = func.replace(cleared, literal(f",{old},"), literal("".join(f",{n}" for n in new) + ","))
        statement = update(log).where(renamed != cleared)
        run(
            operations,
            statement.values(osiris_cleared=renamed if new else func.nullif(renamed, literal(","))),
        )


def touch_with_none(log: Any, name: str, *where: Any) -> Update:
    """The statement that has events of the log say that they touch this field with None."""
    cleared = log.c.osiris_cleared
    before = func.coalesce(cleared, literal(",", String()))
    return update(log).where(*where).values(osiris_cleared=before.concat(literal(f"{name},", String())))


def _keep_snapshots(operations: Operations, operation: Any, initial: Mapping[str, Any]) -> None:
    where = (f"{operation.model}_snapshot", operation.schema)
    heads = columns_of(where, "osiris_fingerprint", *initial)
    if operation.fingerprint is None or operation.existing_fingerprint is None:
        # A version of the model from before, once it is back, must not find what it takes for its own.
        run(operations, update(heads).values(osiris_fingerprint=literal(STALE)))
        return
    statement = update(heads).where(heads.c.osiris_fingerprint == operation.existing_fingerprint)
    values = {"osiris_fingerprint": operation.fingerprint, **initial}
    run(operations, statement.values({name: literal(value) for name, value in values.items()}))
