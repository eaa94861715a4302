"""The log in an SQL database: SQLite, PostgreSQL or MariaDB, through SQLAlchemy."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.plan import BatchColumns, Expect, Key, NewKey, Write, Written
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.protocol import CAPABILITIES, Meta, Progress, Report
from sqla_osiris.repositories.sql.checkpoints import SQLCheckpoints
from sqla_osiris.repositories.sql.columns import InColumns, append_unchanged
from sqla_osiris.repositories.sql.hints import notifications
from sqla_osiris.repositories.sql.measuring import Measuring
from sqla_osiris.repositories.sql.once import append_once, beginning
from sqla_osiris.repositories.sql.transactions import tried_again
from sqla_osiris.repositories.sql.upkeep import Upkeep
from sqla_osiris.schema.checks import lacks, refuse_expectation, reporting
from sqla_osiris.schema.defaults import completed
from sqla_osiris.schema.event_context import all_in_context, current_context
from sqla_osiris.schema.log import Log
from sqla_osiris.subscriptions.hints import Channel
from sqla_osiris.views.stored import view_tables
from sqla_osiris.writing.batch_columns import read_columns
from sqla_osiris.writing.refusals import NoLife, begins_incomplete
from sqla_osiris.writing.snapshots import seem_living
from sqla_osiris.writing.writer import append_directly, write_events

__all__ = ["SQLRepository"]

ModelT = TypeVar("ModelT")

_KNOWN: Final = frozenset({Expect.SEQ, Expect.NEW})
"""What says by itself whether the event begins a life."""

_WITHOUT_ARCHIVE: Final = CAPABILITIES - {"archive"}


class SQLRepository(InColumns[ModelT], Measuring[ModelT], Upkeep[ModelT]):
    """A model's log behind a Session, an Engine or a sessionmaker.

    With a Session everything belongs to its transaction, pending changes are flushed first, and states are its
    own objects. With an Engine or a sessionmaker each call is a transaction of its own and states are detached.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what this store can do; ``archive`` where the model declares one."""
        return _WITHOUT_ARCHIVE if self._log.archive is None else CAPABILITIES

    def within(self, session: Session) -> "SQLRepository[ModelT]":
        """Return the same log as part of that session's transaction."""
        return type(self)(self.model, session)

    def create(self) -> None:
        """Create the event and the head table, a declared archive, and those of views, where they are missing."""
        log = self._log
        with self._bound.connection() as connection:
            log.events.metadata.create_all(connection, tables=[*log.tables, *view_tables(log)])

    def append(
        self,
        context: Any,
        /,
        *,
        expected_seq: int | None = None,
        event_id: UUID | None = None,
        event_type: str | None = None,
        event_meta: Meta = None,
        **fields: Any,
    ) -> Event:
        log = self._log
        self._bound.refuse_past()
        around = current_context()
        if around is not None:
            event_type, event_meta = around.around(event_type, event_meta)
        metadata = log.metadata(event_id, event_type, event_meta)
        touches = log.touches(fields)
        write = Write(
            log.new_key(context),
            touches,
            expect=_expectation(expected_seq, lacks=lacks(log, touches)),
            expected_seq=expected_seq,
            metadata=metadata,
        )
        if type(write.key[0]) is NewKey:
            write = beginning(log, write)
        # More statements than the event's own look at what others may have changed since the session read.
        blind = expected_seq is None and (log.defaults or log.keys is not None)
        with self._bound.reading_the_newest() if blind else nullcontext():
            written = self._written_with_defaults(write) if log.defaults else self._written(write)
        if isinstance(written, Event):
            return written
        key = written.key or write.key
        self._bound.expire(key)
        return Event(
            context=log.context_of(key),
            seq=written.seq,
            position=written.position,
            recorded_at=cast(datetime, written.recorded_at),
            fields=log.as_given_back(write.touches),
            event_id=event_id,
            event_type=event_type,
            event_meta=event_meta,
        )

    def _written_with_defaults(self, write: Write) -> Written | Event:
        """As :meth:`_written`; where the event is the first one of a life, it is given the defaults of what it lacks."""
        if write.expect in _KNOWN or not lacks(self._log, write.touches):
            return self._written(write)
        given, expected = write.touches, write.expect
        follows = expected is Expect.LIVE and not self._looks_gone(write.key)
        while True:
            if follows:
                write.touches, write.expect = given, Expect.LIVE
                with suppress(NoLife):
                    return self._written(write)
            write.touches, write.expect = completed(self._log, write.key, given), Expect.NOT_LIVE
            try:
                return self._written(write)
            except ConcurrentAppend as lost:
                if expected is not Expect.LIVE or lost.undone:
                    raise
            follows = True

    def _looks_gone(self, key: Key) -> bool:
        """Whether no stream lives there, in a session that must not find it out by an update of no head.

        That locks the gap against everybody's new ones until the transaction ends.
        """
        if not isinstance(self._target, Session) or not database_of(self._bound.engine.dialect).locks_gaps:
            return False
        return not self._bound.transaction(
            lambda connection: seem_living(connection, self._log, [key]), looks_first=False
        )

    def _written(self, write: Write) -> Written | Event:
        return self._append(write) if "event_id" not in write.metadata else self._append_once(write)

    def _append(self, write: Write) -> Written:
        """Write the event in the shortest way that the target has, and return where it came to stand."""
        engine, log = self._bound.given_engine, self._log
        if engine is not None and not begins_incomplete(log, write):
            written = append_directly(engine, log, write)
            if written is not None:
                return written
        # Also where the stream is not as expected: this raises what it found.
        if engine is not None and self._bound.is_one_statement:
            return tried_again(lambda: self._append_in_one_statement(write), engine.dialect)
        return self._bound.transaction(
            lambda connection: write_events(connection, log, [write])[0], looks_first=False
        )

    def _append_in_one_statement(self, write: Write) -> Written:
        with self._bound.statement() as connection:
            return write_events(connection, self._log, [write])[0]

    def _append_once(self, write: Write) -> Written | Event:
        """As :meth:`_append`, or return the event of that ``event_id`` which the stream has already."""
        log = self._log
        return self._bound.transaction(lambda connection: append_once(connection, log, write))

    def append_many(self, events: Iterable[NewEvent], *, progress: Progress = None) -> int:
        report = reporting(progress)
        self._bound.refuse_past()
        batch = _Batch(self._log, events, report)
        appended = self._bound.transaction(batch.append, may_repeat=batch.is_repeatable)
        self._bound.expire_all()
        return appended

    def checkpoints(self) -> SQLCheckpoints:
        """Return the checkpoints of its subscriptions. Raises OsirisError for a Session: their steps are transactions."""
        self._refuse_session()
        target: Any = self._target
        return SQLCheckpoints(self.model, partial(Session, target) if isinstance(target, Engine) else target)

    def _refuse_session(self) -> None:
        if isinstance(self._target, Session):
            raise OsirisError(
                f"{self.model.__name__}: a subscription commits its own transactions, and this repository belongs to a "
                "Session. Open the repository on an Engine or a sessionmaker."
            )

    def channel(self) -> Channel | None:
        """Return what announces new events: PostgreSQL, of a model with ``__notify__ = True``; None elsewhere."""
        return notifications(self._bound.engine, self._log)


