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
    Connection,
    Date,
    DateTime,
    Dialect,
    Float,
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
    event,
    false,
    literal_column,
    or_,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.capabilities import KEY_WITHIN
from sqla_osiris.databases.elements import StatementTime, transaction_id
from sqla_osiris.databases.identifiers import index_name, shortened
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITIONS_A_BLOCK, XID
from sqla_osiris.databases.registry import database_of, database_on, known_databases
from sqla_osiris.reducers import Last
from sqla_osiris.schema.field import Field, earlier_columns
from sqla_osiris.schema.options import copied_keys, described
from sqla_osiris.schema.policies import Inline, SnapshotPolicy
from sqla_osiris.types.portable import ExactDecimal, UTCDateTime, stored

__all__ = [
    "ABSENT_ON",
    "CLEARED_TYPE",
    "POSITION_TYPE",
    "TOMBSTONE",
    "TRANSACTIONAL",
    "TablePlan",
    "archive_table",
    "event_table",
    "head_table",
    "key_table",
    "state_column",
    "statement_time",
]

TOMBSTONE: Final = -(2**62)
"""The seq of an erased stream's head. No number of appends makes a seq of it that the head's CHECK lets pass."""


def _varied(type_: TypeEngine[Any], attribute: str) -> TypeEngine[Any]:
    """The type with the form of each database that has one of its own."""
    for database in known_databases():
        form = getattr(database, attribute)
        if form is not None:
            type_ = type_.with_variant(form, *database.names)
    return type_


POSITION_TYPE: Final = _varied(BigInteger(), "position_type")
CLEARED_TYPE: Final = _varied(Text(), "cleared_type")

# Room for heap-only updates: the head is updated by every event. SQLAlchemy 2.0 cannot say it of a table.
_FILL_FACTOR: Final[dict[str, Any]] = {} if sqlalchemy.__version__.startswith("2.0") else {"fillfactor": 50}

TRANSACTIONAL: Final[dict[str, Any]] = {
    name: option for database in known_databases() for name, option in database.table_options.items()
}

# The condition of an index that a database does not need: it stays empty there. Alembic knows no ddl_if() and would
# create an index that is left out.
_NOWHERE: Final = false()

ABSENT_ON: Final = "sqla_osiris.absent_on"
"""In the info of an index: the dialects on which ``create_all`` leaves it out."""


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


def statement_time() -> StatementTime:
    """Return the default of ``recorded_at``."""
    return StatementTime(UTCDateTime())


def head_table(plan: TablePlan) -> Table:
    """One row per context: its seq, and the accumulators folded so far."""
    folded = {c.name: _head_columns(plan, c) for c in plan.columns if c.name in plan.fields}
    # With Inline(), the last one is the state itself where Python folds it; else the first one is.
    inline = isinstance(plan.policy, Inline)
    indexed = [context.name for context in plan.contexts if context.index]
    indexed += [
        folded[c.name][-1 if inline and plan.fields[c.name].sql.kept_in_python() else 0].name
        for c in plan.columns
        if c.name in folded and c.index
    ]
    heads = Table(
        f"{plan.name}_snapshot",
        plan.metadata,
        *(_context_column(context) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False),
        Column("osiris_origin", BigInteger, nullable=False),
        Column("osiris_folded", BigInteger, nullable=False),
        Column("osiris_fingerprint", BigInteger, nullable=False),
        Column(XID, BigInteger, server_default=literal_column("0"), nullable=False),
        *(accumulator for columns in folded.values() for accumulator in columns),
        # What an append makes of a tombstone's seq is refused by the database itself, whoever appends.
        CheckConstraint(
            or_(column("seq") > literal_column("0"), column("seq") == number(TOMBSTONE)),
            name=shortened(f"ck_{plan.name}_snapshot_seq"),
            info={"sqla_osiris": TOMBSTONE},
        ),
        schema=plan.schema,
        **_head_options(plan),
    )
    for name in indexed:
        Index(index_name(heads, name), heads.c[name])
    # PostgreSQL finds stale heads by it. SQLite never reads it, but would write it anew with every append.
    fingerprint = heads.c.osiris_fingerprint
    Index(index_name(heads, fingerprint.name), fingerprint, sqlite_where=_NOWHERE)
    event.listen(heads, "before_create", _refuse_unknown_databases)
    return heads


def _head_columns(plan: TablePlan, column: Column[Any]) -> list[Column[Any]]:
    """A field's accumulators; with Inline(), also its state where Python folds it."""
    field, inline, said = plan.fields[column.name], isinstance(plan.policy, Inline), described(column)
    types = {name: form.accumulator_type for name, form in field.sql.accumulators(column.name).items()}
    if inline and field.sql.kept_in_python():
        kept = Column(state_column(field.name), field.sql.stored_state_type, nullable=True, **said)
        return [*(Column(name, type_, nullable=True) for name, type_ in types.items()), kept]
    keys = copied_keys(column) if inline and isinstance(field.reducer, Last) else []
    first, *others = types.items()
    return [
        Column(first[0], first[1], *keys, nullable=True, **said),
        *(Column(name, type_, nullable=True) for name, type_ in others),
    ]


def state_column(field: str) -> str:
    """The head's column that holds a state which Python folded."""
    return f"osiris_state_{field}"


