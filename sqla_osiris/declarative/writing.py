"""Writes events through a connection: of one stream, or one event each of many streams."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, select
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.declarative.conflicts import ConcurrentAppend
from sqla_osiris.declarative.driver_statements import DriverStatement
from sqla_osiris.declarative.erasing import context_erased, erasure
from sqla_osiris.declarative.snapshots import among, keys_to_bind, store_snapshots, take_due
from sqla_osiris.declarative.statements import (
    METADATA,
    Expect,
    Shape,
    event_statement,
    head_statement,
    postgresql_statement,
)
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.declarative.tables import TOMBSTONE
from sqla_osiris.errors import OsirisError

__all__ = ["Write", "Written", "cleared_names", "heads_of", "write_events"]

_KEYS_A_QUERY = 500


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
    with _races_told(connection, stream, writes):
        for places, results in _written_groups(connection, stream, writes):
            written.update(zip(places, results, strict=True))
    return [written[place] for place in range(len(writes))]


def _written_groups(
    connection: Connection, stream: Stream, writes: Sequence[Write]
) -> Iterator[tuple[list[int], list[Written]]]:
    write_group = _on_postgresql if connection.dialect.name == "postgresql" else _on_sqlite
    groups = _by_shape(writes)
    if len(groups) > 1 and connection.dialect.name == "postgresql":
        # Several statements lock heads in several goes; all flushes lock theirs in one order beforehand.
        keys = keys_to_bind(stream, [write.key for write in writes])
        connection.execute(_locking_query(stream), {"keys": keys}).all()
    for shape, places in groups.items():
        yield places, write_group(connection, stream, shape, [writes[place] for place in places])


@contextmanager
def _races_told(connection: Connection, stream: Stream, writes: Sequence[Write]) -> Iterator[None]:
    """Under REPEATABLE READ and SERIALIZABLE, PostgreSQL itself says that a race was lost (SQLSTATE 40001)."""
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            # A column type refused the value on its way to the driver.
            raise error.orig from None
        erased = erasure(connection, stream, [write.key for write in writes], error)
        if erased is not None:
            raise erased from error
        if getattr(error.orig, "sqlstate", None) != "40001":
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
        query = _heads_query(stream, connection.dialect.name)
        for row in connection.execute(query, {"keys": keys_to_bind(stream, part)}):
            found[tuple(row[:-3])] = tuple(row[-3:])
    return found


@lru_cache(maxsize=256)
def _locking_query(stream: Stream) -> Select[Any]:
    columns = [stream.heads.c[name] for name in stream.context_names]
    return select(*columns).where(among(columns, "postgresql")).order_by(*columns).with_for_update()


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
) -> OsirisError:
    # The heads that were written stand at a seq that has no event yet: the batch inserts its events afterwards.
    events = stream.events.c
    for write in writes:
        head = heads.get(write.key)
        here = [events[name] == part for name, part in zip(stream.context_names, write.key, strict=True)]
        if head is None or connection.scalar(select(events.seq).where(*here, events.seq == head[0])):
            return _conflict(connection, stream, write)
    return _conflict(connection, stream, writes[0])


def _conflict(connection: Connection, stream: Stream, write: Write) -> OsirisError:
    heads = stream.heads.c
    here = [heads[name] == part for name, part in zip(stream.context_names, write.key, strict=True)]
    head = connection.execute(select(heads.seq, heads.osiris_origin).where(*here)).one_or_none()
    if head is not None and head.seq == TOMBSTONE:
        return context_erased(stream, stream.context_of(write.key))
    live = head is not None and head.seq > head.osiris_origin
    return ConcurrentAppend(
        context=stream.context_of(write.key),
        expected_seq=0 if write.expect is Expect.NOT_LIVE else write.expected_seq,
        found_seq=head.seq if head is not None and live else None,
        model=stream.model,
    )
