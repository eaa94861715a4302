"""The two tables of a model: its log and its heads, in the application's own metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
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
    UniqueConstraint,
    Uuid,
    event,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.declarative.column_types import ExactDecimal, UTCDateTime, stored
from sqla_osiris.declarative.dialects import MARIADB_NAMES, SQLITE, database_of
from sqla_osiris.declarative.field import Field
from sqla_osiris.declarative.mariadb_types import AutoIncrement, recorded_now
from sqla_osiris.declarative.policies import Inline, SnapshotPolicy
from sqla_osiris.reducers import Last

__all__ = ["TablePlan", "event_table", "head_table"]

_POSITION = BigInteger().with_variant(Integer, SQLITE).with_variant(AutoIncrement(), *MARIADB_NAMES)

# Room for heap-only updates: the head is updated by every event. SQLAlchemy 2.0 cannot say it of a table.
_FILL_FACTOR: Final[dict[str, Any]] = (
    {} if sqlalchemy.__version__.startswith("2.0") else {"postgresql_with": {"fillfactor": 50}}
)

_TRANSACTIONAL: Final = {f"{name}_engine": "InnoDB" for name in MARIADB_NAMES}


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
    table = Table(
        f"{plan.name}_snapshot",
        plan.metadata,
        *(_context_column(context) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False),
        Column("osiris_origin", BigInteger, nullable=False),
        Column("osiris_folded", BigInteger, nullable=False),
        Column("osiris_fingerprint", BigInteger, nullable=False, index=True),
        *accumulators,
        schema=plan.schema,
        **_FILL_FACTOR,
        **{**_TRANSACTIONAL, **plan.options},
    )
    event.listen(table, "before_create", _refuse_unknown_databases)
    return table


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
        Column("position", _POSITION, Identity(), nullable=False),
        Column("recorded_at", UTCDateTime, server_default=recorded_now(), nullable=False),
        *(Column(field.name, field.sql.declared, nullable=True) for field in fields.values()),
        Column("osiris_cleared", stored(Text())),
        Column("event_id", Uuid),
        Column("event_type", stored(String(255))),
        Column("event_meta", JSON(none_as_null=True)),
        PrimaryKeyConstraint(
            *keys,
            "seq",
            # A covering key folds the whole log without the heap; long values would not fit an index row.
            **include,
        ),
        # Within the table: MariaDB lets no column count by itself without an index.
        UniqueConstraint("position", name=f"uq_{name}_event_position"),
        schema=plan.schema,
        sqlite_with_rowid=False,
        **{**_TRANSACTIONAL, **plan.options},
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
    return table


def _refuse_unknown_databases(_table: Table, connection: Connection, **_: Any) -> None:
    database_of(connection.dialect)


def _context_column(context: Column[Any], *, foreign: bool = True) -> Column[Any]:
    return Column(
        context.name,
        stored(context.type, key=True),
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