def event_table(plan: TablePlan) -> Table:
    """The log: one row per event, append-only."""
    name = plan.name
    keys = [context.name for context in plan.contexts]
    # With Inline() states are read from the heads, and a covering key would make every append pay for folds of the log.
    folded = not isinstance(plan.policy, Inline)
    # PostgreSQL's indexes take 32 columns.
    touches = {each.name: each.type for each in _touch_columns(plan)}
    narrow = len(touches) + len(keys) <= 30 and all(map(_is_narrow, touches.values()))
    include: dict[str, Any] = (
        {"postgresql_include": [*touches, "osiris_cleared"]} if folded and narrow else {}
    )
    table = Table(
        f"{name}_event",
        plan.metadata,
        *(_context_column(context, foreign=False) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False, autoincrement=False),
        Column("position", POSITION_TYPE, Identity(increment=POSITIONS_A_BLOCK), nullable=False),
        Column(XID, BigInteger, server_default=transaction_id(), nullable=False),
        Column("recorded_at", UTCDateTime, server_default=statement_time(), nullable=False),
        *_touch_columns(plan),
        Column("osiris_cleared", CLEARED_TYPE),
        Column("event_id", stored(Uuid())),
        Column("event_type", stored(String(255))),
        Column("event_meta", JSON(none_as_null=True)),
        PrimaryKeyConstraint(
            *keys,
            "seq",
            # A covering key folds the whole log without the heap; long values would not fit an index row.
            **include,
        ),
        schema=plan.schema,
        sqlite_with_rowid=False,
        **_options(plan),
    )
    given = table.c.event_id.is_not(None)
    Index(
        shortened(f"uq_{name}_event_event_id"),
        *(table.c[key] for key in keys),
        table.c.event_id,
        unique=True,
        postgresql_where=given,
        sqlite_where=given,
    )
    _index_positions(table)
    _keep_within_table(table)
    return table


def _touch_columns(plan: TablePlan) -> list[Column[Any]]:
    """What events touch, and what events of earlier versions touched in its place."""
    said = {column.name: described(column) for column in plan.columns}
    types = {field.name: field.sql.declared for field in plan.fields.values()}
    types |= earlier_columns(plan.fields.values())
    return [Column(name, type_, nullable=True, **said.get(name, {})) for name, type_ in types.items()]


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
        *_touch_columns(plan),
        Column("osiris_cleared", stored(Text())),
        Column("event_id", stored(Uuid())),
        Column("event_type", stored(String(255))),
        Column("event_meta", JSON(none_as_null=True)),
        PrimaryKeyConstraint(*keys, "seq"),
        schema=plan.schema,
        sqlite_with_rowid=False,
        **_options(plan),
    )
    _index_positions(table)
    given = table.c.event_id.is_not(None)
    Index(shortened(f"ix_{name}_event_id"), table.c.event_id, postgresql_where=given, sqlite_where=given)
    return table


def key_table(plan: TablePlan) -> Table:
    """The keys that encrypted fields are read with, one a context."""
    return Table(
        f"{plan.name}_key",
        plan.metadata,
        *(_context_column(context, foreign=False) for context in plan.contexts),
        Column("key", stored(Text()), nullable=False),
        PrimaryKeyConstraint(*(context.name for context in plan.contexts)),
        schema=plan.schema,
        **_options(plan),
    )


def _options(plan: TablePlan) -> dict[str, Any]:
    return {**TRANSACTIONAL, **plan.options}


def _head_options(plan: TablePlan) -> dict[str, Any]:
    options = _options(plan)
    storage = {**_FILL_FACTOR, **options.get("postgresql_with", {})}
    return options | ({"postgresql_with": storage} if storage else {})


def _index_positions(table: Table) -> None:
    """SQLite and MariaDB read by position alone; PostgreSQL reads the feed by transaction id and position.

    MariaDB knows no partial index: there the other one is written though nothing reads it, as Alembic would ask for it.
    """
    Index(_position_index(table), table.c.position, postgresql_where=_NOWHERE)
    Index(shortened(f"ix_{table.name}_feed"), table.c[XID], table.c.position, sqlite_where=_NOWHERE)


def _position_index(table: Table) -> str:
    return shortened(f"ix_{table.name}_position")


def _keep_within_table(table: Table) -> None:
    """Have the event table bring its key on position along on MariaDB: see TextAndKey."""
    (key,) = (index for index in table.indexes if index.name == _position_index(table))
    key.info[KEY_WITHIN] = True
    key.ddl_if(callable_=_is_created)
    key.info[ABSENT_ON] = tuple(
        name for database in known_databases() if database.brings_keys_along for name in database.names
    )


def _is_created(*_: Any, dialect: Dialect, **__: Any) -> bool:
    database = database_on(dialect)
    return database is None or not database.brings_keys_along


def _refuse_unknown_databases(_table: Table, connection: Connection, **_: Any) -> None:
    database_of(connection.dialect)


def _context_column(context: Column[Any], *, foreign: bool = True) -> Column[Any]:
    return Column(
        context.name,
        stored(context.type, key=True),
        *(copied_keys(context) if foreign else ()),
        primary_key=foreign,
        nullable=False,
        autoincrement=False,
        **described(context),
    )


def _is_narrow(declared: TypeEngine[Any]) -> bool:
    if isinstance(declared, String):
        return declared.length is not None and declared.length <= _NARROW
    return isinstance(
        declared,
        Integer | Numeric | Float | Boolean | Date | DateTime | Uuid | ExactDecimal | UTCDateTime,
    )


_NARROW = 64
