"""A statement compiled once and sent as text, for the few that run so often that SQLAlchemy's share would show.

The connection is still SQLAlchemy's: its transaction, its logging and its events see the statement.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect
from sqlalchemy.types import TypeEngine

__all__ = ["DriverStatement"]


class DriverStatement:
    """For drivers with positional parameters. Rows come back as the driver gives them."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        self._fixed = compiled.params
        types: list[tuple[str, TypeEngine[Any]]] = [
            (name, compiled.binds[name].type) for name in compiled.positiontup
        ]
        self._binds = [(name, type_.dialect_impl(dialect).bind_processor(dialect)) for name, type_ in types]

    def execute(self, connection: Connection, binds: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it with these binds by name; those that the statement itself fixed may be left out."""
        return connection.exec_driver_sql(self._text, self._values(binds))

    def execute_columns(
        self, connection: Connection, columns: Mapping[str, Sequence[Any]]
    ) -> CursorResult[Any]:
        """Run it for each row of these columns, one or more, by the name of their bind.

        A dict of parameters for each row would cost more than SQLite itself.
        """
        given: list[Any] = []
        for name, process in self._binds:
            if name not in columns:
                given.append(repeat(self._fixed[name]))
            elif process is None:
                given.append(columns[name])
            else:
                given.append([process(value) for value in columns[name]])
        # Not strict: a value of the statement's own has no length.
        return connection.exec_driver_sql(self._text, list(zip(*given, strict=False)))

    def _values(self, binds: Mapping[str, Any]) -> tuple[Any, ...]:
        fixed = self._fixed
        values = []
        for name, process in self._binds:
            value = binds[name] if name in binds else fixed[name]
            values.append(value if process is None else process(value))
        return tuple(values)
