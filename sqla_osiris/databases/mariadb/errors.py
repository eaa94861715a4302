"""What MariaDB's error numbers mean to us."""

from typing import Final

from sqlalchemy.exc import StatementError

__all__ = [
    "CHECK_FAILED",
    "LOCK_NOT_GRANTED",
    "LOCK_WAITED_TOO_LONG",
    "LOST_RACES",
    "NOT_PERMITTED",
    "NO_SAVEPOINT",
    "OUT_OF_RANGE",
    "mariadb_code",
]

OUT_OF_RANGE: Final = frozenset({1690, 1264})
"""ER_DATA_OUT_OF_RANGE and ER_WARN_DATA_OUT_OF_RANGE: an expression, or a column, has no room for a number."""

LOST_RACES: Final = frozenset({1020, 1213})
"""ER_CHECKREAD (innodb_snapshot_isolation) and ER_LOCK_DEADLOCK: SQLSTATE 40001 or its like."""


CHECK_FAILED: Final = 4025
"""ER_CONSTRAINT_FAILED: a CHECK constraint refused a row. Drivers do not call it an IntegrityError."""

LOCK_WAITED_TOO_LONG: Final = 1205
"""ER_LOCK_WAIT_TIMEOUT: the statement is undone, and with innodb_rollback_on_timeout its whole transaction."""

LOCK_NOT_GRANTED: Final = frozenset({LOCK_WAITED_TOO_LONG, 1969, 1213})
"""ER_LOCK_WAIT_TIMEOUT, and ER_STATEMENT_TIMEOUT (max_statement_time), and ER_LOCK_DEADLOCK: others go first."""

NOT_PERMITTED: Final = frozenset({1044, 1142})
"""ER_DBACCESS_DENIED_ERROR and ER_TABLEACCESS_DENIED_ERROR: a privilege is missing."""

NO_SAVEPOINT: Final = 1305
"""ER_SP_DOES_NOT_EXIST: the savepoint's transaction is over."""


def mariadb_code(error: StatementError) -> int | None:
    """The server's number of an error, as the drivers for MariaDB give it; None for other drivers."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None
