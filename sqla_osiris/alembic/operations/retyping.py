"""``retype_field``, ``change_reducer`` and ``drop_stale_snapshots``: changes that snapshots do not survive.

Their accumulators are emptied and their fingerprint made that of no model, so that they are folded anew: when they
are read, and for good with ``snapshots()``. States are right meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    Column,
    ColumnElement,
    TypeDecorator,
    cast,
    column,
    literal,
    literal_column,
    null,
    table,
    text,
    update,
)
from sqlalchemy.types import JSON, TypeEngine

from sqla_osiris.alembic.enums import make_enums
from sqla_osiris.alembic.operations.base import (
    LogOperation,
    Table,
    columns_of,
    database,
    forget_groups,
    log_tables,
    named,
    run,
    unlocked_log,
)
from sqla_osiris.alembic.operations.fields import RenameColumn, fresh, touch_with_none
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.names import POSTGRESQL
from sqla_osiris.errors import OsirisError
from sqla_osiris.writing.head_changes import STALE

__all__ = ["ChangeReducer", "DropStaleSnapshots", "RetypeField"]


@named
@dataclass
class RetypeField(LogOperation, name="retype_field"):
    """Give a field's events another type: each value by a cast, or by ``using``, an SQL expression of the old column."""

    model: str
    column: Column[Any]
    existing: Column[Any]
    using: str | None = field(default=None, kw_only=True)
    existing_using: str | None = field(default=None, kw_only=True)
    state: Sequence[Column[Any]] = field(default=(), kw_only=True)
    existing_state: Sequence[Column[Any]] = field(default=(), kw_only=True)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def reverse(self) -> "RetypeField":
        return RetypeField(
            self.model,
            self.existing,
            self.column,
            using=self.existing_using,
            existing_using=self.using,
            state=self.existing_state,
            existing_state=self.state,
            archive=self.archive,
            schema=self.schema,
        )


@named
@dataclass
class ChangeReducer(LogOperation, name="change_reducer"):
    """Give a field other accumulators, because its reducer is another. Its events stay what they are."""

    model: str
    state: Sequence[Column[Any]]
    existing_state: Sequence[Column[Any]]
    schema: str | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def reverse(self) -> "ChangeReducer":
        return ChangeReducer(self.model, self.existing_state, self.state, schema=self.schema)


