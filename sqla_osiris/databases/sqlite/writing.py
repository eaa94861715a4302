"""Writes the events of one shape on SQLite: the heads, then the events, under the one write lock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, func, select

from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.names import SQLITE
from sqla_osiris.databases.plan import Write, Written, bind_columns, conflict_of, heads_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.head_changes import (
    Expect,
    Shape,
    clock,
    event_statement,
    fresh_head_statement,
    head_statement,
)
from sqla_osiris.writing.snapshots import store_snapshots, take_due

__all__ = ["write_on_sqlite"]


def write_on_sqlite(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    """Write all of them, each of another stream; in the order given. Raises ConcurrentAppend and ContextErased."""
    if len(writes) > 1:
        return _many_on_sqlite(connection, stream, shape, writes)
    write = writes[0]
    binds = write.binds(shape)
    write_head, write_event = _driver_statements(stream, shape, connection.dialect, many=False)
    head: Any = write_head.execute(connection, binds).one_or_none()
    if head is None:
        raise conflict_of(connection, stream, write)
    seq, folded, fingerprint = head
    event: Any = write_event.execute(connection, binds | {"seq": seq}).one()
    position, recorded_at = event
    if not shape.ends and take_due(stream, seq, folded, fingerprint):
        store_snapshots(connection, stream, [write.key])
    return [Written(seq, position, datetime.fromisoformat(recorded_at).replace(tzinfo=UTC))]


@lru_cache(maxsize=1024)
def _driver_statements(
    stream: Stream, shape: Shape, dialect: Dialect, *, many: bool
) -> tuple[DriverStatement, DriverStatement]:
    return (
        DriverStatement(head_statement(stream, shape, returning=not many), dialect),
        DriverStatement(event_statement(stream, shape, many=many), dialect),
    )


@lru_cache(maxsize=1024)
def _fresh_statement(stream: Stream, shape: Shape, dialect: Dialect) -> DriverStatement:
    return DriverStatement(fresh_head_statement(stream, shape), dialect)


def _many_on_sqlite(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    write_head, write_event = _driver_statements(stream, shape, connection.dialect, many=True)
    columns = bind_columns(shape, writes)
    if shape.expect is Expect.SEQ and stream.merges_inline(SQLITE) and not shape.ends:
        due = _raise_expected(connection, stream, shape, writes)
        seqs = [expected + 1 for expected in columns["expected"]]
    else:
        written = write_head.execute_columns(connection, columns)
        heads = heads_of(connection, stream, [write.key for write in writes])
        if written != len(writes):
            raise _first_conflict(connection, stream, writes, heads)
        seqs = [heads[write.key][0] for write in writes]
        due = [] if shape.ends else [key for key, head in heads.items() if take_due(stream, *head)]
    # The heads' statement took the write lock: nobody else takes a position from here on.
    found: Any = connection.execute(_position_and_clock(stream)).one()
    position, now = found
    columns["seq"] = seqs
    columns["position"] = range(position + 1, position + 1 + len(writes))
    columns["now"] = [now] * len(writes)
    write_event.execute_columns(connection, columns)
    if due:
        store_snapshots(connection, stream, due)
    return [Written(seq) for seq in seqs]


def _raise_expected(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[tuple[Any, ...]]:
    """Raise heads that are expected to be fresh and at a known seq. Returns the contexts of those that were stale."""
    raise_fresh = _fresh_statement(stream, shape, connection.dialect)
    raised = raise_fresh.execute_columns(connection, bind_columns(shape, writes))
    if raised == len(writes):
        return []
    heads = heads_of(connection, stream, [write.key for write in writes])
    stale: list[Write] = []
    others: list[Write] = []
    for write in writes:
        seq, _, fingerprint = heads.get(write.key, (None, None, None))
        left = seq == write.expected_seq and fingerprint != stream.fingerprint
        (stale if left else others).append(write)
    if raised != len(others):
        raise _first_conflict(connection, stream, others, heads)
    raise_stale, _ = _driver_statements(stream, shape, connection.dialect, many=True)
    if raise_stale.execute_columns(connection, bind_columns(shape, stale)) != len(stale):
        raise conflict_of(connection, stream, stale[0])
    return [write.key for write in stale]


@lru_cache(maxsize=256)
def _position_and_clock(stream: Stream) -> Any:
    return select(func.coalesce(func.max(stream.events.c.position), 0), clock(SQLITE))


def _first_conflict(
    connection: Connection, stream: Stream, writes: Sequence[Write], heads: Mapping[Any, tuple[int, ...]]
) -> OsirisError:
    # The heads that were written stand at a seq that has no event yet: the batch inserts its events afterwards.
    events = stream.events.c
    for write in writes:
        head = heads.get(write.key)
        here = [events[name] == part for name, part in zip(stream.context_names, write.key, strict=True)]
        if head is None or connection.scalar(select(events.seq).where(*here, events.seq == head[0])):
            return conflict_of(connection, stream, write)
    return conflict_of(connection, stream, writes[0])
