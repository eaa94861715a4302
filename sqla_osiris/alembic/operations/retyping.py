"""``retype_field``, ``change_reducer`` and ``drop_stale_snapshots``: changes that snapshots do not survive.

Their accumulators are emptied and their fingerprint becomes that of no model, so that they are folded anew: when they
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
    literal_column,
    table,
    text,
    update,
)
from sqlalchemy.types import JSON, TypeEngine

from sqla_osiris.alembic.columns import create_enums
from sqla_osiris.alembic.operations.base import (
    ModelOperation,
    Table,
    database,
    forget_groups,
    run,
    table_with,
    unlocked_log,
)
from sqla_osiris.alembic.operations.fields import (
    RenameColumn,
    add_columns,
    discard_snapshots,
    drop_columns,
    touch_with_none,
)
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.errors import OsirisError

__all__ = ["ChangeReducer", "DropStaleSnapshots", "RetypeField"]


@dataclass
class RetypeField(ModelOperation, name="retype_field", swaps=("column", "existing")):
    """Convert a field's values to another type, by a cast or by ``using``, an SQL expression of the old column.

    The heads are folded anew.
    """

    model: str
    column: Column[Any]
    existing: Column[Any]
    using: str | None = field(default=None, kw_only=True)
    existing_using: str | None = field(default=None, kw_only=True)
    state: Sequence[Column[Any]] = field(default=(), kw_only=True)
    existing_state: Sequence[Column[Any]] = field(default=(), kw_only=True)
    archive: bool = field(default=False, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)

    def perform(self, operations: Operations) -> None:
        retype = _alter_events if database(operations).converts_by_using else _retype_events
        forget_groups(operations, self.logs)
        create_enums(operations, [self.column, *self.state])
        if self.using is not None:
            self._keep_touches(operations, literal_column(f"({self.using})"))
        for where in self.logs:
            retype(operations, where, self)
        # Even if no type of theirs changes: their values are folds of the old ones.
        _replace_accumulators(operations, self)

    def _keep_touches(self, operations: Operations, converted: ColumnElement[Any]) -> None:
        """Have an event whose value becomes NULL touch the field with None, so that it touches it still."""
        old = self.existing.name
        with unlocked_log(operations, self.logs):
            for where in self.logs:
                log = table_with(where, old, "osiris_cleared")
                nullified = log.c[old].is_not(None), converted.is_(None)
                run(operations, touch_with_none(log, self.column.name, *nullified))


@dataclass
class ChangeReducer(ModelOperation, name="change_reducer"):
    """Give a field the accumulators of another reducer, and have the heads folded anew. Its events stay what they are."""

    model: str
    state: Sequence[Column[Any]]
    existing_state: Sequence[Column[Any]]
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)

    def perform(self, operations: Operations) -> None:
        _replace_accumulators(operations, self)


@dataclass
class DropStaleSnapshots(ModelOperation, name="drop_stale_snapshots"):
    """Empty these columns of the heads that the model will not use, and have them folded anew.

    Give ``fingerprint``, the model's, and all others are emptied; or ``existing_fingerprint``, that of those to empty.
    On the way back, what this version of the model has folded meanwhile is stale for the one before.
    """

    model: str
    columns: Sequence[str]
    fingerprint: int | None = field(default=None, kw_only=True)
    existing_fingerprint: int | None = field(default=None, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.fingerprint is None) == (self.existing_fingerprint is None):
            raise OsirisError(
                f"drop_stale_snapshots({self.model!r}) takes either fingerprint=, that of the model whose snapshots stay, "
                "or existing_fingerprint=, that of the snapshots that go."
            )

    def perform(self, operations: Operations) -> None:
        discard_snapshots(operations, self.heads, self.columns, only=self._is_stale)

    def _is_stale(self, found: ColumnElement[int]) -> ColumnElement[bool]:
        if self.fingerprint is None:
            return found == self.existing_fingerprint
        return found != self.fingerprint


def _alter_events(operations: Operations, where: Table, operation: RetypeField) -> None:
    name, schema = where
    old, new = operation.existing, operation.column
    dialect = operations.migration_context.dialect
    using = operation.using or str(_cast(column(old.name, old.type), new.type).compile(dialect=dialect))
    operations.alter_column(
        name, old.name, type_=new.type, existing_type=old.type, postgresql_using=using, schema=schema
    )


def _retype_events(operations: Operations, where: Table, operation: RetypeField) -> None:
    """Retype by a new column beside the old one: a table that SQLite copies would lose its triggers."""
    name, schema = where
    old, new = operation.existing, operation.column
    interim = shortened(f"osiris_new_{new.name}")
    add_columns(operations, [where], [Column(interim, new.type)])
    source = column(old.name, old.type)
    converted: Any = text(operation.using) if operation.using else _cast(source, new.type)
    log = table(name, source, column(interim, new.type), schema=schema)
    with unlocked_log(operations, [where]):
        run(operations, update(log).where(source.is_not(None)).values({interim: converted}))
    drop_columns(operations, [where], [old])
    run(operations, RenameColumn(where, interim, new.name))


def _cast(source: Any, type_: TypeEngine[Any]) -> Any:
    plain: Any = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    if isinstance(plain, JSON):
        return source
    if getattr(plain, "collation", None) is None:
        return cast(source, type_)
    # A column has a collation, and a CAST none.
    plain = plain.copy()
    plain.collation = None
    return cast(source, plain)


def _replace_accumulators(operations: Operations, operation: RetypeField | ChangeReducer) -> None:
    name, schema = operation.heads
    before = {each.name: each for each in operation.existing_state}
    after = {each.name: each for each in operation.state}
    discard_snapshots(operations, operation.heads, list(before))
    drop_columns(
        operations, [operation.heads], [each for each in operation.existing_state if each.name not in after]
    )
    add_columns(operations, [operation.heads], [each for each in operation.state if each.name not in before])
    # Nothing is there to convert, and a cast that PostgreSQL does not know would be refused all the same.
    using: dict[str, Any] = {"postgresql_using": "NULL"} if database(operations).converts_by_using else {}
    # Where a table is copied, its triggers are not.
    protected = [operation.heads] if operation.snapshot_table else []
    with unlocked_log(operations, protected), operations.batch_alter_table(name, schema=schema) as batch:
        for each in [each for each in before if each in after]:
            types: dict[str, Any] = {"type_": after[each].type, "existing_type": before[each].type}
            batch.alter_column(each, existing_nullable=True, **types, **using)
