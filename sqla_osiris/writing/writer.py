"""Writes events through a connection: of one stream, or one event each of many streams."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import METADATA, Expect, NotAsExpected, Shape, Stood, Write, Written
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.transactions import end_if_undone, is_lost_race, translating_undone
from sqla_osiris.errors import OsirisError
from sqla_osiris.reading.feed import refuse_restored
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.encrypting import sealed_writes
from sqla_osiris.writing.head_changes import plan_of
from sqla_osiris.writing.refusals import begins_incomplete, conflict_of, erasure, first_conflict
from sqla_osiris.writing.refused_values import refused_value
from sqla_osiris.writing.snapshots import lock_heads, store_snapshots, take_due

__all__ = ["write_events"]


def write_events(connection: Connection, log: Log, writes: Sequence[Write]) -> list[Written]:
    """Write all of them, each of another stream; in the order given. Raises ConcurrentAppend for a lost race.

    Raises InvalidValue for an event that would begin a life without a field that it must touch, and OsirisError for a log
    that was restored without its counter.
    """
    refuse_restored(connection, log)
    if log.required:
        _refuse_incomplete(connection, log, writes)
    if log.keys is None:
        return _write(connection, log, writes)
    with translating_undone(connection, log.model):
        return _write_sealed(connection, log, writes)


def _write_sealed(connection: Connection, log: Log, writes: Sequence[Write]) -> list[Written]:
    """An encrypted touch is bound to its event's seq, which no lock holds where the stream is about to begin."""
    begun = False
    while True:
        sealed, unsure = sealed_writes(connection, log, writes, begun=begun)
        if not unsure:
            return _write(connection, log, sealed)
        with suppress(_BegunMeanwhile), connection.begin_nested():
            written = _write(connection, log, sealed)
            if any(at.seq > 1 for write, at in zip(sealed, written, strict=True) if write.key in unsure):
                raise _BegunMeanwhile
            return written
        begun = True


class _BegunMeanwhile(Exception):
    """Another writer's event was the first of a stream: there is a head to lock now."""


def _write(connection: Connection, log: Log, writes: Sequence[Write]) -> list[Written]:
    written: dict[int, Written] = {}
    with _translating_errors(connection, log, writes):
        for places, results in _written_groups(connection, log, writes):
            written.update(zip(places, results, strict=True))
    return [written[place] for place in range(len(writes))]


def _refuse_incomplete(connection: Connection, log: Log, writes: Sequence[Write]) -> None:
    for write in writes:
        if begins_incomplete(log, write):
            raise conflict_of(connection, log, write)


def _written_groups(
    connection: Connection, log: Log, writes: Sequence[Write]
) -> Iterator[tuple[list[int], list[Written]]]:
    database = database_of(connection.dialect)
    groups = _by_shape(writes)
    if len(groups) > 1 and not database.one_writer:
        # Several statements lock heads in several goes; all flushes lock theirs in one order beforehand.
        lock_heads(connection, log, [write.key for write in writes if _may_lock(database, write)])
    for shape, places in groups.items():
        yield places, _write_group(connection, log, database, shape, [writes[place] for place in places])


def _write_group(
    connection: Connection, log: Log, database: Database, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    try:
        stood = database.write(connection, plan_of(log, database), shape, writes)
    except NotAsExpected as error:
        conflict = first_conflict(connection, log, error)
        if conflict is None and error.__cause__ is not None:
            raise error.__cause__ from None
        assert conflict is not None  # noqa: S101  (a database gives back what is one, or the reason)
        raise conflict from error.__cause__
    if not shape.ends:
        due = [write.key for write, at in zip(writes, stood, strict=True) if _is_due(log, at)]
        if due:
            with _passively(connection, database):
                store_snapshots(connection, log, due)
    return [at.written for at in stood]


def _is_due(log: Log, at: Stood) -> bool:
    return take_due(log, at.written.seq, at.folded, at.fingerprint)


@contextmanager
def _passively(connection: Connection, database: Database) -> Iterator[None]:
    """With AUTOCOMMIT the events are committed already: a snapshot that fails must not tell their writer otherwise."""
    try:
        yield
    except DBAPIError:
        autocommit = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        if not (autocommit and database.writes_in_one_statement):
            raise


def _may_lock(database: Database, write: Write) -> bool:
    return not database.locks_gaps or write.expect is Expect.SEQ


@contextmanager
def _translating_errors(connection: Connection, log: Log, writes: Sequence[Write]) -> Iterator[None]:
    """Translate what only the database can notice: an erased stream, a lost race, and a sum that grew too great."""
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            # A column type refused the value on its way to the driver.
            raise error.orig from None
        end_if_undone(connection, error)
        translated = _translation(connection, log, writes, error)
        if translated is None:
            raise
        raise translated from error


def _translation(
    connection: Connection, log: Log, writes: Sequence[Write], error: StatementError
) -> OsirisError | None:
    if is_lost_race(error):
        # The server names none: only where there is one is it known which.
        one = writes[0] if len(writes) == 1 else None
        return ConcurrentAppend(
            context=None if one is None else log.context_of(one.key),
            expected_seq=None if one is None else one.expected_seq,
            found_seq=None,
            model=log.model,
            undone=True,
        )
    erased = erasure(connection, log, [write.key for write in writes], error)
    if erased is not None:
        return erased
    return refused_value(
        connection,
        log,
        error,
        lambda: {write.key: write.touches for write in writes},
        lambda: values_by_column(writes),
    )


def values_by_column(writes: Sequence[Write]) -> dict[str, list[Any]]:
    """The touches and the metadata of all of them, by column name."""
    values: dict[str, list[Any]] = defaultdict(list)
    for write in writes:
        for name, value in [*write.touches.items(), *write.metadata.items()]:
            values[name].append(value)
    return values


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
