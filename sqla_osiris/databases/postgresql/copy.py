"""Loads columns into a table of PostgreSQL by COPY.

Texts, integers and times, which most columns are, are written as COPY's text in whole columns; the driver takes twice as
long over them value by value. With any other type the driver writes the rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any

from sqlalchemy import Connection, Table

from sqla_osiris.databases.driver import driver_error, each_once
from sqla_osiris.databases.identifiers import as_driver_reads, name_on

__all__ = ["copy_columns"]

_ROWS_AT_ONCE = 10_000
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Append rows given by column, as psycopg takes their values. Raises the driver's errors as SQLAlchemy does."""
    prepare = connection.dialect.identifier_preparer
    names = ", ".join(prepare.quote(name) for name in columns)
    quoted = as_driver_reads(connection.dialect, names)
    statement = f"COPY {name_on(connection, table)} ({quoted}) FROM STDIN"
    kinds = [_kind(values) for values in columns.values()]
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            if None in kinds:
                for row in zip(*columns.values(), strict=True):
                    copy.write_row(row)
            else:
                _write_text(copy, list(zip(kinds, columns.values(), strict=True)))
    except connection.dialect.loaded_dbapi.Error as error:
        raise driver_error(error, connection.engine, statement) from error
    finally:
        cursor.close()


def _kind(values: Sequence[Any]) -> type | None:
    """The one type of a column's values that COPY's text is written for, or None."""
    if isinstance(values, range):
        return int
    types = set(map(type, values)) - {NoneType}
    if not types:
        return NoneType
    kind = types.pop()
    return kind if not types and kind in (str, int, datetime) else None


def _write_text(copy: Any, columns: Sequence[tuple[type | None, Sequence[Any]]]) -> None:
    rows = len(columns[0][1])
    for start in range(0, rows, _ROWS_AT_ONCE):
        texts = [_texts(kind, values[start : start + _ROWS_AT_ONCE]) for kind, values in columns]
        copy.write("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n")


def _texts(kind: type | None, values: Sequence[Any]) -> list[str]:
    if kind is datetime:
        # One of them costs ten integers.
        return each_once(lambda value: _NULL if value is None else str(value), values)
    if kind is int and values.count(None) == 0:
        return list(map(str, values))
    if kind is not str:
        return [_NULL if value is None else str(value) for value in values]
    joined = "".join(filter(None, values))
    if any(character in joined for character in "\\\t\n\r"):
        return [_NULL if value is None else value.translate(_ESCAPES) for value in values]
    return [_NULL if value is None else value for value in values]
