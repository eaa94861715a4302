"""Which of a database's errors say that somebody else was there: a lock that is held, or a race that was lost."""

from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.mariadb.errors import LOST_RACES, mariadb_code
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, database_of

__all__ = ["is_locked_out", "is_lost_race", "skips_locked_rows"]

_LOST_ON_POSTGRESQL: Final[frozenset[str | None]] = frozenset({"40001", "40P01"})
_LOCKED_ON_POSTGRESQL: Final[frozenset[str | None]] = frozenset({"55P03"})
_LOCKED_ON_MARIADB: Final[frozenset[int | None]] = frozenset({1205})
_LOCKED_ON_SQLITE: Final = frozenset({5, 6})
"""SQLITE_BUSY and SQLITE_LOCKED, the lowest byte of an extended code."""

_SKIPS_SINCE: Final = (10, 6)


def is_locked_out(error: BaseException | None) -> bool:
    """Whether a lock was not granted, or was granted to see a row that has changed: the same may work later."""
    if not isinstance(error, DBAPIError):
        return False
    on_sqlite = getattr(error.orig, "sqlite_errorcode", None)
    if on_sqlite is not None:
        return on_sqlite & 0xFF in _LOCKED_ON_SQLITE
    held = _state(error) in _LOCKED_ON_POSTGRESQL or mariadb_code(error) in _LOCKED_ON_MARIADB
    return held or is_lost_race(error)


def is_lost_race(error: BaseException | None) -> bool:
    """Whether the server undid the transaction for another one's sake: the same may work at once."""
    if not isinstance(error, DBAPIError):
        return False
    return _state(error) in _LOST_ON_POSTGRESQL or mariadb_code(error) in LOST_RACES


def skips_locked_rows(dialect: Dialect) -> bool:
    """Whether SELECT … FOR UPDATE can leave out what is locked. MariaDB learned it in 10.6."""
    database = database_of(dialect)
    if database == MARIADB:
        version = getattr(dialect, "server_version_info", None) or _SKIPS_SINCE
        return bool(tuple(version[:2]) >= _SKIPS_SINCE)
    return database == POSTGRESQL


def _state(error: DBAPIError) -> str | None:
    original: Any = error.orig
    state: str | None = getattr(original, "sqlstate", None)
    return state
