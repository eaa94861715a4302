"""Which database a dialect speaks to, of those whose SQL we know."""

from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.compiler import compiles

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.elements import OwnElement
from sqla_osiris.databases.mariadb import MariaDB
from sqla_osiris.databases.mysql import MySQL
from sqla_osiris.databases.postgresql import PostgreSQL
from sqla_osiris.databases.sqlite import SQLite
from sqla_osiris.errors import OsirisError

__all__ = [
    "MARIADB",
    "MYSQL",
    "POSTGRESQL",
    "SQLITE",
    "database_of",
    "database_on",
    "is_printing",
    "known_databases",
    "refusal_of",
]

SQLITE: Final[Database] = SQLite()
POSTGRESQL: Final[Database] = PostgreSQL()
MYSQL: Final[Database] = MySQL()
MARIADB: Final[Database] = MariaDB()

_PRINTING = "default"
"""The dialect of ``str(statement)``."""

_BY_NAME: dict[str, Database] = {_PRINTING: SQLITE}
_BEHIND: dict[str, list[Database]] = {}


def _register(database: Database) -> None:
    for name in database.names:
        _BY_NAME.setdefault(name, database)
    for name in database.behind:
        _BEHIND.setdefault(name, []).append(database)


for _each in (SQLITE, POSTGRESQL, MYSQL, MARIADB):
    _register(_each)


@cache
def known_databases() -> tuple[Database, ...]:
    """Ours, and those of the entry points of the group ``sqla_osiris.databases``, each the class of a database."""
    for entry in entry_points(group="sqla_osiris.databases"):
        _register(entry.load()())
    return tuple(dict.fromkeys(_BY_NAME.values()))


def database_of(dialect: Dialect) -> Database:
    """The database of a dialect, whatever the URL's scheme. Raises OsirisError for one that is not known.

    So it does for an engine on SQLite whose parameters are numbered. A statement that is printed is compiled for no
    database, and reads as on SQLite.
    """
    database = _BY_NAME.get(dialect.name) or _of_others(dialect)
    if dialect.name in _BEHIND:
        database = _found(database, dialect)
    database.refuse(dialect)
    return database


def _found(database: Database, dialect: Dialect) -> Database:
    return next((other for other in _BEHIND.get(dialect.name, ()) if other.answers(dialect)), database)


def _of_others(dialect: Dialect) -> Database:
    known_databases()
    if dialect.name in _BY_NAME:
        return _BY_NAME[dialect.name]
    raise OsirisError(
        f"Event-sourced models have no SQL for {dialect.name!r} yet: use MariaDB, MySQL, PostgreSQL or SQLite."
    )


def refusal_of(error: BaseException | None) -> Refusal | None:
    """Return what a driver's error says, of whichever database: their codes are no others' codes."""
    if not isinstance(error, StatementError):
        return None
    found = (database.refusal(error) for database in known_databases())
    return next((each for each in found if each is not None), None)


@compiles(OwnElement)
def _render_own(element: OwnElement, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.on(database_of(compiler.dialect)), **kw))


def is_printing(dialect: Any) -> bool:
    """Whether a statement is compiled for no database: somebody prints it."""
    return bool(dialect.name == _PRINTING)


def database_on(dialect: Dialect) -> Database | None:
    """The database of a dialect; None for the neutral one, by which stores that are no SQL database take a type's values."""
    if dialect.name == _PRINTING:
        return None
    database = _BY_NAME.get(dialect.name)
    return database and _found(database, dialect)