def _expectation(expected_seq: int | None, *, lacks: bool) -> Expect:
    """Return what an append with this ``expected_seq`` expects of its stream; ``lacks`` a field to begin one with."""
    refuse_expectation(expected_seq)
    if expected_seq is None:
        return Expect.LIVE if lacks else Expect.ANYTHING
    return Expect.SEQ if expected_seq else Expect.NOT_LIVE


class _Batch:
    """The events of one ``append_many``, chunk by chunk, for a transaction that may have to be run again.

    ``report`` is called with how many were appended, and for none twice.
    """

    def __init__(self, log: Log, events: Iterable[NewEvent], report: Report) -> None:
        self._log = log
        self._events = events
        self._source = all_in_context(events)
        self._report = report
        self._first: BatchColumns | None = None
        self._chunks = 0
        self._reported = 0

    def append(self, connection: Connection) -> int:
        """Append all of them, also when it was done before and undone. Returns how many were written."""
        appended = 0
        chunk = self._begun()
        while chunk.owners:
            appended += append_unchanged(connection, self._log, chunk)
            if appended >= self._reported:
                self._reported = appended
                self._report(appended)
            chunk = self._read()
        return appended

    def is_repeatable(self) -> bool:
        """Whether all that was read is there still: the first chunk alone, or what can be iterated over again."""
        return self._first is not None or not isinstance(self._events, Iterator)

    def _begun(self) -> BatchColumns:
        if self._first is not None:
            return self._first
        if self._chunks:
            self._source, self._chunks = all_in_context(self._events), 0
        self._first = self._read()
        return self._first

    def _read(self) -> BatchColumns:
        chunk = read_columns(self._log, self._source)
        self._chunks += 1
        if chunk.owners:
            # Two chunks at once would take twice the memory.
            self._first = None
        return chunk
