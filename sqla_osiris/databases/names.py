"""Which database a dialect speaks to, of those whose SQL we know."""

from typing import Any, Final, NoReturn

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect

from sqla_osiris.errors import OsirisError

__all__ = [
    "COMPILERS",
    "MARIADB",
    "MARIADB_NAMES",
    "POSTGRESQL",
    "SQLITE",
    "compiler_of",
    "database_of",
    "is_on",
    "is_printing",
]

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
MARIADB: Final = "mariadb"

MARIADB_NAMES: Final = ("mysql", "mariadb")
"""What SQLAlchemy may call the dialect of a MariaDB: the URL's scheme decides."""

_PRINTING = "default"
"""The dialect of ``str(statement)``."""

_NAMES = {SQLITE: SQLITE, POSTGRESQL: POSTGRESQL, **dict.fromkeys(MARIADB_NAMES, MARIADB)}

_DIALECTS: tuple[Any, ...] = (sqlite.dialect, postgresql.dialect, MariaDBDialect)

_NUMBERED: Final = frozenset({"numeric", "numeric_dollar"})

COMPILERS: Final[tuple[Dialect, ...]] = tuple(dialect() for dialect in _DIALECTS)
"""A dialect of each database without a driver: what asks a type for its column there, before there is an engine."""


def compiler_of(database: str) -> Dialect:
    """That of :data:`COMPILERS` which speaks to this database."""
    return next(dialect for dialect in COMPILERS if dialect.name == database)


def database_of(dialect: Dialect) -> str:
    """SQLITE, POSTGRESQL or MARIADB, whatever the URL's scheme. Raises OsirisError for any other database.

    So it does for an engine on SQLite whose parameters are numbered. A statement that is printed is compiled for no
    database, and reads as on SQLite.
    """
    name = dialect.name
    database = SQLITE if name == _PRINTING else _NAMES.get(name)
    if database is None or _is_mysql(dialect):
        found = "MySQL" if database == MARIADB else repr(dialect.name)
        raise OsirisError(
            f"Event-sourced models have no SQL for {found} yet: use MariaDB 10.5 or newer, PostgreSQL or SQLite."
        )
    if database is SQLITE and dialect.paramstyle in _NUMBERED:
        _refuse_numbered(dialect)
    return database


def is_printing(dialect: Dialect) -> bool:
    """Whether a statement is compiled for no database: somebody prints it."""
    return dialect.name == _PRINTING


def _refuse_numbered(dialect: Dialect) -> NoReturn:
    # SQLite takes :2 for a name, and the n-th value for the n-th name in the text. Where an IN stands before another
    # parameter, SQLAlchemy numbers them in another order: rows are then missed without an error.
    raise OsirisError(
        f"This engine's paramstyle is {dialect.paramstyle!r}, with which SQLite exchanges the values of a statement's "
        "parameters and finds other rows. Make the engine without paramstyle, or with 'qmark' or 'named'."
    )


def is_on(dialect: Dialect, database: str) -> bool:
    """Whether a dialect speaks to this one; a store that is no SQL database takes a type's values by the neutral dialect."""
    return _NAMES.get(dialect.name) == database


def _is_mysql(dialect: Any) -> bool:
    """Whether a server has said that it is not MariaDB: MySQL has neither INSERT … RETURNING nor our collation."""
    asked = getattr(dialect, "server_version_info", None) is not None
    return dialect.name == "mysql" and asked and not dialect.is_mariadb
