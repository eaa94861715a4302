"""A statement compiled once and sent as text, for the few that run so often that SQLAlchemy's share would show.

The connection is still SQLAlchemy's: its transaction, its logging and its events see the statement.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect

__all__ = ["DriverStatement", "positional"]


class DriverStatement:
    """For drivers that take positional parameters. Rows come back as the driver gives them."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text, names = positional(compiled)
        self._fixed = compiled.params
        self._binds = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
        ]

    def execute(self, connection: Connection, binds: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it with these binds by name; those that the statement itself fixed may be left out."""
        return connection.exec_driver_sql(self._text, self._values(binds))

    def execute_many(self, connection: Connection, binds: Iterable[Mapping[str, Any]]) -> CursorResult[Any]:
        """Run it for each of these, as the driver's ``executemany`` does."""
        return connection.exec_driver_sql(self._text, [self._values(row) for row in binds])

    def _values(self, binds: Mapping[str, Any]) -> tuple[Any, ...]:
        fixed = self._fixed
        values = []
        for name, process in self._binds:
            value = binds[name] if name in binds else fixed[name]
            values.append(value if process is None else process(value))
        return tuple(values)


def positional(compiled: Any) -> tuple[str, list[str]]:
    """The text with positional parameters, and their binds' names in order.

    SQLAlchemy names them for a driver that takes both (PyMySQL); a tuple for each row costs less than a dict.
    """
    if compiled.positional:
        text, names = str(compiled), list(compiled.positiontup)
    else:
        text, names = _NAMED.sub("%s", str(compiled)), _NAMED.findall(str(compiled))
    if _CHANGES_WITH_BINDS.search(text):
        # PyMySQL and its like merge the rows of an INSERT, and fail where VALUES is not the only part with binds.
        # They look for INSERT as the first word.
        text = f"/* row by row */ {text}"
    return text, names


_CHANGES_WITH_BINDS = re.compile(r"ON DUPLICATE KEY UPDATE.*%s", re.DOTALL)
_NAMED = re.compile(r"%\((\w+)\)s")
