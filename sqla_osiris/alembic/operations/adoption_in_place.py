"""The table that is there becomes the head: columns of the library come to it, and its rows are the states.

``restore_table`` takes the columns away again, and the rows of streams that have ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import BigInteger, Column, delete, false, func, literal_column, or_, select, update

from sqla_osiris.alembic.operations.base import (
    ModelOperation,
    Table,
    database,
    forget_groups,
    run,
    table_with,
)
from sqla_osiris.alembic.operations.materialising import refuse_unfolded, unchecked_keys
from sqla_osiris.databases.definitions import Reshaping
from sqla_osiris.databases.positions import XID
from sqla_osiris.databases.triggers import LogTable
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.tables import TOMBSTONE, seq_check_name

__all__ = ["OWN_COLUMNS", "RestoreTable", "become_heads"]

OWN_COLUMNS: Final = ("seq", "osiris_origin", "osiris_folded", "osiris_fingerprint", XID)
"""The columns of heads that hold no state."""


@dataclass
class RestoreTable(ModelOperation, name="restore_table"):
    """Have the heads that were adopted in place be the ordinary table again, with the present states as its rows.

    Columns of the library and rows of streams that have ended go; ``required`` columns refuse NULL again, and ``types`` are
    those of columns that had another type. Raises OsirisError where a head is not folded by the model of this fingerprint.
    """

    model: str
    table_name: str
    key: Sequence[str] = field(kw_only=True)
    required: Sequence[str] = field(default=(), kw_only=True)
    types: Sequence[Column[Any]] = field(default=(), kw_only=True)
    index: str | None = field(default=None, kw_only=True)
    check: str | None = field(default=None, kw_only=True)
    fingerprint: int = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    adopted: MigrateOperation | None = field(default=None, init=False, repr=False)

    def reverse(self) -> MigrateOperation:
        if self.adopted is None:
            raise OsirisError(
                f"restore_table({self.model!r}, {self.table_name!r}) has no reverse of its own: write adopt_table(..., "
                "in_place=True) into the other direction."
            )
        return self.adopted

    @property
    def heads(self) -> Table:
        return self.table_name, self.schema

    def perform(self, operations: Operations) -> None:
        if not operations.migration_context.as_sql:
            refuse_unfolded(operations, self, self.fingerprint)
            self._refuse_nulls(operations)
        there, (name, schema) = database(operations), self.heads
        run(operations, *there.unprotect(LogTable(name, schema, heads=True)))
        heads = table_with(self.heads, *self.key, *OWN_COLUMNS)
        run(operations, delete(heads).where(heads.c.seq <= heads.c.osiris_origin))
        if self.index is not None:
            operations.drop_index(self.index, name, schema=schema)
        reshaped = Reshaping(
            name,
            schema,
            types=_type_texts(operations, self.types),
            not_null=self.required,
            dropped_check=self.check or seq_check_name(name),
        )
        # MySQL refuses to alter the column of a key, unless keys are not checked.
        with unchecked_keys(operations):
            run(operations, *there.reshape(_connection(operations), reshaped))
        for column in OWN_COLUMNS:
            operations.drop_column(name, column, schema=schema)
        written = table_with(self.heads, *self.key)
        run(operations, *there.move_keys_on(operations.migration_context.dialect, written))

    def _refuse_nulls(self, operations: Operations) -> None:
        """Before anything changes: some databases take no DDL back, and SQLite does not look at rows then."""
        heads = table_with(self.heads, "seq", "osiris_origin", *self.required)
        missing = or_(false(), *(heads.c[name].is_(None) for name in self.required))
        query = select(func.count()).select_from(heads).where(heads.c.seq > heads.c.osiris_origin, missing)
        found = operations.get_bind().scalar(query)
        if found:
            raise OsirisError(
                f"restore_table({self.model!r}): {found} rows have NULL in one of {', '.join(self.required)}, which the "
                "table refused before it was adopted. Give them values first, or take the column out of required=."
            )


def become_heads(operations: Operations, operation: Any) -> None:
    """Give the table of an adoption the columns of heads, once its rows are the first events of the log."""
    name, schema = operation.heads
    for column in OWN_COLUMNS[:-1]:
        operations.add_column(name, Column(column, BigInteger, nullable=True), schema=schema)
    xid = Column(XID, BigInteger, server_default=literal_column("0"), nullable=False)
    operations.add_column(name, xid, schema=schema)
    values = operation.first_head()
    run(operations, update(table_with(operation.heads, *values)).values(values))
    forget_groups(operations, operation.logs)
    reshaped = Reshaping(
        name,
        schema,
        types=_type_texts(operations, operation.types),
        null=operation.required,
        # SQLite's keys take NULL unless their author said otherwise, and Alembic sees that.
        not_null=[*OWN_COLUMNS[:-1], *operation.key],
        added_check=(operation.check or seq_check_name(name), f"seq > 0 OR seq = {TOMBSTONE}"),
    )
    run(operations, *database(operations).reshape(_connection(operations), reshaped))
    if operation.index is not None:
        operations.create_index(
            operation.index, name, ["osiris_fingerprint"], schema=schema, sqlite_where=false()
        )


def _type_texts(operations: Operations, columns: Sequence[Column[Any]]) -> dict[str, str]:
    dialect = operations.migration_context.dialect
    return {column.name: column.type.compile(dialect=dialect) for column in columns}


def _connection(operations: Operations) -> Any:
    return None if operations.migration_context.as_sql else operations.get_bind()
