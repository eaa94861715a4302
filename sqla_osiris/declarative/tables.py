"""The tables of a model: its log, its heads and its archive, in the application's own metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    Uuid,
    column,
    false,
    func,
    literal_column,
    or_,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.declarative.column_types import ExactDecimal, UTCDateTime, stored
from sqla_osiris.declarative.field import Field
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.policies import Inline, SnapshotPolicy
from sqla_osiris.declarative.positions import XID, transaction_id
from sqla_osiris.reducers import Last

__all__ = ["TOMBSTONE", "TablePlan", "archive_table", "event_table", "head_table"]

TOMBSTONE: Final = -(2**62)
"""The seq of an erased stream's head. No number of appends makes a seq of it that the head's CHECK lets pass."""

# Room for heap-only updates: the head is updated by every event. SQLAlchemy 2.0 cannot say it of a table.
_FILL_FACTOR: Final[dict[str, Any]] = (
    {} if sqlalchemy.__version__.startswith("2.0") else {"postgresql_with": {"fillfactor": 50}}
)


@dataclass(frozen=True)
class TablePlan:
    """What both tables are built from; ``options`` are the model's other table arguments."""

    name: str
    metadata: MetaData
    schema: str | None
    contexts: Sequence[Column[Any]]
    columns: Sequence[Column[Any]]
    fields: Mapping[str, Field]
    policy: SnapshotPolicy
    options: Mapping[str, Any]


def head_table(plan: TablePlan) -> Table:
    """One row per context: its seq, and the accumulators folded so far."""
    inline = isinstance(plan.policy, Inline)
    accumulators = [
        Column(
            column.name,
            plan.fields[column.name].sql.accumulator_type,
            *(_foreign_keys(column) if inline and isinstance(plan.fields[column.name].reducer, Last) else ()),
            nullable=True,
            index=column.index if inline else None,
        )
        for column in plan.columns
        if column.name in plan.fields
    ]
    return Table(
        f"{plan.name}_snapshot",
        plan.metadata,
        *(_context_column(context) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False),
        Column("osiris_origin", BigInteger, nullable=False),
        Column("osiris_folded", BigInteger, nullable=False),
        Column("osiris_fingerprint", BigInteger, nullable=False, index=True),
        Column(XID, BigInteger, server_default=literal_column("0"), nullable=False),
        *accumulators,
        # What an append makes of a tombstone's seq is refused by the database itself, whoever appends.
        CheckConstraint(
            or_(column("seq") > literal_column("0"), column("seq") == number(TOMBSTONE)),
            name=f"ck_{plan.name}_snapshot_seq",
            info={"sqla_osiris": TOMBSTONE},
        ),
        schema=plan.schema,
        **_FILL_FACTOR,
        **plan.options,
    )


def event_table(plan: TablePlan) -> Table:
    """The log: one row per event, append-only."""
    name, fields = plan.name, plan.fields
    keys = [context.name for context in plan.contexts]
    # PostgreSQL's indexes take 32 columns.
    narrow = len(fields) + len(keys) <= 30 and all(_is_narrow(f.sql.declared) for f in fields.values())
    include: dict[str, Any] = {"postgresql_include": [*fields, "osiris_cleared"]} if narrow else {}
    table = Table(
        f"{name}_event",
        plan.metadata,
        *(_context_column(context, foreign=False) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False, autoincrement=False),
        Column("position", BigInteger().with_variant(Integer, "sqlite"), Identity(), nullable=False),
        Column(XID, BigInteger, server_default=transaction_id(), nullable=False),
        Column("recorded_at", UTCDateTime, server_default=func.now(), nullable=False),
        *(Column(field.name, field.sql.declared, nullable=True) for field in fields.values()),
        Column("osiris_cleared", Text),
        Column("event_id", Uuid),
        Column("event_type", String(255)),
        Column("event_meta", JSON(none_as_null=True)),
        PrimaryKeyConstraint(
            *keys,
            "seq",
            # A covering key folds the whole log without the heap; long values would not fit an index row.
            **include,
        ),
        schema=plan.schema,
        sqlite_with_rowid=False,
        **plan.options,
    )
    given = table.c.event_id.is_not(None)
    Index(
        f"uq_{name}_event_event_id",
        *(table.c[key] for key in keys),
        table.c.event_id,
        unique=True,
        postgresql_where=given,
        sqlite_where=given,
    )
    # Each database reads one of the two: the other one stays empty there.
    Index(f"ix_{name}_event_position", table.c.position, postgresql_where=false())
    Index(f"ix_{name}_event_feed", table.c[XID], table.c.position, sqlite_where=false())
    return table


def archive_table(plan: TablePlan) -> Table:
    """The log's older part: the columns of the event table, values moved as they are."""
    keys = [context.name for context in plan.contexts]
    name = f"{plan.name}_event_archive"
    table = Table(
        name,
        plan.metadata,
        *(_context_column(context, foreign=False) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        Column(XID, BigInteger, nullable=False),
        Column("recorded_at", UTCDateTime, nullable=False),
        *(Column(field.name, field.sql.declared, nullable=True) for field in plan.fields.values()),
        Column("osiris_cleared", Text),
        Column("event_id", Uuid),
        Column("event_type", String(255)),
        Column("event_meta", JSON(none_as_null=True)),
        PrimaryKeyConstraint(*keys, "seq"),
        schema=plan.schema,
        sqlite_with_rowid=False,
        **plan.options,
    )
    Index(f"ix_{name}_feed", table.c[XID], table.c.position)
    given = table.c.event_id.is_not(None)
    Index(f"ix_{name}_event_id", table.c.event_id, postgresql_where=given, sqlite_where=given)
    return table


def _context_column(context: Column[Any], *, foreign: bool = True) -> Column[Any]:
    return Column(
        context.name,
        stored(context.type),
        *(_foreign_keys(context) if foreign else ()),
        primary_key=foreign,
        nullable=False,
        autoincrement=False,
    )


def _foreign_keys(column: Column[Any]) -> list[ForeignKey]:
    return [
        ForeignKey(
            key.target_fullname,
            name=key.name,
            onupdate=key.onupdate,
            ondelete=key.ondelete,
            deferrable=key.deferrable,
            initially=key.initially,
            use_alter=key.use_alter,
        )
        for key in column.foreign_keys
    ]


def _is_narrow(declared: TypeEngine[Any]) -> bool:
    if isinstance(declared, String):
        return declared.length is not None and declared.length <= _NARROW
    return isinstance(
        declared,
        Integer | Numeric | Float | Boolean | Date | DateTime | Uuid | ExactDecimal | UTCDateTime,
    )


_NARROW = 64
