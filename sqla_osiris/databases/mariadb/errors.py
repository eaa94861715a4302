"""What MariaDB's error numbers mean to us."""

from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.driver import sent_to_driver

__all__ = ["LOCK_NOT_GRANTED", "NOT_PERMITTED", "Errors", "mariadb_code", "refusal_of_code"]

_LOCK_WAITED_TOO_LONG: Final = 1205
"""ER_LOCK_WAIT_TIMEOUT: the statement is undone, and with innodb_rollback_on_timeout its whole transaction."""

_BY_CODE: Final = {
    1690: Refusal.OUT_OF_RANGE,  # ER_DATA_OUT_OF_RANGE: an expression has no room for a number
    1264: Refusal.OUT_OF_RANGE,  # ER_WARN_DATA_OUT_OF_RANGE: a column has none
    1020: Refusal.LOST_RACE,  # ER_CHECKREAD (innodb_snapshot_isolation)
    1213: Refusal.LOST_RACE,  # ER_LOCK_DEADLOCK
    4025: Refusal.CHECK_FAILED,  # ER_CONSTRAINT_FAILED
    _LOCK_WAITED_TOO_LONG: Refusal.LOCKED,
    1305: Refusal.NO_SAVEPOINT,  # ER_SP_DOES_NOT_EXIST
}

LOCK_NOT_GRANTED: Final = frozenset({_LOCK_WAITED_TOO_LONG, 1969, 1213})
"""ER_LOCK_WAIT_TIMEOUT, and ER_STATEMENT_TIMEOUT (max_statement_time), and ER_LOCK_DEADLOCK: others go first."""

NOT_PERMITTED: Final = frozenset({1044, 1142})
"""ER_DBACCESS_DENIED_ERROR and ER_TABLEACCESS_DENIED_ERROR: a privilege is missing."""


def mariadb_code(error: StatementError) -> int | None:
    """The server's number of an error, as the drivers for MariaDB give it; None for other drivers."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def refusal_of_code(code: int | None) -> Refusal | None:
    """Return what the server's number of an error says."""
    return None if code is None else _BY_CODE.get(code)


class Errors(Database):
    """What its drivers' errors say."""

    goes_on_after_deadlocks = True

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal_of_code(mariadb_code(error))

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        if mariadb_code(error) != _LOCK_WAITED_TOO_LONG:
            return False
        return not sent_to_driver(connection, "SELECT @@in_transaction")[0]
