"""The tables of a model: its log, its heads and its archive, in the application's own metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy
from sqlalchemy import (
    ARRAY,
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
    and_,
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
from sqla_osiris.databases.leaf_types import leaf_type
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITIONS_A_BLOCK, XID
from sqla_osiris.databases.registry import database_of, database_on, known_databases
from sqla_osiris.errors import OsirisError
from sqla_osiris.reducers import Last, Mean
from sqla_osiris.schema.field import Field, earlier_columns
from sqla_osiris.schema.generated_keys import generator
from sqla_osiris.schema.options import copied_keys, described
from sqla_osiris.schema.policies import Inline, SnapshotPolicy
from sqla_osiris.types.portable import ExactDecimal, UTCDateTime, stored, varied

__all__ = [
    "ABSENT_ON",
    "CLEARED_TYPE",
    "POSITION_TYPE",
    "TOMBSTONE",
    "TRANSACTIONAL",
    "TablePlan",
    "archive_table",
    "event_table",
    "head_columns",
    "head_table",
    "index_beginnings",
    "index_head",
    "index_options",
    "key_table",
    "refuse_arrays",
    "seq_check_name",
    "state_column",
    "statement_time",
    "touch_columns",
]

TOMBSTONE: Final = -(2**62)
"""The seq of an erased stream's head. No number of appends makes a seq of it that the head's CHECK lets pass."""


POSITION_TYPE: Final = varied(BigInteger(), "position_type")
CLEARED_TYPE: Final = varied(Text(), "cleared_type")


def _meta_type() -> TypeEngine[Any]:
    type_: TypeEngine[Any] = JSON(none_as_null=True)
    for database in known_databases():
        if database.rewrites_documents and database.document_type is not None:
            type_ = type_.with_variant(database.document_type(none_as_null=True), *database.names)
    return type_


META_TYPE: Final = _meta_type()

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
    """What a model's tables are built from; ``options`` are the other arguments of all of them."""

    name: str
    heads: str
    metadata: MetaData
    schema: str | None
    contexts: Sequence[Column[Any]]
    columns: Sequence[Column[Any]]
    fields: Mapping[str, Field]
    policy: SnapshotPolicy
    options: Mapping[str, Any]

    def keeps_state(self, field: Field) -> bool:
        """Whether the head has a column for the field's state, which Python folds."""
        return isinstance(self.policy, Inline) and field.sql.kept_in_python()

    def shown(self, name: str) -> str:
        """The head's column that shows a field's state: its own, or the first accumulator."""
        return state_column(name) if self.keeps_state(self.fields[name]) else name

    def hidden(self, name: str) -> str | None:
        """Why no column of the heads is a field's present state; None where :meth:`shown` names the one that is."""
        field = self.fields.get(name)
        if field is None:
            return "is read from the events, and no column stores it"
        if not isinstance(self.policy, Inline):
            return "is the present in no row, as it is with __snapshot__ = Inline() alone"
        if field.encrypted is not None:
            return "is encrypted, so that the database cannot read it"
        if isinstance(field.reducer, Mean):
            return "is a mean, which the head holds as a sum and a count"
        if field.sql.kept_in_python() and not all(map(field.sql.in_python, known_databases())):
            return "is folded by Python on one database and by SQL on another, in different columns"
        return None


def statement_time() -> StatementTime:
    """Return the default of ``recorded_at``."""
    return StatementTime(UTCDateTime())


def head_table(plan: TablePlan) -> Table:
    """One row per context: its seq, and the accumulators folded so far."""
    storage = {**_FILL_FACTOR, **plan.options.get("postgresql_with", {})}
    options = {**plan.options, **({"postgresql_with": storage} if storage else {})}
    fields = [column for column in plan.columns if column.name in plan.fields]
    heads = Table(
        plan.heads,
        plan.metadata,
        *(_head_key(plan, context) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False),
        Column("osiris_origin", BigInteger, nullable=False),
        Column("osiris_folded", BigInteger, nullable=False),
        Column("osiris_fingerprint", BigInteger, nullable=False),
        Column(XID, BigInteger, server_default=literal_column("0"), nullable=False),
        *(accumulator for column in fields for accumulator in head_columns(plan, column)),
        # What an append makes of a tombstone's seq is refused by the database itself, whoever appends.
        CheckConstraint(
            or_(column("seq") > literal_column("0"), column("seq") == number(TOMBSTONE)),
            name=seq_check_name(plan.heads),
            info={"sqla_osiris": TOMBSTONE},
        ),
        schema=plan.schema,
        **options,
    )
    indexed = {context.name: False for context in plan.contexts if context.index}
    indexed |= {plan.shown(c.name): bool(c.unique) for c in fields if c.index}
    for name, unique in indexed.items():
        index_head(heads, name, unique=unique)
    # PostgreSQL finds stale heads by it. SQLite never reads it, but would write it anew with every append.
    fingerprint = heads.c.osiris_fingerprint
    Index(index_name(heads, fingerprint.name), fingerprint, sqlite_where=_NOWHERE)
    event.listen(heads, "before_create", _refuse_unknown_database)
    return heads


