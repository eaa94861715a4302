"""The log in DynamoDB, through boto3."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.closing import Closing
from sqla_osiris.repositories.dynamo.appending import Chunks
from sqla_osiris.repositories.dynamo.checkpoints import DynamoCheckpoints
from sqla_osiris.repositories.dynamo.store import CAPABILITIES, Store
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import refuse_uncallable
from sqla_osiris.schema.event_context import all_in_context, in_context
from sqla_osiris.schema.log import stream_of
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import run

__all__ = ["DynamoRepository"]

ModelT = TypeVar("ModelT")


class DynamoRepository(Generic[ModelT], Closing):
    """A model's log behind a boto3 DynamoDB resource or client. Threads may share it.

    ``table_prefix`` begins the names of its tables; ``clock`` returns the aware time of an event: this machine's,
    because DynamoDB's own cannot be written. Inside a context it never goes back.
    """

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.model = model
        self._store = Store(model, target, table_prefix=table_prefix, clock=clock, sleep=time.sleep)

    def create(self) -> None:
        """Create the tables that are missing, paid by request, and wait until they can be used."""
        run(self._store.create())

    def checkpoints(self) -> DynamoCheckpoints:
        """Where its subscriptions stand."""
        return self._store.checkpoints(run)

    def channel(self) -> None:
        """Nothing says that events were appended: subscriptions ask."""

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
        """As the protocol says. ``position`` is None until the feed has given one."""
        new = NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        return run(self._store.append(in_context(new), expected_seq))

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        """Append events of any number, streamed in order, in transactions of at most 100 items.

        Each transaction is all or nothing; an error leaves those before it, as ``progress`` has told. With an
        ``event_id`` in each event the whole can be repeated.
        """
        refuse_uncallable(progress)
        appended, chunks = 0, Chunks()

        def write(chunk: list[Any]) -> None:
            nonlocal appended
            if chunk:
                appended += run(self._store.append_chunk(chunk))
                if progress is not None:
                    progress(appended)

        for event in all_in_context(events):
            write(chunks.add(self._store.draft(event)))
        write(chunks.rest())
        return appended

    def state(self, context: Any, /, *, at: datetime | int | None = None) -> ModelT | None:
        """The state now, or ``at`` a seq, or of the events recorded until an aware moment."""
        return run(self._store.state(context, at))

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        """As the protocol says; all live streams need a scan, which reads the whole log."""
        for page in self._store.states(contexts):
            yield from run(page)

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        for page in self._store.history(context, after):
            yield from run(page)

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        """The next events beyond a position, at most ``limit``. This call gives positions to those without one."""
        return run(self._store.feed(after, limit))

    def snapshot(self, context: Any, /) -> int | None:
        return run(self._store.snapshot(context))

    def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        """Take all snapshots that are due, by one scan; returns how many."""
        refuse_uncallable(progress)
        return run(self._store.snapshots(progress))

    def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Move what snapshots have folded into the archive's table, within these limits; returns how many events.

        States, histories and the feed stay the same.
        """
        refuse_uncallable(progress)
        return run(self._store.archive(before, keep, progress))

    def restore(self, context: Any = None, /, *, progress: Callable[[int], object] | None = None) -> int:
        refuse_uncallable(progress)
        return run(self._store.restore(context, progress))

    def erase(self, context: Any, /) -> int:
        """Remove a stream for good; returns how many events. Later appends raise ContextErased."""
        return run(self._store.erase(context))

    def erased(self) -> Iterator[Any]:
        """The contexts of the streams that were erased, in no order. One scan."""
        return iter(run(self._store.erased()))

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return run(self._store.erase(context, anyway=True))

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
        """As every store's. Where it was broken off, the same call again ends it, and may tell of it twice."""
        asked = redaction(stream_of(self.model), context, seq, field, reason, event_meta)
        return run(self._store.redact(asked))

    def verify(self) -> Verification:
        """Fold every stream again and compare with every snapshot, by one scan and one query a context."""
        return run(self._store.verify())
