"""A statement compiled once and sent as text, for the few that run so often that SQLAlchemy's share would show.

For drivers that take positional parameters. Rows come back as the driver gives them. Binds are checked on the way: an
InvalidValue of a column type comes as itself, wrapped in nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Column, Connection, CursorResult, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

__all__ = ["DriverStatement", "driver_error", "driver_values", "each_once", "read_columns", "sent_to_driver"]

_ROWS_AT_ONCE = 10_000


class DriverStatement:
    """Through a ``Connection`` SQLAlchemy's transaction, logging and events see the statement.

    Values come in the ``order`` of their binds' names, or as columns by name; those that the statement itself fixed are
    left out. ``style`` is that of the driver's positional parameters.
    """

    def __init__(
        self, statement: Any, dialect: Dialect, *, order: Sequence[str] = (), style: str = "format"
    ) -> None:
        self._positional = _positional(dialect, style)
        compiled = statement.compile(dialect=self._positional)
        self.text: str = _row_by_row(str(compiled))
        names = list(compiled.positiontup)
        self._statement = statement
        self._dialect = dialect
        self._templates: dict[bool, _Template] = {}
        self._fixed = compiled.params
        self._types = [(name, compiled.binds[name].type) for name in names]
        own = [name for name, _ in self._types if name not in order]
        self._own = [self._fixed[name] for name in own]
        self._pick = _picker([[*order, *own].index(name) for name, _ in self._types])
        processes = (type_.dialect_impl(dialect).bind_processor(dialect) for _, type_ in self._types)
        self._processed = [(i, process) for i, process in enumerate(processes) if process is not None]

    def execute(self, connection: Connection, given: Sequence[Any], *, before: str = "") -> CursorResult[Any]:
        """Run it once with values in ``order``; ``before`` stands before its text."""
        return connection.exec_driver_sql(before + self.text_on(connection), tuple(self.ordered(given)))

    def text_on(self, connection: Connection) -> str:
        """The text for this connection, whose ``schema_translate_map`` may name other schemas."""
        translated = connection.get_execution_options().get("schema_translate_map")
        if not translated:
            return self.text
        named = None in translated
        if named not in self._templates:
            self._templates[named] = _Template(self._statement, self._positional, translated)
        return self._templates[named].text(translated)

    def execute_columns(self, connection: Connection, columns: Mapping[str, Sequence[Any]]) -> int:
        """Run it for each row of these columns, one or more, by the name of their bind. Returns the rows that matched.

        A dict of parameters for each row would cost more than SQLite itself.
        """
        rows = self._rows(columns)
        # All rows at once would take as much memory as the columns do.
        matched, text = 0, self.text_on(connection)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            matched += connection.exec_driver_sql(text, some).rowcount
        return matched

    def execute_together(
        self, connection: Connection, columns: Mapping[str, Sequence[Any]], *, before: str = ""
    ) -> CursorResult[Any]:
        """Run an INSERT for few rows, as one; drivers merge none ``before`` which something stands."""
        rows = list(self._rows(columns))
        together = _VALUES.sub(lambda found: ", ".join([found[0]] * len(rows)), self.text_on(connection), 1)
        return connection.exec_driver_sql(before + together, tuple(chain(*rows)))

    def _rows(self, columns: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
        given = [
            driver_values(type_, columns[name], self._dialect)
            if name in columns
            else repeat(self._fixed[name])
            for name, type_ in self._types
        ]
        # Not strict: a value of the statement's own has no length.
        return zip(*given, strict=False)

    def ordered(self, given: Sequence[Any]) -> Sequence[Any]:
        """The driver's parameters for ``text`` from values in ``order``, those that the text does not use included."""
        values: tuple[Any, ...] = self._pick((*given, *self._own))
        if not self._processed:
            return values
        driven = list(values)
        for i, process in self._processed:
            driven[i] = process(driven[i])
        return driven


class _Template:
    """A statement's text with a place for each schema, as SQLAlchemy keeps it for all maps.

    SQLAlchemy has one for maps with None, which stands for tables without a schema, and one for those without.
    """

    def __init__(self, statement: Any, dialect: Dialect, translated: Mapping[str | None, str | None]) -> None:
        compiled = statement.compile(dialect=dialect, schema_translate_map=dict(translated))
        self._text = _row_by_row(str(compiled))
        # What SQLAlchemy itself fills them in with, at each execution.
        self._fill: Callable[[str, Any], str] = compiled.preparer._render_schema_translates  # noqa: SLF001

    def text(self, translated: Mapping[str | None, str | None]) -> str:
        # It writes into the map.
        return self._fill(self._text, dict(translated))


def _picker(places: list[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    # itemgetter gives no tuple for one place.
    return itemgetter(*places) if len(places) > 1 else lambda values: tuple(values[at] for at in places)


def _positional(dialect: Dialect, style: str) -> Dialect:
    """The dialect with positional parameters, whatever style the engine was given: a tuple for each row costs least.

    All these drivers take them, beside what SQLAlchemy or ``create_engine(paramstyle=)`` chooses.
    """
    positional: Any = copy(dialect)
    positional.paramstyle = style
    positional.positional = True
    return cast(Dialect, positional)


def _row_by_row(text: str) -> str:
    """PyMySQL and its like merge the rows of an INSERT, and fail where VALUES is not the only part with binds.

    They look for INSERT as the first word.
    """
    return f"/* row by row */ {text}" if _CHANGES_WITH_BINDS.search(text) else text


_VALUES = re.compile(r"(?<= VALUES )\(%s(?:, %s)*\)")

_CHANGES_WITH_BINDS = re.compile(r"ON DUPLICATE KEY UPDATE.*%s", re.DOTALL)


def driver_values(type_: TypeEngine[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """A column's values as the driver takes them."""
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    if getattr(type_, "values_repeat", False):
        return each_once(process, values)
    return [process(value) for value in values]


def each_once(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Convert each value, once for all that are equal: a batch has few times."""
    known = {value: convert(value) for value in set(values)}
    return list(map(known.__getitem__, values))


def read_columns(
    connection: Connection, query: Any, binds: Mapping[str, Any], columns: Iterable[Column[Any]]
) -> list[Sequence[Any]]:
    """The values of each of the query's columns, as the types of ``columns`` read them; nothing where there is no row.

    SQLAlchemy's object for each row would take as long as what is made of it. Raises what SQLAlchemy would.
    """
    dialect = connection.dialect
    with connection.execute(query, binds) as result:
        cursor: Any = result.cursor
        described = cursor.description
        try:
            rows = cursor.fetchall()
        except dialect.loaded_dbapi.Error as error:
            raise driver_error(error, connection.engine, str(query)) from error
    read: list[Sequence[Any]] = []
    for column, described_as, values in zip(columns, described, zip(*rows, strict=True), strict=False):
        process = column.type.dialect_impl(dialect).result_processor(dialect, described_as[1])
        read.append(values if process is None else list(map(process, values)))
    return read


def sent_to_driver(connection: Connection, statement: str) -> Any:
    """The first row of a statement's result, if it has one; sent even if SQLAlchemy's transaction takes no statements."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None
    finally:
        cursor.close()


def driver_error(error: Exception, engine: Engine, statement: str | None, values: Any = None) -> Exception:
    """The error that SQLAlchemy gives for a driver's, where a statement did not go through a ``Connection``."""
    return cast(
        Exception,
        DBAPIError.instance(
            statement,
            values,
            error,
            engine.dialect.loaded_dbapi.Error,
            hide_parameters=engine.hide_parameters,
            dialect=engine.dialect,
        ),
    )
