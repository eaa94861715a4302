"""What the server has rolled back whole: which errors say so, and how the caller's transaction learns of it.

A driver's error may mean that nothing of the transaction is left on the server (a deadlock, a lost race under a snapshot),
while the Session or Connection around it would go on, and commit what comes next without what came before. So whoever
translates such an error ends the transaction: it takes no more statements, and ``commit()`` raises until it is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from sqlite3 import (
    SQLITE_BUSY_SNAPSHOT,
    SQLITE_CORRUPT,
    SQLITE_FULL,
    SQLITE_INTERRUPT,
    SQLITE_IOERR,
    SQLITE_NOMEM,
)
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.mariadb.errors import LOCK_WAITED_TOO_LONG, LOST_RACES, mariadb_code
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, database_of

__all__ = ["end_if_undone", "lost_its_race", "sqlstate_of", "undone_told", "was_undone"]

_LOST_RACES: Final[frozenset[str | None]] = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected."""

_MAY_UNDO_ON_SQLITE: Final = frozenset(
    {SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL}
)
"""After these SQLite may have rolled back the transaction; the lowest byte of an extended code."""


def sqlstate_of(error: StatementError) -> str | None:
    """The SQLSTATE that PostgreSQL's drivers give an error."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)


def lost_its_race(error: StatementError) -> bool:
    """Whether the transaction met another one's changes, and can only be begun anew."""
    return (
        sqlstate_of(error) in _LOST_RACES
        or mariadb_code(error) in LOST_RACES
        or getattr(error.orig, "sqlite_errorcode", None) == SQLITE_BUSY_SNAPSHOT
    )


def was_undone(error: BaseException) -> bool:
    """Whether a race undid the transaction: what was all of it may be tried again."""
    if isinstance(error, ConcurrentAppend):
        return error.undone
    return isinstance(error, DBAPIError) and lost_its_race(error)


@contextmanager
def undone_told(connection: Connection, model: str) -> Iterator[None]:
    """Raise ConcurrentAppend where the transaction is lost to a race, and end it whenever nothing of it is left."""
    try:
        yield
    except DBAPIError as error:
        end_if_undone(connection, error)
        if not lost_its_race(error):
            raise
        raise ConcurrentAppend(
            context=None, expected_seq=None, found_seq=None, model=model, undone=True
        ) from error


def end_if_undone(connection: Connection, error: StatementError) -> None:
    """End the connection's transaction if this error has left nothing of it on the server."""
    if isinstance(error, DBAPIError) and not connection.invalidated and _is_undone(connection, error):
        _end(connection)


def _is_undone(connection: Connection, error: DBAPIError) -> bool:
    if lost_its_race(error):
        return True
    database = database_of(connection.dialect)
    if database == POSTGRESQL:
        # After any error it takes nothing but a rollback, and calls a COMMIT that is one a success.
        return not connection.in_nested_transaction()
    if database == MARIADB:
        return mariadb_code(error) == LOCK_WAITED_TOO_LONG and not _runs_on_mariadb(connection)
    code: int = getattr(error.orig, "sqlite_errorcode", None) or 0
    return code & 0xFF in _MAY_UNDO_ON_SQLITE and not runs_on_sqlite(connection)


def runs_on_sqlite(connection: Connection) -> bool:
    """Whether SQLite itself has a transaction open."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)


def _runs_on_mariadb(connection: Connection) -> bool:
    """With innodb_rollback_on_timeout, a lock that was waited for in vain costs the whole transaction."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute("SELECT @@in_transaction")
        return bool(cursor.fetchone()[0])
    finally:
        cursor.close()


def _end(connection: Connection) -> None:
    """Have the transaction take nothing but a rollback, as SQLAlchemy has one whose COMMIT failed.

    Nothing public leads there without a new connection: rolled back by us, the next statement would begin a new one.
    """
    transaction: Any = connection.get_transaction()
    if transaction is None or not transaction.is_active:
        return
    # What is left of it goes now: its locks, and on PostgreSQL a state that refuses every statement.
    with suppress(DBAPIError):
        transaction._connection_rollback_impl()  # noqa: SLF001  (a two-phase transaction has another)
    nested: Any = connection.get_nested_transaction()
    while nested is not None:
        nested.is_active = False
        nested = nested._previous_nested  # noqa: SLF001
    transaction.is_active = False
