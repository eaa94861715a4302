"""Appends an event that has an ``event_id`` unless its stream has it already, in the log or in the archive.

Both are looked into twice: before the event is written, where a repeat costs least, and with the stream's head locked, when
no other transaction appends, archives or restores. Two first ones at once wait for each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, FromClause, Table, select
from sqlalchemy.exc import IntegrityError

from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import Expect, Write, Written
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import Event
from sqla_osiris.repositories.sql.reading import events_of
from sqla_osiris.schema.checks import incomplete, is_incomplete
from sqla_osiris.schema.defaults import completed
from sqla_osiris.schema.field import columns_as_read
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.encrypting import opening
from sqla_osiris.writing.new_streams import alone_with
from sqla_osiris.writing.writer import write_events

__all__ = ["append_once", "beginning"]


def beginning(log: Log, write: Write) -> Write:
    """Return the write that begins a stream whose key the database gives. Raises InvalidValue where it cannot begin one."""
    if write.expected_seq:
        raise InvalidValue(
            f"{log.model}: append(None, expected_seq={write.expected_seq}): a new stream has no events. "
            "Leave expected_seq out."
        )
    touches = completed(log, write.key, write.touches)
    if is_incomplete(log, touches):
        raise incomplete(log, None, touches)
    return replace(write, touches=touches, expect=Expect.NEW)


def append_once(connection: Connection, log: Log, write: Write) -> Written | Event:
    """Return where the event came to stand, or the one that is there. SQLite's write lock is held already."""
    if write.expect is Expect.NEW:
        return _begin_once(connection, log, write)
    # One statement sees an event in one of the two tables, whoever moves it.
    known = _found(connection, log, write, log.rows, select(log.rows))
    if known is not None:
        return known
    if database_of(connection.dialect).one_writer:
        return write_events(connection, log, [write])[0]
    try:
        with connection.begin_nested() as savepoint:
            written = write_events(connection, log, [write])[0]
            archived = _in_archive(connection, log, write)
            if archived is None:
                return written
            # It was brought and archived since the first look: the constraint on the log does not see it.
            savepoint.rollback()
            return archived
    except IntegrityError:
        # Another writer has brought the same event since the first look.
        known = _committed(connection, log, write, log.event_tables, log.rows)
        if known is None:
            raise
        return known


def _begin_once(connection: Connection, log: Log, write: Write) -> Written | Event:
    """As :func:`append_once`; its first event is found by its ``event_id`` alone, and who looks is alone with that."""
    with alone_with(connection, log, [write.metadata["event_id"]]):
        if database_of(connection.dialect).one_writer:
            known = _found(connection, log, write, log.rows, select(log.rows))
        else:
            known = _committed(connection, log, write, log.event_tables, log.rows)
        return known or write_events(connection, log, [write])[0]


def _in_archive(connection: Connection, log: Log, write: Write) -> Event | None:
    if log.archive is None:
        return None
    return _committed(connection, log, write, [log.archive], log.rows_of(log.archive))


def _committed(
    connection: Connection, log: Log, write: Write, tables: Sequence[Table], rows: FromClause
) -> Event | None:
    """Return the event of what is committed now: ``rows``, or ``tables`` one by one where a plain SELECT may see the past.

    MariaDB reads repeatably by default, and a lock does not reach into a UNION.
    """
    database = database_of(connection.dialect)
    if not database.sees_the_past:
        return _found(connection, log, write, rows, select(rows))
    with database.reading_the_newest(connection):
        for table in tables:
            query = database.newest(columns_as_read(table, log.fields))
            found = _found(connection, log, write, table, query)
            if found is not None:
                return found
    return None


def _found(connection: Connection, log: Log, write: Write, events: Any, query: Any) -> Event | None:
    query = query.where(events.c.event_id == write.metadata["event_id"])
    if write.expect is Expect.NEW:
        query = query.where(events.c.seq == number(1)).limit(1)
    else:
        names = log.context_names
        query = query.where(*(events.c[name] == part for name, part in zip(names, write.key, strict=True)))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    (event,) = events_of(log, database_of(connection.dialect), [(value,) for value in row])
    opened = opening(connection, log, [log.key_of(event.context)])
    return event if opened is None else opened(event)
