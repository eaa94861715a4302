"""MariaDB: INSERT … RETURNING, compound statements, and snapshots that may not be overtaken."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sqlalchemy import Dialect
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect

from sqla_osiris.databases.mariadb.direct import Direct
from sqla_osiris.databases.mariadb.errors import Errors
from sqla_osiris.databases.mariadb.keys import Keys
from sqla_osiris.databases.mariadb.settling import Settling
from sqla_osiris.databases.mariadb.snapshot_isolation import SnapshotIsolation
from sqla_osiris.databases.mariadb.writing import Writing
from sqla_osiris.databases.mysql_family import MySQLFamily

__all__ = ["MariaDB"]

_SKIPS_SINCE: Final = (10, 6)


class MariaDB(Direct, Errors, Keys, Settling, SnapshotIsolation, Writing, MySQLFamily):
    """MariaDB 10.5 or newer. The URL's scheme decides what SQLAlchemy calls it."""

    name = "mariadb"
    names: ClassVar[tuple[str, ...]] = ("mariadb",)
    behind: ClassVar[tuple[str, ...]] = ("mysql",)
    product = "MariaDB"
    compiler: Dialect = MariaDBDialect()
    table_options: ClassVar[Mapping[str, str]] = {"mariadb_engine": "InnoDB"}
    json_levels: ClassVar[int | None] = 31  # JSON_DEPTH_LIMIT is 32, values within counted

    def answers(self, dialect: Any) -> bool:
        return bool(dialect.is_mariadb)

    def skips_locked_rows(self, dialect: Any) -> bool:
        version = getattr(dialect, "server_version_info", None) or _SKIPS_SINCE
        return bool(tuple(version[:2]) >= _SKIPS_SINCE)
