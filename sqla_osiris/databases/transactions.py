"""Whether the driver has a transaction open for what we are about to write, and on SQLite the write lock."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, false

from sqla_osiris.databases.names import SQLITE, database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream

__all__ = ["begin_on_sqlite", "commits_by_itself", "lock_on_sqlite", "refuse_autocommit"]


def commits_by_itself(connection: Connection) -> bool:
    """Whether the driver commits each statement, whatever SQLAlchemy begins. Nothing is asked of the server.

    SQLite's driver may be in that mode and have a transaction all the same, if somebody has sent BEGIN.
    """
    if database_of(connection.dialect) == SQLITE:
        driver: Any = connection.connection.driver_connection
        return driver.isolation_level is None and not driver.in_transaction
    driver = connection.connection.dbapi_connection
    if hasattr(driver, "get_autocommit"):
        return bool(driver.get_autocommit())
    return getattr(driver, "autocommit", False) is True


def refuse_autocommit(connection: Connection, model: str) -> None:
    """Raise OsirisError where a session's connection commits each statement by itself."""
    if commits_by_itself(connection):
        raise OsirisError(
            f"{model}: this session's connection commits each statement by itself (AUTOCOMMIT), and this call needs a "
            "transaction: it would be left half done. Open the repository on the Engine, where each call begins one, or "
            "the session on an engine without AUTOCOMMIT. Nothing was written."
        )


def begin_on_sqlite(connection: Connection) -> None:
    """Begin the transaction where the driver is in its autocommit mode, and has none."""
    if commits_by_itself(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def lock_on_sqlite(connection: Connection, stream: Stream) -> None:
    """Take the write lock, and so begin the transaction: Python's driver does so before a write alone.

    What is read from here on stays as it is; and a SAVEPOINT, of which nothing begins a transaction around it, is
    inside one: else its RELEASE would be the COMMIT.
    """
    connection.execute(_nothing(stream))


@lru_cache(maxsize=256)
def _nothing(stream: Stream) -> Any:
    return delete(stream.heads).where(false())
