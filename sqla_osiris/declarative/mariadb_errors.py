"""What MariaDB's error numbers mean to us."""

from typing import Final

from sqlalchemy.exc import StatementError

__all__ = ["LOST_RACES", "OUT_OF_RANGE", "mariadb_code"]

OUT_OF_RANGE: Final = frozenset({1690, 1264})
"""ER_DATA_OUT_OF_RANGE and ER_WARN_DATA_OUT_OF_RANGE: an expression, or a column, has no room for a number."""

LOST_RACES: Final = frozenset({1020, 1213})
"""ER_CHECKREAD (innodb_snapshot_isolation) and ER_LOCK_DEADLOCK: SQLSTATE 40001 or its like."""


def mariadb_code(error: StatementError) -> int | None:
    """The server's number of an error, as the drivers for MariaDB give it; None for other drivers."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None
