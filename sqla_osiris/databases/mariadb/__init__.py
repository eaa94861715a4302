"""MariaDB: snapshots that see the past, locks of gaps, no condition on an upsert and no FULL JOIN."""

from typing import Any, Final

from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.mariadb.errors import refusal, undid
from sqla_osiris.databases.mariadb.types import NAMES
from sqla_osiris.errors import OsirisError

__all__ = ["MariaDB"]

_SKIPS_SINCE: Final = (10, 6)


class MariaDB(Database):
    """MariaDB 10.5 or newer. The URL's scheme decides what SQLAlchemy calls it."""

    name = "mariadb"
    names = NAMES
    compiler: Dialect = MariaDBDialect()
    locks_gaps = True
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


def _is_mysql(dialect: Any) -> bool:
    """Whether a server has said that it is not MariaDB: MySQL has neither INSERT … RETURNING nor our collation."""
    asked = getattr(dialect, "server_version_info", None) is not None
    return dialect.name == "mysql" and asked and not dialect.is_mariadb
