"""Writes the events of one shape on PostgreSQL: one statement, for one event or many."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.plan import Write, Written, bind_columns, conflict_of
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.head_changes import Shape, postgresql_statement
from sqla_osiris.writing.snapshots import store_snapshots, take_due

__all__ = ["write_on_postgresql"]


def write_on_postgresql(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    """Write all of them, each of another stream; in the order given. Raises ConcurrentAppend and ContextErased."""
    many = len(writes) > 1
    statement = postgresql_statement(stream, shape, many=many)
    given = bind_columns(shape, writes) if many else writes[0].binds(shape)
    rows = connection.execute(statement, given).all()
    width = len(stream.contexts)
    found = {tuple(row[:width]): row for row in rows}
    _check_all_written(connection, stream, writes, found)
    due = [key for key, row in found.items() if take_due(stream, row.seq, *row[width + 3 :])]
    if due and not shape.ends:
        with _passively(connection):
            store_snapshots(connection, stream, due)
    return [Written(*found[write.key][width : width + 3]) for write in writes]


def _check_all_written(
    connection: Connection,
    stream: Stream,
    writes: Sequence[Write],
    found: Mapping[tuple[Any, ...], Any],
) -> None:
    for write in writes:
        if write.key not in found:
            raise conflict_of(connection, stream, write)


@contextmanager
def _passively(connection: Connection) -> Iterator[None]:
    """With AUTOCOMMIT the events are committed already: a snapshot that fails must not tell their writer otherwise."""
    try:
        yield
    except DBAPIError:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            raise
