"""SQLite: one writer, no settings, no locks of rows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, NoReturn

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Double,
    Engine,
    Executable,
    Integer,
    Table,
    delete,
    false,
    func,
    insert,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Advanced, Database, Refusal
from sqla_osiris.databases.plan import BatchColumns, FoldedBatch, Plan, Shape, Stood, Write
from sqla_osiris.databases.positions import Counter
from sqla_osiris.databases.sqlite import (
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
from sqla_osiris.databases.sqlite.errors import refusal, undid
from sqla_osiris.databases.triggers import LogTable, ProtectionDDL
from sqla_osiris.errors import OsirisError

__all__ = ["SQLite"]

_NUMBERED: Final = frozenset({"numeric", "numeric_dollar"})


class SQLite(Database):
    """SQLite 3.35 or newer."""

    name = "sqlite"
    names = types.NAMES
    moment_type = types.UTC_TEXT
    keeps_zones = True
    gives_utc = True
    document_type = types.JSONText
    native_ids = False
    ignores_limits = True
    position_type = Integer()
    compiler: Dialect = sqlite.dialect()
    renders = clocks.RENDERS | triggers.RENDERS | types.RENDERS
    in_files = True
    one_writer = True
    adds_in_doubles = True
    keeps_distinct_apart = True
    direct_drivers = frozenset({"pysqlite"})
    counts_from_the_greatest = True
    unlocks_by_dropping = True

    def refuse(self, dialect: Any) -> None:
        if dialect.paramstyle in _NUMBERED:
            _refuse_numbered(dialect)

    @property
    def clock(self) -> ColumnElement[Any]:
        return statements.clock()

    def insert(self, table: Table) -> Any:
        return sqlite.insert(table)

    def replace_rows(self, table: Table, names: Sequence[str], rows: Any) -> Any:
        # Its ON CONFLICT would be read as that of the SELECT's join.
        return insert(table).prefix_with("OR REPLACE").from_select(names, rows)

    def commits_by_itself(self, connection: Connection) -> bool:
        # The driver may be in that mode and have a transaction all the same, if somebody has sent BEGIN.
        driver: Any = connection.connection.driver_connection
        return driver.isolation_level is None and not driver.in_transaction

    def begin(self, connection: Connection) -> None:
        if self.commits_by_itself(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def lock_all(self, connection: Connection, table: Table) -> None:
        # Python's driver begins a transaction before a write alone.
        connection.execute(nothing(table))

    @contextmanager
    def without_waiting(self, connection: Connection) -> Iterator[None]:
        # It has a time that it waits for locks; it is told before a transaction begins.
        cursor: Any = connection.connection.cursor()
        cursor.execute("PRAGMA busy_timeout")
        (patience,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience:d}")
            cursor.close()

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        return counting.counter(connection, tables)

    def write(self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]) -> list[Stood]:
        return writing.write(self, connection, plan, shape, writes)

    def append_directly(self, engine: Engine, plan: Plan, write: Write) -> Stood | None:
        return direct.append_directly(engine, plan, write)

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        return batches.advance_heads(self, connection, plan, folded)

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        batches.insert_events(connection, plan, batch, seqs)

    def decimal_type(self, precision: int | None, scale: int | None) -> TypeEngine[Any]:
        return Double()

    def decimal_bind(self, value: Any, precision: int | None, scale: int | None) -> Any:
        return types.as_double(value)

    def greatest(self, *values: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
        return func.max(*values, type_=type_)

    def extreme(
        self,
        left: Any,
        right: Any,
        type_: TypeEngine[Any],
        *,
        greatest: bool,
        by_code_point: Callable[[Any], Any],
    ) -> ColumnElement[Any]:
        extreme = func.max if greatest else func.min
        return func.coalesce(extreme(left, right, type_=type_), left, right)

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return wire.written(value)

    def reader(self, declared: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any]:
        return wire.reader(declared, dialect)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        return undid(connection, error)

    def protect(self, table: LogTable, *, guard: bool) -> list[ProtectionDDL]:
        return triggers.protect(table)

    def unprotect(self, table: str, schema: str | None) -> list[ProtectionDDL]:
        return triggers.unprotect(table, schema)

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        return triggers.unlock(tables)

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return triggers.lock(tables)

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        return triggers.protected_tables(connection, schema, partly=partly)


@lru_cache(maxsize=256)
def nothing(table: Table) -> Any:
    """Return a write of nothing, which takes the lock."""
    return delete(table).where(false())


def _refuse_numbered(dialect: Dialect) -> NoReturn:
    # SQLite takes :2 for a name, and the n-th value for the n-th name in the text. Where an IN stands before another
    # parameter, SQLAlchemy numbers them in another order: rows are then missed without an error.
    raise OsirisError(
        f"This engine's paramstyle is {dialect.paramstyle!r}, with which SQLite exchanges the values of a statement's "
        "parameters and finds other rows. Make the engine without paramstyle, or with 'qmark' or 'named'."
    )