@named
@dataclass
class DropStaleSnapshots(LogOperation, name="drop_stale_snapshots"):
    """Empty the accumulators that the model will not use: of any fingerprint but its own, or of one that was another's."""

    model: str
    columns: Sequence[str]
    fingerprint: int | None = field(default=None, kw_only=True)
    existing_fingerprint: int | None = field(default=None, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if (self.fingerprint is None) == (self.existing_fingerprint is None):
            raise OsirisError(
                f"drop_stale_snapshots({self.model!r}) takes either fingerprint=, that of the model whose snapshots stay, "
                "or existing_fingerprint=, that of the snapshots that go."
            )

    def reverse(self) -> "DropStaleSnapshots":
        # What this version of the model has folded meanwhile is stale for the one before.
        return DropStaleSnapshots(
            self.model,
            self.columns,
            fingerprint=self.existing_fingerprint,
            existing_fingerprint=self.fingerprint,
            schema=self.schema,
        )


@Operations.implementation_for(RetypeField)
def _retype_field(operations: Operations, operation: RetypeField) -> None:
    logs = log_tables(operation.model, operation.schema, archive=operation.archive)
    # PostgreSQL's own way keeps the keys that the column is part of.
    retype = _retype_on_postgresql if database(operations) == POSTGRESQL else _retype_events
    forget_groups(operations, logs)
    make_enums(operations, [operation.column, *operation.state])
    if operation.using is not None:
        _keep_touches(operations, logs, operation)
    for where in logs:
        retype(operations, where, operation)
    # Even if no type of theirs changes: their values are folds of the old ones.
    _replace_accumulators(operations, operation)


def _keep_touches(operations: Operations, logs: Sequence[Table], operation: RetypeField) -> None:
    """Have an event whose value becomes NULL say that it touches the field still."""
    old = operation.existing.name
    converted: ColumnElement[Any] = literal_column(f"({operation.using})")
    with unlocked_log(operations, list(logs)):
        for where in logs:
            log = columns_of(where, old, "osiris_cleared")
            run(
                operations,
                touch_with_none(log, operation.column.name, log.c[old].is_not(None), converted.is_(None)),
            )


def _retype_on_postgresql(operations: Operations, where: Table, operation: RetypeField) -> None:
    name, schema = where
    old, new = operation.existing, operation.column
    dialect = operations.migration_context.dialect
    using = operation.using or str(_cast(column(old.name, old.type), new.type).compile(dialect=dialect))
    operations.alter_column(
        name, old.name, type_=new.type, existing_type=old.type, postgresql_using=using, schema=schema
    )


def _retype_events(operations: Operations, where: Table, operation: RetypeField) -> None:
    """By a new column beside the old one: a table that SQLite copies would lose its triggers."""
    name, schema = where
    old, new = operation.existing, operation.column
    interim = shortened(f"osiris_new_{new.name}")
    operations.add_column(name, Column(interim, new.type, nullable=True), schema=schema)
    source = column(old.name, old.type)
    converted: Any = text(operation.using) if operation.using else _cast(source, new.type)
    log = table(name, source, column(interim, new.type), schema=schema)
    with unlocked_log(operations, [where]):
        run(operations, update(log).where(source.is_not(None)).values({interim: converted}))
    operations.drop_column(name, old.name, schema=schema)
    run(operations, RenameColumn(where, interim, new.name))


def _cast(source: Any, type_: TypeEngine[Any]) -> Any:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return source if isinstance(plain, JSON) else cast(source, type_)


@Operations.implementation_for(ChangeReducer)
def _change_reducer(operations: Operations, operation: ChangeReducer) -> None:
    _replace_accumulators(operations, operation)


def _replace_accumulators(operations: Operations, operation: Any) -> None:
    name, schema = f"{operation.model}_snapshot", operation.schema
    before = {each.name: each for each in operation.existing_state}
    after = {each.name: each for each in operation.state}
    _empty(operations, (name, schema), list(before))
    for each in before.keys() - after.keys():
        operations.drop_column(name, each, schema=schema)
    for each in after.keys() - before.keys():
        operations.add_column(name, fresh(after[each]), schema=schema)
    # Nothing is there to convert, and a cast that PostgreSQL does not know would be refused all the same.
    using: dict[str, Any] = {"postgresql_using": "NULL"} if database(operations) == POSTGRESQL else {}
    with operations.batch_alter_table(name, schema=schema) as batch:
        for each in [each for each in before if each in after]:
            types: dict[str, Any] = {"type_": after[each].type, "existing_type": before[each].type}
            batch.alter_column(each, existing_nullable=True, **types, **using)


def _empty(operations: Operations, where: Table, columns: Sequence[str]) -> None:
    heads = columns_of(where, "osiris_fingerprint", *columns)
    run(
        operations,
        update(heads).values({"osiris_fingerprint": literal(STALE), **dict.fromkeys(columns, null())}),
    )


@Operations.implementation_for(DropStaleSnapshots)
def _drop_stale_snapshots(operations: Operations, operation: DropStaleSnapshots) -> None:
    where = (f"{operation.model}_snapshot", operation.schema)
    heads = columns_of(where, "osiris_fingerprint", *operation.columns)
    emptied = {"osiris_fingerprint": literal(STALE), **dict.fromkeys(operation.columns, null())}
    found = heads.c.osiris_fingerprint
    is_stale = found != operation.fingerprint
    if operation.fingerprint is None:
        is_stale = found == operation.existing_fingerprint
    run(operations, update(heads).where(is_stale).values(emptied))
