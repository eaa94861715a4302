"""A query's result column by column: SQLAlchemy's object for each row would take as long as what is made of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection

from sqla_osiris.databases.driver import driver_error

__all__ = ["read_columns"]


def read_columns(
    connection: Connection, query: Any, binds: Mapping[str, Any], columns: Iterable[Column[Any]]
) -> list[Sequence[Any]]:
    """The values of each of the query's columns, as the types of ``columns`` read them; nothing where there is no row.

    Raises what SQLAlchemy would.
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
