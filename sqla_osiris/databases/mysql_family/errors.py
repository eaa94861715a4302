"""What the error numbers mean to us that MySQL and MariaDB share."""

from collections.abc import Mapping
from typing import ClassVar, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.driver import sent_to_driver

__all__ = ["LOCK_WAITED_TOO_LONG", "NOT_PERMITTED", "Errors", "code_of"]

LOCK_WAITED_TOO_LONG: Final = 1205
"""ER_LOCK_WAIT_TIMEOUT: the statement is undone, and with innodb_rollback_on_timeout its whole transaction."""

_BY_CODE: Final = {
    1690: Refusal.OUT_OF_RANGE,  # ER_DATA_OUT_OF_RANGE: an expression has no room for a number
    1264: Refusal.OUT_OF_RANGE,  # ER_WARN_DATA_OUT_OF_RANGE: a column has none
    1213: Refusal.LOST_RACE,  # ER_LOCK_DEADLOCK
    LOCK_WAITED_TOO_LONG: Refusal.LOCKED,
    1305: Refusal.NO_SAVEPOINT,  # ER_SP_DOES_NOT_EXIST
}

NOT_PERMITTED: Final = frozenset({1044, 1142})
"""ER_DBACCESS_DENIED_ERROR and ER_TABLEACCESS_DENIED_ERROR: a privilege is missing."""


def code_of(error: StatementError) -> int | None:
    """The server's number of an error, as their drivers give it; None for other drivers."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


class Errors(Database):
    """What its drivers' errors say."""

    goes_on_after_deadlocks = True
    own_codes: ClassVar[Mapping[int, Refusal]]
    """What the numbers mean that one of them has alone."""
    undone_after_waiting: ClassVar[str]
    """The query of whether a lock that was waited for too long has undone the transaction: 1, else 0."""

    def refusal(self, error: StatementError) -> Refusal | None:
        return self.refusal_of_code(code_of(error))

    def refusal_of_code(self, code: int | None) -> Refusal | None:
        """Return what the server's number of an error says."""
        return None if code is None else self.own_codes.get(code) or _BY_CODE.get(code)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        if code_of(error) != LOCK_WAITED_TOO_LONG:
            return False
        return bool(sent_to_driver(connection, self.undone_after_waiting)[0])
