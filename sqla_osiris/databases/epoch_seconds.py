"""The database's clock as a number, which neither a session's time zone nor daylight saving time changes."""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from sqla_osiris.databases.names import MARIADB_NAMES

__all__ = ["epoch_seconds"]


class epoch_seconds(FunctionElement[float]):  # noqa: N801  (as SQLAlchemy writes functions)
    """Seconds since 1970, with fractions, when the row is read."""

    inherit_cache = True
    name = "osiris_epoch_seconds"
    type = Double()


@compiles(epoch_seconds, "sqlite")
def _on_sqlite(_element: epoch_seconds, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(epoch_seconds, "postgresql")
def _on_postgresql(_element: epoch_seconds, _compiler: Any, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


@compiles(epoch_seconds, *MARIADB_NAMES)
def _on_mariadb(_element: epoch_seconds, _compiler: Any, **_: Any) -> str:
    # Not UNIX_TIMESTAMP(), which goes by the session's time zone.
    return "(timestampdiff(MICROSECOND, '1970-01-01', utc_timestamp(6)) / 1e6)"
