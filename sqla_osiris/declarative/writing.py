"""Writes events through a connection: of one stream, or one event each of many streams."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, delete, select, type_coerce
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.declarative import mariadb_statements
from sqla_osiris.declarative.column_types import UTCDateTime
from sqla_osiris.declarative.conflicts import ConcurrentAppend
from sqla_osiris.declarative.dialects import MARIADB, POSTGRESQL, SQLITE, database_of
from sqla_osiris.declarative.driver_statements import DriverStatement
from sqla_osiris.declarative.mariadb_errors import LOST_RACES, OUT_OF_RANGE, mariadb_code
from sqla_osiris.declarative.mariadb_types import refuse_long_keys
from sqla_osiris.declarative.snapshots import among, keys_to_bind, lock_heads, store_snapshots, take_due
from sqla_osiris.declarative.statements import (
    METADATA,
    Expect,
    Shape,
    clock,
    event_statement,
    head_statement,
    postgresql_statement,
)
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.errors import OsirisError

__all__ = ["Write", "Written", "cleared_names", "heads_of", "write_events"]

_KEYS_A_QUERY = 500
_CLOCK = select(type_coerce(clock(MARIADB), UTCDateTime()))


@dataclass(slots=True)
class Write:
    """One event to write: ``touches`` by column name, checked; ``metadata`` by column name, without None."""

    key: tuple[Any, ...]
    touches: Mapping[str, Any]
    expect: Expect = Expect.ANYTHING
    expected_seq: int | None = None
    ends: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def shape(self) -> Shape:
        return Shape(
            touched=tuple(self.touches),
            expect=self.expect,
            ends=self.ends,
            clears=any(touch is None for touch in self.touches.values()),
            metadata=tuple(name for name in METADATA if name in self.metadata),
        )

    def binds(self, shape: Shape) -> dict[str, Any]:
        binds = {f"k{i}": part for i, part in enumerate(self.key)}
        binds |= {f"f{i}": self.touches[name] for i, name in enumerate(shape.touched)}
        binds |= {name: self.metadata[name] for name in shape.metadata}
        if shape.clears:
            binds["cleared"] = cleared_names(self.touches)
        if shape.expect is Expect.SEQ:
            binds["expected"] = self.expected_seq
        return binds


@dataclass(frozen=True, slots=True)
class Written:
    """Where an event came to stand. A batch on SQLite does not say position and recorded_at."""

    seq: int
    position: Any = None
    recorded_at: datetime | None = None


def cleared_names(touches: Mapping[str, Any]) -> str | None:
    """What ``osiris_cleared`` says of these touches: names between commas, or NULL for none."""
    names = [name for name, touch in touches.items() if touch is None]
    return f",{','.join(names)}," if names else None


def write_events(connection: Connection, stream: Stream, writes: Sequence[Write]) -> list[Written]:
    """Write all of them, each of another stream; in the order given. Raises ConcurrentAppend for a lost race."""
    written: dict[int, Written] = {}
    with _races_told(stream, writes):
        for places, results in _written_groups(connection, stream, writes):
            written.update(zip(places, results, strict=True))
    return [written[place] for place in range(len(writes))]


def _written_groups(
    connection: Connection, stream: Stream, writes: Sequence[Write]
) -> Iterator[tuple[list[int], list[Written]]]:
    database = database_of(connection.dialect)
    write_group = _WRITERS[database]
    groups = _by_shape(writes)
    if len(groups) > 1 and database != SQLITE:
        # Several statements lock heads in several goes; all flushes lock theirs in one order beforehand.
        lock_heads(connection, stream, [write.key for write in writes if _may_lock(database, write)])
    for shape, places in groups.items():
        yield places, write_group(connection, stream, shape, [writes[place] for place in places])


@contextmanager
def _races_told(stream: Stream, writes: Sequence[Write]) -> Iterator[None]:
    """Under REPEATABLE READ and SERIALIZABLE, a database itself may say that a race was lost."""
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            # A column type refused the value on its way to the driver.
            raise error.orig from None
        if getattr(error.orig, "sqlstate", None) != "40001" and mariadb_code(error) not in LOST_RACES:
            raise
        raise ConcurrentAppend(
            context=stream.context_of(writes[0].key),
            expected_seq=writes[0].expected_seq,
            found_seq=None,
            model=stream.model,
        ) from error


def _by_shape(writes: Sequence[Write]) -> dict[Shape, list[int]]:
    groups: dict[Shape, list[int]] = defaultdict(list)
    for place, write in enumerate(writes):
        groups[write.shape()].append(place)
    return groups


def _on_postgresql(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    many = len(writes) > 1
    statement = postgresql_statement(stream, shape, many=many)
    binds = [write.binds(shape) for write in writes]
    given = {name: [one[name] for one in binds] for name in binds[0]} if many else binds[0]
    rows = connection.execute(statement, given).all()
    width = len(stream.contexts)
    found = {tuple(row[:width]): row for row in rows}
    _check_all_written(connection, stream, writes, found)
    due = [key for key, row in found.items() if take_due(stream, row.seq, *row[width + 3 :])]
    if due and not shape.ends:
        with _passively(connection):
            store_snapshots(connection, stream, due)
    return [Written(*found[write.key][width : width + 3]) for write in writes]


@contextmanager
def _passively(connection: Connection) -> Iterator[None]:
    """With AUTOCOMMIT the events are committed already: a snapshot that fails must not tell their writer otherwise."""
    try:
        yield
    except DBAPIError:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            raise


def _on_sqlite(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    if len(writes) > 1:
        return _many_on_sqlite(connection, stream, shape, writes)
    write = writes[0]
    binds = write.binds(shape)
    write_head, write_event = _driver_statements(stream, shape, connection.dialect, returning=True)
    head: Any = write_head.execute(connection, binds).one_or_none()
    if head is None:
        raise _conflict(connection, stream, write)
    seq, folded, fingerprint = head
    event: Any = write_event.execute(connection, binds | {"seq": seq}).one()
    position, recorded_at = event
    if not shape.ends and take_due(stream, seq, folded, fingerprint):
        store_snapshots(connection, stream, [write.key])
    return [Written(seq, position, datetime.fromisoformat(recorded_at).replace(tzinfo=UTC))]


@lru_cache(maxsize=1024)
def _driver_statements(
    stream: Stream, shape: Shape, dialect: Dialect, *, returning: bool
) -> tuple[DriverStatement, DriverStatement]:
    return (
        DriverStatement(head_statement(stream, shape, returning=returning), dialect),
        DriverStatement(event_statement(stream, shape, returning=returning), dialect),
    )


def _on_mariadb(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    refuse_long_keys(stream, [write.key for write in writes])
    if len(writes) > 1:
        return _many_on_mariadb(connection, stream, shape, writes)
    write = writes[0]
    binds = write.binds(shape)
    write_head, write_event = _mariadb_statements(stream, shape, connection.dialect, many=False)
    with _overflows_told(connection, stream, writes):
        raised = write_head.execute(connection, binds).rowcount
    if not raised:
        raise _conflict(connection, stream, write)
    event: Any = write_event.execute(connection, binds).one()
    seq, position, recorded_at, folded, fingerprint = event
    if not shape.ends and take_due(stream, seq, folded, fingerprint):
        store_snapshots(connection, stream, [write.key])
    return [Written(seq, position, recorded_at.replace(tzinfo=UTC))]


@lru_cache(maxsize=1024)
def _mariadb_statements(
    stream: Stream, shape: Shape, dialect: Dialect, *, many: bool
) -> tuple[DriverStatement, DriverStatement]:
    return (
        DriverStatement(mariadb_statements.head_statement(stream, shape, many=many), dialect),
        DriverStatement(mariadb_statements.event_statement(stream, shape, many=many), dialect),
    )


def _many_on_mariadb(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    # Heads are locked in one order by all, so that two flushes cannot wait for each other.
    in_order = mariadb_statements.in_key_order(writes, lambda write: write.key)
    binds = [write.binds(shape) for write in in_order]
    write_head, write_event = _mariadb_statements(stream, shape, connection.dialect, many=True)
    with _overflows_told(connection, stream, writes):
        counted = write_head.execute_many(connection, binds).rowcount
    # MariaDB counts 2 for an update and 1 for an insert.
    if shape.expect in (Expect.SEQ, Expect.LIVE) and counted != 2 * len(writes):
        _delete_unborn(connection, stream, writes)
        # The others have been raised by now.
        raise next(lost for lost in _lost(connection, stream, writes) if lost.found_seq is None)
    heads = heads_of(connection, stream, [write.key for write in writes])
    now = connection.scalar(_CLOCK)
    for write, bind in zip(in_order, binds, strict=True):
        bind["seq"] = heads[write.key][0]
        bind.setdefault("recorded_at", now)
    write_event.execute_many(connection, binds)
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
        lost = _lost(connection, stream, writes) if mariadb_code(error) == OUT_OF_RANGE else iter(())
        for conflict in lost:
            raise conflict from error
        raise


def _lost(connection: Connection, stream: Stream, writes: Sequence[Write]) -> Iterator[ConcurrentAppend]:
    """The conflicts of those writes whose streams are not as they expect, nothing having been written."""
    for write in writes:
        conflict = _conflict(connection, stream, write)
        found = conflict.found_seq
        as_expected = {
            Expect.ANYTHING: True,
            Expect.NOT_LIVE: found is None,
            Expect.LIVE: found is not None,
            Expect.SEQ: found == write.expected_seq,
        }
        if not as_expected[write.expect]:
            yield conflict


def _delete_unborn(connection: Connection, stream: Stream, writes: Sequence[Write]) -> None:
    heads = stream.heads
    columns = [heads.c[name] for name in stream.context_names]
    unborn = delete(heads).where(among(columns, MARIADB), heads.c.osiris_origin == mariadb_statements.NOBODY)
    connection.execute(unborn, {"keys": keys_to_bind(stream, [write.key for write in writes])})


def _many_on_sqlite(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    binds = [write.binds(shape) for write in writes]
    write_head, write_event = _driver_statements(stream, shape, connection.dialect, returning=False)
    written = write_head.execute_many(connection, binds).rowcount
    heads = heads_of(connection, stream, [write.key for write in writes])
    if written != len(writes):
        raise _first_conflict(connection, stream, writes, heads)
    for write, bind in zip(writes, binds, strict=True):
        bind["seq"] = heads[write.key][0]
    write_event.execute_many(connection, binds)
    due = [key for key, head in heads.items() if take_due(stream, *head)]
    if due and not shape.ends:
        store_snapshots(connection, stream, due)
    return [Written(heads[write.key][0]) for write in writes]


def heads_of(
    connection: Connection, stream: Stream, keys: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """seq, folded and fingerprint by context."""
    found = {}
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        query = _heads_query(stream, database_of(connection.dialect))
        for row in connection.execute(query, {"keys": keys_to_bind(stream, part)}):
            found[tuple(row[:-3])] = tuple(row[-3:])
    return found


@lru_cache(maxsize=256)
def _heads_query(stream: Stream, dialect: str) -> Select[Any]:
    heads = stream.heads.c
    columns = [heads[name] for name in stream.context_names]
    asked = select(*columns, heads.seq, heads.osiris_folded, heads.osiris_fingerprint)
    return asked.where(among(columns, dialect))


def _check_all_written(
    connection: Connection,
    stream: Stream,
    writes: Sequence[Write],
    found: Mapping[tuple[Any, ...], Any],
) -> None:
    for write in writes:
        if write.key not in found:
            raise _conflict(connection, stream, write)


def _first_conflict(
    connection: Connection, stream: Stream, writes: Sequence[Write], heads: Mapping[Any, tuple[int, int, int]]
) -> ConcurrentAppend:
    # The heads that were written stand at a seq that has no event yet: the batch inserts its events afterwards.
    events = stream.events.c
    for write in writes:
        head = heads.get(write.key)
        here = [events[name] == part for name, part in zip(stream.context_names, write.key, strict=True)]
        if head is None or connection.scalar(select(events.seq).where(*here, events.seq == head[0])):
            return _conflict(connection, stream, write)
    return _conflict(connection, stream, writes[0])


def _conflict(connection: Connection, stream: Stream, write: Write) -> ConcurrentAppend:
    heads = stream.heads.c
    here = [heads[name] == part for name, part in zip(stream.context_names, write.key, strict=True)]
    query = select(heads.seq, heads.osiris_origin).where(*here)
    if database_of(connection.dialect) == MARIADB:
        # A plain SELECT may see the past: MariaDB reads repeatably by default.
        query = query.with_for_update(read=True)
    head = connection.execute(query).one_or_none()
    live = head is not None and head.seq > head.osiris_origin
    return ConcurrentAppend(
        context=stream.context_of(write.key),
        expected_seq=0 if write.expect is Expect.NOT_LIVE else write.expected_seq,
        found_seq=head.seq if head is not None and live else None,
        model=stream.model,
    )


def _may_lock(database: str, write: Write) -> bool:
    # On MariaDB, locking a head that is not there yet locks the gap against everybody's new heads.
    return database != MARIADB or write.expect in (Expect.SEQ, Expect.LIVE)


_WRITERS = {POSTGRESQL: _on_postgresql, SQLITE: _on_sqlite, MARIADB: _on_mariadb}
