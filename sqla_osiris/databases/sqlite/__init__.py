"""SQLite: one writer, no settings, no locks of rows."""

from typing import Any, Final, NoReturn

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.sqlite.errors import refusal, undid
from sqla_osiris.errors import OsirisError

__all__ = ["SQLite"]

_NUMBERED: Final = frozenset({"numeric", "numeric_dollar"})


class SQLite(Database):
    """SQLite 3.35 or newer."""

    name = "sqlite"
    names = ("sqlite",)
    compiler: Dialect = sqlite.dialect()
    one_writer = True
    counts_from_the_greatest = True
    unlocks_by_dropping = True

    def refuse(self, dialect: Any) -> None:
        if dialect.paramstyle in _NUMBERED:
            _refuse_numbered(dialect)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        return undid(connection, error)


def _refuse_numbered(dialect: Dialect) -> NoReturn:
    # SQLite takes :2 for a name, and the n-th value for the n-th name in the text. Where an IN stands before another
    # parameter, SQLAlchemy numbers them in another order: rows are then missed without an error.
    raise OsirisError(
        f"This engine's paramstyle is {dialect.paramstyle!r}, with which SQLite exchanges the values of a statement's "
        "parameters and finds other rows. Make the engine without paramstyle, or with 'qmark' or 'named'."
    )
