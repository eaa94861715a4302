"""One model's log in MongoDB, as steps: what the blocking and the asynchronous repository share."""

from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.arriving import taking_contexts, taking_events
from sqla_osiris.repositories.mongo import (
    appending,
    batches,
    feeding,
    folding,
    reading,
    redacting,
    restoring,
    upkeep,
)
from sqla_osiris.repositories.mongo.checkpoints import MongoCheckpoints
from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.repositories.mongo.hints import MongoChannel
from sqla_osiris.repositories.protocol import CAPABILITIES as ALL
from sqla_osiris.repositories.protocol import Meta, Progress
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import archive_limits, refuse_encrypted, refuse_uncallable
from sqla_osiris.schema.event_context import in_context
from sqla_osiris.schema.log import log_of
from sqla_osiris.schema.moments import Moment, checked_after
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import Pages, Run, Steps

__all__ = ["CAPABILITIES", "Store"]

ModelT = TypeVar("ModelT")


CAPABILITIES: Final = ALL - {"encrypted"}


class Store(Generic[ModelT]):
    """The steps of every call."""

    capabilities = CAPABILITIES

    def __init__(self, model: type[ModelT], database: Any, sleep: Callable[[float], Any]) -> None:
        log = log_of(model)
        refuse_encrypted(log, "MongoDB")
        self._model = model
        self.collections = Collections(log, database, sleep)

    def create(self) -> Steps[None]:
        return self.collections.create()

    def checkpoints(self, run: Run) -> MongoCheckpoints:
        return MongoCheckpoints(self.collections, run)

    def channel(self, run: Run) -> MongoChannel:
        return MongoChannel(self.collections, run)

    def append(self, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
        return appending.append(self.collections, in_context(new), expected_seq)

    def append_many(
        self, events: Iterable[NewEvent] | AsyncIterable[NewEvent], *, progress: Progress
    ) -> Steps[int]:
        refuse_uncallable(progress)
        take, appended = taking_events(events), 0
        while chunk := (yield from take(batches.EVENTS_A_CHUNK)):
            appended += yield from batches.append_chunk(self.collections, chunk)
            if progress is not None:
                progress(appended)
        return appended

    def state(self, context: Any, *, at: Moment | None = None) -> Steps[ModelT | None]:
        stored, moment = self.collections.context(context), folding.moment(at)
        for state in self._states((yield from reading.fold_one(self.collections, stored, moment))):
            return state
        return None

    def states(self, contexts: Iterable[Any] | AsyncIterable[Any] | None) -> Pages[ModelT]:
        reads = (
            reading.states(self.collections)
            if contexts is None
            else reading.states_of(self.collections, taking_contexts(contexts))
        )
        for page in reads:
            yield self._page(page)

    def history(self, context: Any, *, after: int) -> Pages[Event]:
        yield from reading.history(self.collections, self.collections.context(context), checked_after(after))

    def feed(self, *, after: Any = None, limit: int = 1000) -> Steps[list[Event]]:
        return feeding.feed(self.collections, after, limit)

    def snapshot(self, context: Any) -> Steps[int | None]:
        return folding.snapshot(self.collections, self.collections.context(context))

    def snapshots(self, *, progress: Progress = None) -> Steps[int]:
        refuse_uncallable(progress)
        return upkeep.snapshots(self.collections, progress)

    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> Steps[int]:
        refuse_uncallable(progress)
        return upkeep.archive(self.collections, archive_limits(before, keep), progress)

    def restore(self, context: Any = None, *, progress: Progress = None) -> Steps[int]:
        refuse_uncallable(progress)
        stored = None if context is None else self.collections.context(context)
        return restoring.restore(self.collections, stored, progress)

    def erase(self, context: Any) -> Steps[int]:
        return self._erase(context, anyway=False)

    def erased(self) -> Pages[Any]:
        yield upkeep.erased_contexts(self.collections)

    def lay_tombstone(self, context: Any) -> Steps[int]:
        return self._erase(context, anyway=True)

    def redact(
        self, context: Any, seq: int, field: str, *, reason: str, event_meta: Meta = None
    ) -> Steps[Event | None]:
        return redacting.redact(
            self.collections, redaction(self.collections.log, context, seq, field, reason, event_meta)
        )

    def verify(self) -> Steps[Verification]:
        return upkeep.verify(self.collections)

    def _erase(self, context: Any, *, anyway: bool) -> Steps[int]:
        key = self.collections.log.key_of(context)
        return upkeep.erase(self.collections, key, self.collections.documents.context(key), anyway=anyway)

    def _page(self, reads: Steps[list[folding.Read]]) -> Steps[list[ModelT]]:
        return list(self._states((yield from reads)))

    def _states(self, reads: Sequence[folding.Read]) -> Iterator[ModelT]:
        for read in reads:
            yield self.collections.documents.state(self._model, read.context, read.folded)
