"""MySQL: no INSERT … RETURNING, and locks that can be looked at."""

from typing import Any, ClassVar, Final

from sqlalchemy import Dialect
from sqlalchemy.dialects.mysql.base import MySQLDialect

from sqla_osiris.databases.mysql.counting import Counting
from sqla_osiris.databases.mysql.direct import Direct
from sqla_osiris.databases.mysql.engines import Engines
from sqla_osiris.databases.mysql.errors import Errors
from sqla_osiris.databases.mysql.keys import Keys
from sqla_osiris.databases.mysql.settling import Settling
from sqla_osiris.databases.mysql.triggers import Triggers
from sqla_osiris.databases.mysql.types import Types
from sqla_osiris.databases.mysql.wire import Wire
from sqla_osiris.databases.mysql.writing import Writing
from sqla_osiris.databases.mysql_family import MySQLFamily
from sqla_osiris.errors import OsirisError

__all__ = ["MySQL"]

_SINCE: Final = (8, 0, 19)


class MySQL(Counting, Direct, Engines, Errors, Keys, Settling, Triggers, Types, Wire, Writing, MySQLFamily):
    """MySQL 8.0.19 or newer."""

    name = "mysql"
    names: ClassVar[tuple[str, ...]] = ("mysql",)
    product = "MySQL"
    compiler: Dialect = MySQLDialect()
    skips_locked = True
    locks_in_folds = True
    locking_hint: ClassVar[str | None] = "FORCE INDEX (PRIMARY)"
    merges_subqueries = False
    reads_what_it_updates = False

    def refuse(self, dialect: Any) -> None:
        version = getattr(dialect, "server_version_info", None)
        if version is None:
            return
        if tuple(version[:3]) < _SINCE:
            found = ".".join(map(str, version))
            raise OsirisError(f"Event-sourced models need MySQL 8.0.19 or newer; this server is {found}.")
        mode = getattr(dialect, "_sql_mode", None) or ""
        if "STRICT_" not in mode and "TRADITIONAL" not in mode:
            raise OsirisError(
                f"This server's sql_mode is {mode!r}: without STRICT_TRANS_TABLES it cuts off what does not fit, and an "
                "event would say something else than was given. Set it on the server, or for this engine by "
                "create_engine(…, connect_args={'init_command': "
                "\"SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')\"})."
            )
