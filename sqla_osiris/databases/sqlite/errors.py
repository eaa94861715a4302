"""What SQLite's result codes mean to us."""

from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_BUSY_SNAPSHOT,
    SQLITE_CORRUPT,
    SQLITE_ERROR,
    SQLITE_FULL,
    SQLITE_INTERRUPT,
    SQLITE_IOERR,
    SQLITE_LOCKED,
    SQLITE_NOMEM,
)
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal

__all__ = ["Errors"]

_EXTENDED = {SQLITE_BUSY_SNAPSHOT: Refusal.LOST_RACE, SQLITE_ERROR: Refusal.UNEXPLAINED}
_PRIMARY = {SQLITE_BUSY: Refusal.LOCKED, SQLITE_LOCKED: Refusal.LOCKED}

_MAY_UNDO: Final = frozenset({SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL})
"""After these SQLite may have rolled back the transaction; the lowest byte of an extended code."""


def _result_code(error: StatementError) -> int | None:
    """SQLite's extended result code; None for other drivers' errors."""
    return getattr(error.orig, "sqlite_errorcode", None)


class Errors(Database):
    """What its drivers' errors say."""

    def refusal(self, error: StatementError) -> Refusal | None:
        code = _result_code(error)
        if code is None:
            return None
        # The lowest byte of an extended code is the primary one.
        return _EXTENDED.get(code) or _PRIMARY.get(code & 0xFF)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        if (_result_code(error) or 0) & 0xFF not in _MAY_UNDO:
            # After others the connection may be closed, and has no driver to ask.
            return False
        driver: Any = connection.connection.driver_connection
        return not driver.in_transaction
