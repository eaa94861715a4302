"""Writes the events of one shape on MariaDB: the heads, then the events, in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, delete, select, type_coerce
from sqlalchemy.exc import DBAPIError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mariadb import statements as mariadb_statements
from sqla_osiris.databases.mariadb.errors import refusal
from sqla_osiris.databases.mariadb.snapshot_isolation import blindly
from sqla_osiris.databases.mariadb.types import refuse_long_keys
from sqla_osiris.databases.names import MARIADB
from sqla_osiris.databases.plan import Write, Written, bind_columns, conflict_of, heads_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream
from sqla_osiris.types.portable import UTCDateTime
from sqla_osiris.writing.head_changes import Expect, Shape, clock
from sqla_osiris.writing.snapshots import keys_to_bind, store_snapshots, take_due

__all__ = ["write_on_mariadb"]

_CLOCK = select(type_coerce(clock(MARIADB), UTCDateTime()))


def write_on_mariadb(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    """Write all of them, each of another stream; in the order given. Raises ConcurrentAppend and ContextErased."""
    refuse_long_keys(stream, [write.key for write in writes])
    if len(writes) > 1:
        return _write_many(connection, stream, shape, writes)
    write = writes[0]
    binds = write.binds(shape)
    write_head, write_event = _statements(stream, shape, connection.dialect, many=False)
    before = blindly(connection) if shape.expect in {Expect.ANYTHING, Expect.LIVE} else ""
    with _overflows_told(connection, stream, writes):
        raised = write_head.execute(connection, binds, before=before).rowcount
    if not raised:
        raise conflict_of(connection, stream, write)
    event: Any = write_event.execute(connection, binds, before=before).one()
    seq, position, recorded_at, folded, fingerprint = event
    if not shape.ends and take_due(stream, seq, folded, fingerprint):
        store_snapshots(connection, stream, [write.key])
    return [Written(seq, position, recorded_at.replace(tzinfo=UTC))]


@lru_cache(maxsize=1024)
def _statements(
    stream: Stream, shape: Shape, dialect: Dialect, *, many: bool
) -> tuple[DriverStatement, DriverStatement]:
    return (
        DriverStatement(mariadb_statements.head_statement(stream, shape, many=many), dialect),
        DriverStatement(mariadb_statements.event_statement(stream, shape, many=many), dialect),
    )


def _write_many(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    # Heads are locked in one order by all, so that two flushes cannot wait for each other.
    in_order = mariadb_statements.in_key_order(writes, lambda write: write.key)
    columns = bind_columns(shape, in_order)
    write_head, write_event = _statements(stream, shape, connection.dialect, many=True)
    with _overflows_told(connection, stream, writes):
        counted = write_head.execute_columns(connection, columns)
    # MariaDB counts 2 for an update and 1 for an insert.
    if shape.expect is Expect.SEQ and counted != 2 * len(writes):
        _delete_unborn(connection, stream, writes)
        # The others have been raised by now.
        raise next(
            lost
            for lost in _lost(connection, stream, writes)
            if not isinstance(lost, ConcurrentAppend) or lost.found_seq is None
        )
    heads = heads_of(connection, stream, [write.key for write in writes])
    columns["seq"] = [heads[write.key][0] for write in in_order]
    if "recorded_at" not in columns:
        columns["recorded_at"] = [connection.scalar(_CLOCK)] * len(writes)
    write_event.execute_columns(connection, columns)
    due = [key for key, head in heads.items() if take_due(stream, *head)]
    if due and not shape.ends:
        store_snapshots(connection, stream, due)
    return [Written(heads[write.key][0]) for write in writes]


@contextmanager
def _overflows_told(connection: Connection, stream: Stream, writes: Sequence[Write]) -> Iterator[None]:
    """What was not as expected makes the upsert overflow; an accumulator may do so too."""
    try:
        yield
    except DBAPIError as error:
        lost = _lost(connection, stream, writes) if refusal(error) is Refusal.OUT_OF_RANGE else iter(())
        for conflict in lost:
            raise conflict from error
        raise


def _lost(connection: Connection, stream: Stream, writes: Sequence[Write]) -> Iterator[OsirisError]:
    """The conflicts of those writes whose streams are not as they expect, nothing having been written."""
    for write in writes:
        conflict = conflict_of(connection, stream, write)
        if not isinstance(conflict, ConcurrentAppend):
            yield conflict
            continue
        found = conflict.found_seq
        as_expected = {
            Expect.ANYTHING: True,
            Expect.NOT_LIVE: found is None,
            Expect.SEQ: found == write.expected_seq,
        }
        if not as_expected[write.expect]:
            yield conflict


def _delete_unborn(connection: Connection, stream: Stream, writes: Sequence[Write]) -> None:
    heads = stream.heads
    columns = [heads.c[name] for name in stream.context_names]
    unborn = delete(heads).where(
        MARIADB.in_contexts(columns), heads.c.osiris_origin == mariadb_statements.NOBODY
    )
    connection.execute(unborn, {"keys": keys_to_bind(stream, [write.key for write in writes])})
