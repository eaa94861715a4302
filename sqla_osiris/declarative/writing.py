"""Writes events through a connection: of one stream, or one event each of many streams."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from sqlite3 import SQLITE_ERROR
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select, delete, func, select, type_coerce
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.declarative import mariadb_statements
from sqla_osiris.declarative.column_types import UTCDateTime
from sqla_osiris.declarative.conflicts import ConcurrentAppend
from sqla_osiris.declarative.dialects import MARIADB, POSTGRESQL, SQLITE, database_of
from sqla_osiris.declarative.driver_statements import DriverStatement
from sqla_osiris.declarative.erasing import context_erased, erasure
from sqla_osiris.declarative.mariadb_errors import LOST_RACES, OUT_OF_RANGE, mariadb_code
from sqla_osiris.declarative.mariadb_types import refuse_long_keys
from sqla_osiris.declarative.out_of_range import sqlite_sum_out_of_range, sum_out_of_range
from sqla_osiris.declarative.snapshots import among, keys_to_bind, lock_heads, store_snapshots, take_due
from sqla_osiris.declarative.statements import (
    METADATA,
    Expect,
    Shape,
    clock,
    event_statement,
    fresh_head_statement,
    head_statement,
    postgresql_statement,
)
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.declarative.tables import TOMBSTONE
from sqla_osiris.errors import OsirisError

__all__ = ["Write", "Written", "cleared_names", "heads_of", "write_events"]

_KEYS_A_QUERY = 500

_MARIADB_CLOCK = select(type_coerce(clock(MARIADB), UTCDateTime()))

# Under REPEATABLE READ and SERIALIZABLE, PostgreSQL itself says that a race was lost.
_SERIALIZATION_FAILURE = "40001"
_OUT_OF_RANGE = "22003"


@dataclass(slots=True)
class Write:
    """One event to write: ``touches`` by column name, checked; ``metadata`` by column name, without None."""

    key: tuple[Any, ...]
    touches: Mapping[str, Any]
    expect: Expect = Expect.ANYTHING
    expected_seq: int | None = None
    ends: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def binds(self, shape: Shape) -> dict[str, Any]:
        binds = {f"k{i}": part for i, part in enumerate(self.key)}
        binds |= {f"f{i}": self.touches[name] for i, name in enumerate(shape.touched)}
        binds |= {name: self.metadata[name] for name in shape.metadata}
        if shape.clears:
            binds["cleared"] = cleared_names(self.touches)
        if shape.expect is Expect.SEQ:
            binds["expected"] = self.expected_seq
        return binds


class Written(NamedTuple):
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
    with _errors_told(connection, stream, writes):
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
def _errors_told(connection: Connection, stream: Stream, writes: Sequence[Write]) -> Iterator[None]:
    """Translate what only the database can notice: an erased stream, a lost race, and a sum that grew too great."""
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            # A column type refused the value on its way to the driver.
            raise error.orig from None
        state, code = getattr(error.orig, "sqlstate", None), mariadb_code(error)
        keys = [write.key for write in writes]
        told: OsirisError | None = erasure(connection, stream, keys, error)
        if told is not None:
            raise told from error
        if state == _SERIALIZATION_FAILURE or code in LOST_RACES:
            told = ConcurrentAppend(
                context=stream.context_of(writes[0].key),
                expected_seq=writes[0].expected_seq,
                found_seq=None,
                model=stream.model,
            )
        elif state == _OUT_OF_RANGE or code in OUT_OF_RANGE:
            told = sum_out_of_range(stream, {write.key: write.touches for write in writes})
        elif getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR:
            touched = {write.key: write.touches for write in writes}
            told = sqlite_sum_out_of_range(connection, stream, touched)
        if told is None:
            raise
        raise told from error


def _by_shape(writes: Sequence[Write]) -> dict[Shape, list[int]]:
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, write in enumerate(writes):
        touches = write.touches
        clears = False
        for touch in touches.values():
            if touch is None:
                clears = True
        groups[tuple(touches), write.expect, write.ends, clears, tuple(write.metadata)].append(place)
    shapes: dict[Shape, list[int]] = defaultdict(list)
    for (touched, expect, ends, clears, given), places in groups.items():
        metadata = tuple(name for name in METADATA if name in given)
        shapes[Shape(touched, expect, ends, clears, metadata)].extend(places)
    return shapes


def _columns(shape: Shape, writes: Sequence[Write]) -> dict[str, Sequence[Any]]:
    """What ``Write.binds`` gives, as a column for each bind."""
    keys = zip(*[write.key for write in writes], strict=True)
    columns: dict[str, Sequence[Any]] = {f"k{i}": list(parts) for i, parts in enumerate(keys)}
    for i, name in enumerate(shape.touched):
        columns[f"f{i}"] = [write.touches[name] for write in writes]
    for name in shape.metadata:
        columns[name] = [write.metadata[name] for write in writes]
    if shape.clears:
        columns["cleared"] = [cleared_names(write.touches) for write in writes]
    if shape.expect is Expect.SEQ:
        columns["expected"] = [write.expected_seq for write in writes]
    return columns


def _on_postgresql(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    many = len(writes) > 1
    statement = postgresql_statement(stream, shape, many=many)
    given = _columns(shape, writes) if many else writes[0].binds(shape)
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
    write_head, write_event = _driver_statements(stream, shape, connection.dialect, many=False)
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
    stream: Stream, shape: Shape, dialect: Dialect, *, many: bool
) -> tuple[DriverStatement, DriverStatement]:
    return (
        DriverStatement(head_statement(stream, shape, returning=not many), dialect),
        DriverStatement(event_statement(stream, shape, many=many), dialect),
    )


@lru_cache(maxsize=1024)
def _fresh_statement(stream: Stream, shape: Shape, dialect: Dialect) -> DriverStatement:
    return DriverStatement(fresh_head_statement(stream, shape), dialect)


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
    columns = _columns(shape, in_order)
    write_head, write_event = _mariadb_statements(stream, shape, connection.dialect, many=True)
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
        columns["recorded_at"] = [connection.scalar(_MARIADB_CLOCK)] * len(writes)
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
        lost = _lost(connection, stream, writes) if mariadb_code(error) in OUT_OF_RANGE else iter(())
        for conflict in lost:
            raise conflict from error
        raise


def _lost(connection: Connection, stream: Stream, writes: Sequence[Write]) -> Iterator[OsirisError]:
    """The conflicts of those writes whose streams are not as they expect, nothing having been written."""
    for write in writes:
        conflict = _conflict(connection, stream, write)
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
    unborn = delete(heads).where(among(columns, MARIADB), heads.c.osiris_origin == mariadb_statements.NOBODY)
    connection.execute(unborn, {"keys": keys_to_bind(stream, [write.key for write in writes])})


def _may_lock(database: str, write: Write) -> bool:
    # On MariaDB, locking a head that is not there yet locks the gap against everybody's new heads.
    return database != MARIADB or write.expect is Expect.SEQ


def _many_on_sqlite(
    connection: Connection, stream: Stream, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    write_head, write_event = _driver_statements(stream, shape, connection.dialect, many=True)
    columns = _columns(shape, writes)
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
    raised = raise_fresh.execute_columns(connection, _columns(shape, writes))
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
    if raise_stale.execute_columns(connection, _columns(shape, stale)) != len(stale):
        raise _conflict(connection, stream, stale[0])
    return [write.key for write in stale]


@lru_cache(maxsize=256)
def _position_and_clock(stream: Stream) -> Any:
    return select(func.coalesce(func.max(stream.events.c.position), 0), clock(SQLITE))


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
    query = select(heads.seq, heads.osiris_origin).where(*here)
    if database_of(connection.dialect) == MARIADB:
        # A plain SELECT may see the past: MariaDB reads repeatably by default.
        query = query.with_for_update(read=True)
    head = connection.execute(query).one_or_none()
    if head is not None and head.seq == TOMBSTONE:
        return context_erased(stream, stream.context_of(write.key))
    live = head is not None and head.seq > head.osiris_origin
    return ConcurrentAppend(
        context=stream.context_of(write.key),
        expected_seq=0 if write.expect is Expect.NOT_LIVE else write.expected_seq,
        found_seq=head.seq if head is not None and live else None,
        model=stream.model,
    )


_WRITERS = {POSTGRESQL: _on_postgresql, SQLITE: _on_sqlite, MARIADB: _on_mariadb}