def index_head(heads: Table, name: str, *, unique: bool = False) -> None:
    """Have the heads be found by a column of theirs."""
    options = {} if unique else index_options([heads.c[name]])
    Index(index_name(heads, name), heads.c[name], unique=unique, **options)


def index_options(columns: Sequence[Any]) -> dict[str, Any]:
    """Return what an index of these columns, or expressions, says where it is not unique."""
    plain = [each for each in columns if isinstance(each, Column)]
    return {name: given for db in known_databases() for name, given in db.index_options(plain).items()}


def seq_check_name(heads: str) -> str:
    """Return the name of the CHECK by which the table of heads refuses appends to tombstones."""
    return shortened(f"ck_{heads}_seq")


def head_columns(plan: TablePlan, column: Column[Any]) -> list[Column[Any]]:
    """A field's accumulators; with Inline(), also its state where Python folds it."""
    field = plan.fields[column.name]
    types = {name: form.accumulator_type for name, form in field.sql.accumulators(field.name).items()}
    keys: list[Any] = []
    if plan.keeps_state(field):
        types[state_column(field.name)] = field.sql.stored_state_type
    elif isinstance(plan.policy, Inline) and isinstance(field.reducer, Last):
        keys = copied_keys(column)
    shown = {"nullable": True, **described(column)}
    return [
        Column(name, type_, *keys, **shown)
        if name == plan.shown(field.name)
        else Column(name, type_, nullable=True)
        for name, type_ in types.items()
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
    touches = {each.name: each.type for each in touch_columns(plan)}
    narrow = len(touches) + len(keys) <= 30 and all(map(_is_narrow, touches.values()))
    include: dict[str, Any] = (
        {"postgresql_include": [*touches, "osiris_cleared"]} if folded and narrow else {}
    )
    place = (
        Column("position", POSITION_TYPE, Identity(increment=POSITIONS_A_BLOCK), nullable=False),
        Column(XID, BigInteger, server_default=transaction_id(), nullable=False),
        Column("recorded_at", UTCDateTime, server_default=statement_time(), nullable=False),
    )
    # A covering key folds the whole log without the heap; long values would not fit an index row.
    table = _table_of_events(plan, f"{name}_event", place, CLEARED_TYPE, **include)
    given = table.c.event_id.is_not(None)
    Index(
        shortened(f"uq_{name}_event_event_id"),
        *(table.c[key] for key in keys),
        table.c.event_id,
        unique=True,
        postgresql_where=given,
        sqlite_where=given,
    )
    _keep_within_table(_index_positions(table))
    event.listen(table, "before_create", _refuse_unknown_database)
    return table


def index_beginnings(events: Table) -> None:
    """Have the event that began a stream be found by its ``event_id`` alone: who repeats it does not know its key."""
    begins = and_(events.c.event_id.is_not(None), events.c.seq == number(1))
    name = shortened(f"ix_{events.name}_event_id")
    Index(name, events.c.event_id, postgresql_where=begins, sqlite_where=begins)


def touch_columns(plan: TablePlan) -> list[Column[Any]]:
    """Return what events touch, and what events of earlier versions touched in its place."""
    options = {column.name: described(column) for column in plan.columns}
    types = {field.name: field.sql.declared for field in plan.fields.values()}
    types |= earlier_columns(plan.fields.values())
    return [Column(name, type_, nullable=True, **options.get(name, {})) for name, type_ in types.items()]


def archive_table(plan: TablePlan) -> Table:
    """The log's older part: the columns of the event table, values moved as they are."""
    types = {"position": BigInteger, XID: BigInteger, "recorded_at": UTCDateTime}
    place: list[Column[Any]] = [Column(name, type_, nullable=False) for name, type_ in types.items()]
    table = _table_of_events(plan, f"{plan.name}_event_archive", place, stored(Text()))
    _index_positions(table)
    given = table.c.event_id.is_not(None)
    name = shortened(f"ix_{table.name}_event_id")
    Index(name, table.c.event_id, postgresql_where=given, sqlite_where=given)
    return table


def _table_of_events(
    plan: TablePlan, name: str, place: Sequence[Column[Any]], cleared: TypeEngine[Any], **key: Any
) -> Table:
    """``place`` are the columns that say where and when an event was appended; ``key`` are options of the primary key."""
    return Table(
        name,
        plan.metadata,
        *(_context_column(context) for context in plan.contexts),
        Column("seq", BigInteger, nullable=False, autoincrement=False),
        *place,
        *touch_columns(plan),
        Column("osiris_cleared", cleared),
        Column("event_id", stored(Uuid())),
        Column("event_type", stored(String(255))),
        Column("event_meta", META_TYPE),
        PrimaryKeyConstraint(*(context.name for context in plan.contexts), "seq", **key),
        schema=plan.schema,
        sqlite_with_rowid=False,
        **plan.options,
    )


def key_table(plan: TablePlan) -> Table:
    """The keys that encrypted fields are read with, one a context."""
    return Table(
        f"{plan.name}_key",
        plan.metadata,
        *(_context_column(context) for context in plan.contexts),
        Column("key", stored(Text()), nullable=False),
        PrimaryKeyConstraint(*(context.name for context in plan.contexts)),
        schema=plan.schema,
        **plan.options,
    )


def _index_positions(table: Table) -> Index:
    """Return the index by position alone, by which SQLite and MariaDB read; PostgreSQL reads by transaction id and position.

    MariaDB knows no partial index: there the other one is written though nothing reads it, as Alembic would ask for it.
    """
    key = Index(shortened(f"ix_{table.name}_position"), table.c.position, postgresql_where=_NOWHERE)
    Index(shortened(f"ix_{table.name}_feed"), table.c[XID], table.c.position, sqlite_where=_NOWHERE)
    return key


def _keep_within_table(key: Index) -> None:
    """Have the event table bring its key on position along on MariaDB: see TextAndKey."""
    key.info[KEY_WITHIN] = True
    key.ddl_if(callable_=_is_created)
    key.info[ABSENT_ON] = tuple(
        name for database in known_databases() if database.brings_keys_along for name in database.names
    )


def _is_created(*_: Any, dialect: Dialect, **__: Any) -> bool:
    database = database_on(dialect)
    return database is None or not database.brings_keys_along


def refuse_arrays(table: Table, dialect: Dialect) -> None:
    """Raise OsirisError for a table with an ARRAY on a database that has none."""
    for each in table.c:
        if (
            isinstance(each.type, ARRAY)
            and not database_of(dialect).has_arrays
            and isinstance(leaf_type(each.type, dialect), ARRAY)
        ):
            raise OsirisError(
                f"{table.name}.{each.name} is an ARRAY, and {dialect.name} has none. Declare it as JSON there, "
                f"Latest(ARRAY(…).with_variant(JSON(), {dialect.name!r})), or keep this log on PostgreSQL."
            )


def _refuse_unknown_database(table: Table, connection: Connection, **_: Any) -> None:
    database_of(connection.dialect)
    refuse_arrays(table, connection.dialect)


def _head_key(plan: TablePlan, context: Column[Any]) -> Column[Any]:
    """The head's column of a context, with its foreign keys, and with what gives its value in the database."""
    items, options = generator(context, composite=len(plan.contexts) > 1)
    return _context_column(context, *copied_keys(context), *items, primary_key=True, **options)


def _context_column(context: Column[Any], *items: Any, **options: Any) -> Column[Any]:
    given = {"nullable": False, "autoincrement": False, **described(context), **options}
    return Column(context.name, stored(context.type, key=True), *items, **given)


def _is_narrow(declared: TypeEngine[Any]) -> bool:
    if isinstance(declared, String):
        return declared.length is not None and declared.length <= _NARROW
    return isinstance(
        declared,
        Integer | Numeric | Float | Boolean | Date | DateTime | Uuid | ExactDecimal | UTCDateTime,
    )


_NARROW = 64
