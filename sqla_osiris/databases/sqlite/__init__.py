"""SQLite: one writer, no settings, no locks of rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, ClassVar, Final, NoReturn

from sqlalchemy import ColumnElement, Connection, Dialect, Table, delete, false, func, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.driver import sent_to_driver
from sqla_osiris.databases.sqlite.batches import Batches
from sqla_osiris.databases.sqlite.counting import Counting
from sqla_osiris.databases.sqlite.direct import Direct
from sqla_osiris.databases.sqlite.errors import Errors
from sqla_osiris.databases.sqlite.keys import Keys
from sqla_osiris.databases.sqlite.reshaping import Shaping
from sqla_osiris.databases.sqlite.triggers import Triggers
from sqla_osiris.databases.sqlite.types import Types
from sqla_osiris.databases.sqlite.wire import Wire
from sqla_osiris.databases.sqlite.writing import Writing
from sqla_osiris.errors import OsirisError

__all__ = ["SQLite"]

_NUMBERED: Final = frozenset({"numeric", "numeric_dollar"})


class SQLite(Batches, Counting, Direct, Errors, Keys, Shaping, Triggers, Types, Wire, Writing):
    """SQLite 3.35 or newer."""

    name = "sqlite"
    names: ClassVar[tuple[str, ...]] = ("sqlite",)
    compiler: Dialect = sqlite.dialect()
    epoch_seconds = "((julianday('now') - 2440587.5) * 86400.0)"
    explains = "EXPLAIN QUERY PLAN"
    in_files = True
    one_writer = True
    keeps_distinct_apart = True

    def refuse(self, dialect: Any) -> None:
        if dialect.paramstyle in _NUMBERED:
            _refuse_numbered(dialect)

    def insert(self, table: Table) -> Any:
        return sqlite.insert(table)

    def replace_rows(self, table: Table, names: Sequence[str], rows: Any) -> Any:
        # Its ON CONFLICT would be read as that of the SELECT's join.
        return insert(table).prefix_with("OR REPLACE").from_select(names, rows)

    def commits_by_itself(self, connection: Connection) -> bool:
        # The driver may be in that mode and have a transaction all the same, if somebody has sent BEGIN.
        driver: Any = connection.connection.driver_connection
        return _ignores_commits(connection) or (driver.isolation_level is None and not driver.in_transaction)

    def begin(self, connection: Connection) -> None:
        if self.commits_by_itself(connection):
            _refuse_ignored_commits(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def lock_all(self, connection: Connection, table: Table) -> None:
        # Python's driver begins a transaction before a write alone.
        connection.execute(nothing(table))

    def lock_begun(self, connection: Connection, table: Table) -> None:
        # By the driver with autocommit=False, or by SQLAlchemy's event: a plain BEGIN.
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:
            self.lock_all(connection, table)

    def plan_lines(self, row: Mapping[str, Any]) -> list[str]:
        return [row["detail"]]

    @contextmanager
    def without_waiting(self, connection: Connection) -> Iterator[None]:
        # It has a time that it waits for locks; it is told before a transaction begins.
        (patience,) = sent_to_driver(connection, "PRAGMA busy_timeout")
        sent_to_driver(connection, "PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            sent_to_driver(connection, f"PRAGMA busy_timeout = {patience:d}")

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


@lru_cache(maxsize=256)
def nothing(table: Table) -> Any:
    """Return a write of nothing, which takes the lock."""
    return delete(table).where(false())


def _ignores_commits(connection: Connection) -> bool:
    """Whether it has the attribute that Python 3.12 brought, and that says so: its commit() and rollback() do nothing."""
    pooled: Any = connection.connection
    # aiosqlite shows the attribute of the connection that it holds nowhere.
    held = getattr(pooled.driver_connection, "_conn", pooled.driver_connection)
    try:
        return getattr(held, "autocommit", None) is True
    except held.ProgrammingError:
        # Of a database in memory Python shows it to the connection's own thread alone.
        asked = pooled.dbapi_connection.run_async(lambda driver: driver._execute(lambda: held.autocommit))  # noqa: SLF001
        return asked is True


def _refuse_ignored_commits(connection: Connection) -> None:
    if _ignores_commits(connection):
        raise OsirisError(
            "This engine's connections have autocommit=True, with which Python's sqlite3 ignores commit() and rollback(): "
            "there is no transaction. Make the engine with isolation_level='AUTOCOMMIT', or with autocommit=False."
        )


def _refuse_numbered(dialect: Dialect) -> NoReturn:
    # SQLite takes :2 for a name, and the n-th value for the n-th name in the text. Where an IN stands before another
    # parameter, SQLAlchemy numbers them in another order: rows are then missed without an error.
    raise OsirisError(
        f"This engine's paramstyle is {dialect.paramstyle!r}, with which SQLite exchanges the values of a statement's "
        "parameters and finds other rows. Make the engine without paramstyle, or with 'qmark' or 'named'."
    )
