"""The log in an SQL database: SQLite, PostgreSQL or MariaDB, through SQLAlchemy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.databases.plan import BatchColumns, Write, Written
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.archiving import require_archive
from sqla_osiris.keeping.snapshots_at_reads import is_taken_at_reads, take_without_waiting
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.closing import Closing
from sqla_osiris.repositories.sql import columns, feeding, reading, upkeep, verifying
from sqla_osiris.repositories.sql.appending import append, expectation
from sqla_osiris.repositories.sql.batches import Batch
from sqla_osiris.repositories.sql.checkpoints import SQLCheckpoints
from sqla_osiris.repositories.sql.hints import notifications
from sqla_osiris.repositories.sql.once import append_once
from sqla_osiris.repositories.sql.target import target_of
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import archive_limits, lacks, refuse_limit, refuse_uncallable
from sqla_osiris.schema.event_context import merged_meta
from sqla_osiris.schema.moments import Moment
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.subscriptions.hints import Channel
from sqla_osiris.views.stored import view_tables

__all__ = ["SQLRepository"]

ModelT = TypeVar("ModelT")

_CAPABILITIES = frozenset(
    {
        "expected_seq",
        "event_id",
        "atomic_batches",
        "feed",
        "erase",
        "redact",
        "encrypted",
        "time_travel",
        "snapshots",
    }
)


class SQLRepository(Closing, Generic[ModelT]):
    """A model's log behind a Session, an Engine or a sessionmaker.

    With a Session everything belongs to its transaction, pending changes are flushed first, and states are its
    own objects. With an Engine or a sessionmaker each call is a transaction of its own and states are detached.
    """

    def __init__(self, model: type[ModelT], target: Session | Engine | sessionmaker[Session]) -> None:
        self._bound = target_of(model, target)
        self._stream = self._bound.stream
        self._target = target
        self._takes_at_reads = is_taken_at_reads(self._stream)
        self.model = model

    @property
    def _held(self) -> object:
        return self._bound

    @property
    def capabilities(self) -> frozenset[str]:
        """What this store can do; ``archive`` where the model declares one."""
        return _CAPABILITIES if self._stream.archive is None else _CAPABILITIES | {"archive"}

    def within(self, session: Session) -> "SQLRepository[ModelT]":
        """Return the same log as part of that session's transaction."""
        return type(self)(self.model, session)

    def create(self) -> None:
        """Create the event and the head table, a declared archive, and those of views, where they are missing."""
        stream = self._stream
        with self._bound.connection() as connection:
            stream.events.metadata.create_all(connection, tables=[*stream.tables, *view_tables(stream)])

    def append(
        self,
        context: Any,
        /,
        *,
        expected_seq: int | None = None,
        event_id: UUID | None = None,
        event_type: str | None = None,
        event_meta: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Event:
        stream = self._stream
        self._bound.refuse_past()
        event_meta = merged_meta(event_meta)
        metadata = stream.metadata(event_id, event_type, event_meta)
        touches = stream.touches(fields)
        write = Write(
            stream.key_of(context),
            touches,
            expect=expectation(expected_seq, lacks=lacks(stream, touches)),
            expected_seq=expected_seq,
            metadata=metadata,
        )
        written = append(self._bound, write) if event_id is None else self._append_once(write)
        if isinstance(written, Event):
            return written
        self._bound.expire(write.key)
        return Event(
            context=stream.context_of(write.key),
            seq=written.seq,
            position=written.position,
            recorded_at=cast(datetime, written.recorded_at),
            fields=stream.as_given_back(write.touches),
            event_id=event_id,
            event_type=event_type,
            event_meta=event_meta,
        )

    def _append_once(self, write: Write) -> Written | Event:
        """As :func:`append`, or return the event of that ``event_id`` which the stream has already."""
        stream = self._stream
        return self._bound.transaction(lambda connection: append_once(connection, stream, write))

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        refuse_uncallable(progress)
        self._bound.refuse_past()
        batch = Batch(self._stream, events, progress)
        appended = self._bound.transaction(batch.append, may_repeat=batch.is_repeatable)
        self._bound.expire_all()
        return appended

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        """As every store's. With ``Every(n)``, a read that folded n events or more takes the snapshot that was missing.

        It does so after the read, in a transaction of its own, and not where the read is part of somebody's transaction.
        """
        if at is not None:
            return reading.past_state_of(self._bound, context, at)
        key = self._stream.key_of(context)
        engine = self._bound.own_engine if self._takes_at_reads else None
        if engine is None:
            return reading.state_of(self._bound, key)
        found = reading.state_and_tail(self._bound, key)
        if found is None:
            return None
        state, tail = found
        if self._stream.policy.is_due(tail):
            self._takes_at_reads = take_without_waiting(engine, self._stream, key)
        return state

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        bound = self._bound
        return reading.all_states(bound) if contexts is None else reading.states_of(bound, contexts)

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        return reading.history(self._bound, context, after)

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        """Return the events of all contexts beyond the position ``after``, at most ``limit``, in the order of positions.

        No event can appear later at or before the position of one returned: on PostgreSQL and MariaDB the feed therefore
        stays behind transactions that write, on SQLite there is one writer. On MariaDB it reads what is committed, through
        connections of its own. Raises InvalidValue for a position of another store.
        """
        refuse_limit(limit)
        return feeding.feed(self._bound, after, limit)

    def resume(self, *, after: Any = None) -> None:
        """Have positions go on beyond all that the log has, and beyond ``after``: where it was restored without its counter.

        On PostgreSQL it raises the database's epoch, which its owner may, and closes the engine's idle connections: other
        processes must connect anew before they write. Raises InvalidValue for a position of another store.
        """
        self._bound.refuse_past()
        upkeep.resume(self._bound, after)

    def snapshot(self, context: Any, /) -> int | None:
        return upkeep.snapshot(self._bound, context)

    def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        """Store the snapshot of every context whose policy wants one, or whose fingerprint is another; how many.

        So with the model's declared views, each counted as one, unless the target is a Session: each is a transaction of
        its own.
        """
        refuse_uncallable(progress)
        return upkeep.snapshots(self._bound, progress)

    def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Move folded events to the archive, but for the newest ``keep`` of each context; how many."""
        self._refuse_moving(progress)
        return upkeep.archive(self._bound, archive_limits(before, keep), progress)

    def restore(self, context: Any = None, /, *, progress: Callable[[int], object] | None = None) -> int:
        """Move archived events back to the log: one stream's, or all; how many."""
        self._refuse_moving(progress)
        return upkeep.restore(self._bound, context, progress)

    def _refuse_moving(self, progress: Any) -> None:
        refuse_uncallable(progress)
        self._bound.refuse_past()
        require_archive(self._stream)

    def erase(self, context: Any, /) -> int:
        """Remove a stream for good: its events, its accumulators, its archive. Returns how many events there were.

        Its head stays, for foreign keys to it and as a tombstone: every later append raises ContextErased.
        """
        self._bound.refuse_past()
        return upkeep.erase(self._bound, context, anyway=False)

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        self._bound.refuse_past()
        return upkeep.erase(self._bound, context, anyway=True)

    def erased(self) -> Iterator[Any]:
        """Yield the contexts of the streams that were erased, in no order."""
        return upkeep.erased(self._bound)

    def redact(
        self,
        context: Any,
        seq: int,
        field: str,
        /,
        *,
        reason: str,
        event_meta: Mapping[str, Any] | None = None,
    ) -> Event | None:
        """As every store's: event, head, snapshot and audit change in one transaction."""
        self._bound.refuse_past()
        return upkeep.redact(self._bound, redaction(self._stream, context, seq, field, reason, event_meta))

    def rewrite_encrypted(self, *, progress: Callable[[int], object] | None = None) -> int:
        """Rewrite encrypted values and keys of the first format, which are bound to nothing, in the present one.

        Returns how many events were rewritten. What is done stays done where it is broken off, and what has been done is
        left alone.
        """
        refuse_uncallable(progress)
        self._bound.refuse_past()
        return upkeep.rewrite_encrypted(self._bound, progress)

    def verify(self) -> Verification:
        """Fold every context with a snapshot again, count every context's events, and report each difference.

        So with every stored group of the model's declared views: ``context`` is its key then, ``field`` is ``View.field``.
        """
        return verifying.verify(self._bound)

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
        return notifications(self._bound.engine, self._stream)

    # What copy() calls: see HasColumns.

    @property
    def reads_apart(self) -> bool:
        """Whether another thread may read: not in a session's transaction, nor where it would see another database."""
        return columns.reads_apart(self._bound)

    def column_pages(self, limit: int) -> Iterator[BatchColumns]:
        """Yield all events in the feed's order, about ``limit`` at a time. Raises InvalidValue for a value no field has."""
        return columns.column_pages(self._bound, limit)

    def append_columns(self, batch: BatchColumns) -> int:
        """As ``append_many``, for a page of another store; how many events were written."""
        self._bound.refuse_past()
        return columns.append_columns(self._bound, batch)

    def state_rows(self, limit: int) -> Iterator[dict[tuple[Any, ...], tuple[Any, ...]]]:
        """Yield the seq and the fields of all live states by context, ``limit`` at a time."""
        return columns.state_rows(self._bound, limit)

    def state_rows_of(self, contexts: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the seq and the fields of these contexts' live states."""
        return columns.state_rows_of(self._bound, contexts)
