"""Writes events: through a connection, of one stream or one event each of many; or one past SQLAlchemy.

SQLite runs both statements of an append sooner than SQLAlchemy sets up a Connection, a transaction and two results for
them; MariaDB's are one round trip instead of four, MySQL's three instead of five. So an append that is a transaction of its
own goes straight to the driver, through the pool's own connection, unless somebody listens or logs.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import METADATA, Expect, NotAsExpected, Shape, Write, Written
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.transactions import end, end_if_undone, is_lost_race, translating_undone
from sqla_osiris.errors import OsirisError
from sqla_osiris.reading.feed import refuse_unsafe, refuse_unsafe_in
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.encrypting import sealed_writes
from sqla_osiris.writing.head_changes import plan_of
from sqla_osiris.writing.new_streams import with_drawn_keys
from sqla_osiris.writing.refusals import (
    begins_incomplete,
    conflict_of,
    erasure,
    first_conflict,
    violates_check,
    violation,
)
from sqla_osiris.writing.refused_values import refused_value
from sqla_osiris.writing.snapshots import lock_heads, store_snapshots, take_due

__all__ = ["append_directly", "is_unobserved", "write_events"]


def write_events(connection: Connection, log: Log, writes: Sequence[Write]) -> list[Written]:
    """Write all of them, each of another stream; in the order given. Raises ConcurrentAppend for a lost race.

    Raises InvalidValue for an event that would begin a life without a field that it must touch, and OsirisError for a log
    that was restored without its counter, or in tables without transactions.
    """
    refuse_unsafe(connection, log)
    for write in writes if log.required else ():
        if begins_incomplete(log, write):
            raise conflict_of(connection, log, write)
    if log.generates:
        drawn = with_drawn_keys(connection, log, writes)
        if drawn is not writes:
            return [
                at._replace(key=write.key)
                for write, at in zip(drawn, write_events(connection, log, drawn), strict=True)
            ]
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
    database = database_of(connection.dialect)
    written: dict[int, Written] = {}
    with _translating_errors(connection, log, writes):
        groups = _by_shape(writes)
        if len(groups) > 1 and not database.one_writer:
            # Several statements lock heads in several goes: all flushes lock theirs in one order beforehand.
            there = [each for each in writes if each.expect is not Expect.NEW]
            may_lock = [each.key for each in there if not database.locks_gaps or each.expect.updates]
            blind = any(shape.expect is Expect.LIVE for shape in groups)
            with database.reading_the_newest(connection) if blind else nullcontext():
                lock_heads(connection, log, may_lock)
        # What counts keys knows those that are given by then.
        last = Expect.NEW if log.generates else None
        for shape in sorted(groups, key=lambda shape: shape.expect is last):
            places = groups[shape]
            group = [writes[place] for place in places]
            results = _write_group(connection, log, database, shape, group)
            written.update(zip(places, results, strict=True))
    return [written[place] for place in range(len(writes))]


def _write_group(
    connection: Connection, log: Log, database: Database, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    try:
        plan = plan_of(log, database)
        if plan.checked and plan.merges and shape.expect is Expect.ANYTHING:
            written = _write_checked(connection, log, database, shape, writes)
        else:
            written = database.write(connection, plan, shape, writes)
    except NotAsExpected as error:
        conflict = first_conflict(connection, log, error)
        if conflict is None and error.__cause__ is not None:
            raise error.__cause__ from None
        assert conflict is not None  # noqa: S101  (a database gives back what is one, or the reason)
        raise conflict from error.__cause__
    if not shape.ends:
        pairs = zip(writes, written, strict=True)
        due = [at.key or write.key for write, at in pairs if take_due(log, at.seq, at.folded, at.fingerprint)]
        if due:
            try:
                store_snapshots(connection, log, due)
            except DBAPIError as error:
                if log.constrained and (isinstance(error, IntegrityError) or violates_check(error)):
                    raise _Unfolded from error
                # With AUTOCOMMIT the events are committed already: their writer must not be told otherwise.
                autocommit = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
                if not (autocommit and database.writes_in_one_statement):
                    raise
    return written


def _write_checked(
    connection: Connection, log: Log, database: Database, shape: Shape, writes: Sequence[Write]
) -> list[Written]:
    """Write what expects nothing of its streams, of a model with a CHECK: those that live by updates of their heads.

    A database checks what an upsert would insert, also where it updates: a difference is not the present of a stream that
    lives. Of one that does not, both are the same.
    """
    plan = plan_of(log, database)
    living = shape._replace(expect=Expect.LIVE)
    # Not finding a row to update, MariaDB locks the gap, and two new streams would wait for each other.
    first, second = (shape, living) if database.locks_gaps else (living, shape)
    try:
        return database.write(connection, plan, first, writes)
    except NotAsExpected as error:
        if error.__cause__ is not None:
            raise error.__cause__ from None
        return database.write(connection, plan, second, writes)
    except DBAPIError as error:
        if not (database.locks_gaps and violates_check(error)):
            raise
        try:
            return database.write(connection, plan, second, writes)
        except NotAsExpected as lost:
            raise (lost.__cause__ or error) from None


class _Unfolded(Exception):
    """The event is written, and the database refuses what its stale head is folded to: none of it may be committed."""


@contextmanager
def _translating_errors(connection: Connection, log: Log, writes: Sequence[Write]) -> Iterator[None]:
    """Translate what only the database can notice: an erased stream, a lost race, and a sum that grew too great."""
    try:
        yield
    except _Unfolded as unfolded:
        error: Any = unfolded.__cause__
        end(connection)
        raise violation(error) or error from None
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            # A column type refused the value on its way to the driver.
            raise error.orig from None
        end_if_undone(connection, error)
        translated = _translation(connection, log, writes, error) or violation(error)
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
    keys = [write.key for write in writes if write.expect is not Expect.NEW]
    erased = erasure(connection, log, keys, error)
    if erased is not None:
        return erased
    return refused_value(
        connection,
        log,
        error,
        lambda: {write.key: write.touches for write in writes},
        lambda: _values_by_column(writes),
    )


def _values_by_column(writes: Sequence[Write]) -> dict[str, list[Any]]:
    """The touches and the metadata of all of them, by column name."""
    values: dict[str, list[Any]] = defaultdict(list)
    for write in writes:
        for name, value in [*write.touches.items(), *write.metadata.items()]:
            values[name].append(value)
    return values


def _by_shape(writes: Sequence[Write]) -> dict[Shape, list[int]]:
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, write in enumerate(writes):
        touches, given = write.touches, write.metadata
        clears = False
        for touch in touches.values():
            if touch is None:
                clears = True
        metadata = tuple(name for name in METADATA if name in given) if given else ()
        groups[tuple(touches), write.expect, write.ends, clears, metadata].append(place)
    return {Shape(*decides): places for decides, places in groups.items()}


def append_directly(engine: Engine, log: Log, write: Write) -> Written | None:
    """Write and commit the event; None, and nothing written, where it is for the ordinary way, or that must say why not.

    A snapshot that falls due is a transaction of its own: its failure does not tell the writer that the event was lost.
    """
    database = database_of(engine.dialect)
    if not (
        engine.dialect.driver in database.direct_drivers
        and _is_direct(log, database)
        and (write.expect is Expect.ANYTHING or not log.constrained)
        and write.expect is not Expect.NEW
        and is_unobserved(engine)
    ):
        return None
    refuse_unsafe_in(engine, log, database)
    clears, metadata = None in write.touches.values(), tuple(write.metadata)
    expect = Expect.FRESH if log.constrained else write.expect
    shape = Shape(tuple(write.touches), expect, clears=clears, metadata=metadata)
    written = database.append_directly(engine, plan_of(log, database), shape, write.values(shape))
    if written is not None and take_due(log, written.seq, written.folded, written.fingerprint):
        with suppress(DBAPIError), engine.begin() as connection:
            store_snapshots(connection, log, [write.key])
    return written


@lru_cache(maxsize=256)
def _is_direct(log: Log, database: Database) -> bool:
    """Whether an event needs nothing before or after its statements; each append asks."""
    return log.keys is None and not log.folds_after(database)


def is_unobserved(engine: Engine) -> bool:
    """Whether nobody would see SQLAlchemy at work: no listener, no log and no execution option."""
    dialect = engine.dialect
    return (
        # SQLAlchemy itself asks these before it calls a listener; nothing public answers it.
        not engine._has_events  # noqa: SLF001
        and not dialect._has_events  # noqa: SLF001
        and not getattr(Connection, "_has_events", False)  # 2.0 sets it with the first listener
        and not engine.get_execution_options()
        and not engine.logger.isEnabledFor(logging.INFO)
    )
