"""MariaDB: snapshots that see the past, locks of gaps, no condition on an upsert and no FULL JOIN."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Executable,
    Table,
    Text,
    case,
    func,
    null,
    text,
    type_coerce,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Advanced, Database, Refusal
from sqla_osiris.databases.literals import number, words
from sqla_osiris.databases.mariadb import (
    batches,
    clocks,
    counting,
    direct,
    statements,
    triggers,
    types,
    wire,
    writing,
)
from sqla_osiris.databases.mariadb.errors import refusal, undid
from sqla_osiris.databases.mariadb.inserted import inserted
from sqla_osiris.databases.mariadb.settling import settle
from sqla_osiris.databases.mariadb.snapshot_isolation import reading_the_newest
from sqla_osiris.databases.mariadb.types import COMPILER, NAMES
from sqla_osiris.databases.plan import BatchColumns, FoldedBatch, Plan, Shape, Stood, Write
from sqla_osiris.databases.positions import Counter, Settled
from sqla_osiris.databases.triggers import LogTable, ProtectionDDL
from sqla_osiris.errors import OsirisError

__all__ = ["MariaDB"]

_SKIPS_SINCE: Final = (10, 6)


class MariaDB(Database):
    """MariaDB 10.5 or newer. The URL's scheme decides what SQLAlchemy calls it."""

    name = "mariadb"
    names = NAMES
    moment_type = mysql.DATETIME(fsp=6)
    interval_type = BigInteger()
    position_type = types.AutoIncrement()
    cleared_type = types.TextAndKey("position")
    brings_keys_along = True
    table_options: ClassVar[Mapping[str, str]] = {f"{name}_engine": "InnoDB" for name in NAMES}
    compiler = COMPILER
    renders = clocks.RENDERS | triggers.RENDERS
    schemas_are_databases = True
    locks_gaps = True
    folds_flat = True
    direct_drivers = frozenset({"pymysql"})
    updates_by_reading_locks = True
    settles = True
    sees_the_past = True
    locks_what_it_ignores = True
    goes_on_after_deadlocks = True
    json_levels = 31  # JSON_DEPTH_LIMIT is 32, values within counted
    settings_outlive_transactions = True
    keys_checked_by_row = (
        text("SET SESSION foreign_key_checks = 0"),
        text("SET SESSION foreign_key_checks = 1"),
    )

    def refuse(self, dialect: Any) -> None:
        if _is_mysql(dialect):
            raise OsirisError(
                "Event-sourced models have no SQL for MySQL yet: use MariaDB 10.5 or newer, PostgreSQL or SQLite."
            )

    @property
    def clock(self) -> ColumnElement[Any]:
        return statements.clock()

    def insert(self, table: Table) -> Any:
        return mysql.insert(table)

    def upsert(
        self,
        insert: Any,
        keys: Sequence[str],
        changes: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None,
        *,
        where: Any = None,
    ) -> Any:
        assert where is None  # noqa: S101  (it takes no condition)
        table = insert.table
        if changes is None:
            column = next(each for each in table.c if each.name not in keys)
            return insert.on_duplicate_key_update({column.name: column})
        return insert.on_duplicate_key_update(dict(changes(inserted(table))))

    def insert_missing(self, table: Table, values: Mapping[str, Any], keys: Sequence[str]) -> Any:
        return mysql.insert(table).values(values).prefix_with("IGNORE")

    @contextmanager
    def reading_the_newest(self, connection: Connection) -> Iterator[None]:
        with reading_the_newest(connection):
            yield

    def settle(
        self, engine: Engine, model: str, tables: Sequence[Table], settled: Settled, *, patient: bool
    ) -> bool:
        return settle(engine, model, tables, settled, patient=patient)

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        return counting.counter(connection, tables)

    def mending(self, log: str) -> str:
        return f"ALTER TABLE {log} AUTO_INCREMENT = …, or "

    def resume(self, connection: Connection, tables: Sequence[Table], reached: int) -> None:
        counting.resume(connection, tables, reached)

    def write(self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]) -> list[Stood]:
        return writing.write(self, connection, plan, shape, writes)

    def append_directly(self, engine: Engine, plan: Plan, write: Write) -> Stood | None:
        return direct.append_directly(engine, plan, write)

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        return batches.advance_heads(self, connection, plan, folded)

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        batches.insert_events(connection, plan, batch, seqs)

    def decimal_type(self, precision: int | None, scale: int | None) -> TypeEngine[Any]:
        return types.decimal_type(precision, scale)

    def decimal_bind(self, value: Any, precision: int | None, scale: int | None) -> Any:
        if precision is None and scale is None:
            types.refuse_beyond(value)
        return value

    def stored(self, declared: TypeEngine[Any], *, key: bool) -> TypeEngine[Any]:
        return types.on_mariadb(declared, key=key)

    def refuse_variant(self, where: str, given: TypeEngine[Any]) -> None:
        types.refuse_variant(where, given)

    def extreme(
        self,
        left: Any,
        right: Any,
        type_: TypeEngine[Any],
        *,
        greatest: bool,
        by_code_point: Callable[[Any], Any],
    ) -> ColumnElement[Any]:
        # Its columns collate by code point; NULL beside anything gives NULL.
        extreme = func.greatest if greatest else func.least
        return extreme(func.coalesce(left, right), func.coalesce(right, left))

    def failing(self, message: ColumnElement[str], state: TypeEngine[Any]) -> ColumnElement[Any]:
        overflow = func.char_length(message) + number(2**63 - 1)
        return type_coerce(case((overflow.is_(None), null())), state)

    def handed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(func.concat(words("["), value, words("]")), Text)

    def form(self, declared: TypeEngine[Any]) -> TypeEngine[Any]:
        return types.form_on_mariadb(declared)

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return wire.written(value)

    def reader(self, declared: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any]:
        return wire.reader(declared, dialect)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        return undid(connection, error)

    def newest(self, query: Any) -> Any:
        # A plain SELECT may see the past: it reads repeatably by default.
        return query.with_for_update(read=True)

    def script(self, trigger: str) -> str:
        # Its client ends a statement at the first semicolon, and a trigger has some.
        return f"DELIMITER //\n{trigger}//\nDELIMITER ;"

    def skips_locked_rows(self, dialect: Any) -> bool:
        version = getattr(dialect, "server_version_info", None) or _SKIPS_SINCE
        return bool(tuple(version[:2]) >= _SKIPS_SINCE)

    def protect(self, table: LogTable, *, guard: bool) -> list[ProtectionDDL]:
        return triggers.protect(table, guard=guard)

    def unprotect(self, table: str, schema: str | None) -> list[ProtectionDDL]:
        return triggers.unprotect(table, schema)

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        return triggers.UNLOCK

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return triggers.LOCK

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        return triggers.protected_tables(connection, schema, partly=partly)


def _is_mysql(dialect: Any) -> bool:
    """Whether a server has said that it is not MariaDB: MySQL has neither INSERT … RETURNING nor our collation."""
    asked = getattr(dialect, "server_version_info", None) is not None
    return dialect.name == "mysql" and asked and not dialect.is_mariadb
