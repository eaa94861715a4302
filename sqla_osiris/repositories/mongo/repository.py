"""The log in MongoDB, through pymongo's blocking client."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from pymongo.database import Database

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.closing import Closing
from sqla_osiris.repositories.mongo import batches, feeding, folding, reading, redacting, restoring, upkeep
from sqla_osiris.repositories.mongo.appending import append
from sqla_osiris.repositories.mongo.checkpoints import MongoCheckpoints
from sqla_osiris.repositories.mongo.hints import MongoChannel
from sqla_osiris.repositories.mongo.log import Log
from sqla_osiris.repositories.mongo.target import CAPABILITIES
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import archive_limits, each_of, refuse_encrypted, refuse_uncallable
from sqla_osiris.schema.event_context import all_in_context, in_context
from sqla_osiris.schema.log import stream_of
from sqla_osiris.schema.moments import checked_after
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import run

__all__ = ["MongoRepository"]

ModelT = TypeVar("ModelT")


class MongoRepository(Generic[ModelT], Closing):
    """A model's log in a pymongo Database. Threads may share it; keep it, as it remembers where streams stand."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(self, model: type[ModelT], database: Database[Any]) -> None:
        self.model = model
        refuse_encrypted(stream_of(model), "MongoDB")
        self._log = Log(stream_of(model), database, time.sleep)

    def create(self) -> None:
        """Create the indexes, and with them the collections, where they are missing."""
        run(self._log.create())

    def checkpoints(self) -> MongoCheckpoints:
        """Where its subscriptions stand."""
        return MongoCheckpoints(self._log)

    def channel(self) -> MongoChannel:
        """What says that events were appended: a change stream, where the server is a replica set."""
        return MongoChannel(self._log)

    def close(self) -> None:
        """Close the client, which the database's other users share."""
        self._log.database.client.close()

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
        new = NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        return run(append(self._log, in_context(new), expected_seq))

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        """As every store's, but for what is all or nothing: 50,000 events, in one transaction.

        Without transactions (a standalone server) it is the events of one context among those.
        """
        refuse_uncallable(progress)
        source, appended = all_in_context(events), 0
        while chunk := list(islice(source, batches.EVENTS_A_CHUNK)):
            appended += run(batches.append_chunk(self._log, chunk))
            if progress is not None:
                progress(appended)
        return appended

    def state(self, context: Any, /, *, at: datetime | int | None = None) -> ModelT | None:
        stored, moment = self._log.context(context), folding.moment(at)
        for read in run(reading.fold_one(self._log, stored, moment)):
            return self._log.documents.state(self.model, read.context, read.folded)
        return None

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        if contexts is not None:
            asked = each_of(contexts, "states", "contexts")
            while part := list(islice(asked, reading.CONTEXTS_A_PART)):
                yield from self._states(part)
            return
        cursor = run(reading.open_states(self._log))
        while (reads := run(reading.next_states(self._log, cursor))) is not None:
            for read in reads:
                yield self._log.documents.state(self.model, read.context, read.folded)

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        stored, after = self._log.context(context), checked_after(after)
        run(self._log.ready())
        more = True
        while more:
            part, more = run(reading.events_beyond(self._log, stored, after))
            yield from part
            after = part[-1].seq if part else after

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        return run(feeding.feed(self._log, after, limit))

    def snapshot(self, context: Any, /) -> int | None:
        return run(folding.snapshot(self._log, self._log.context(context)))

    def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        refuse_uncallable(progress)
        return run(upkeep.snapshots(self._log, progress))

    def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        refuse_uncallable(progress)
        return run(upkeep.archive(self._log, archive_limits(before, keep), progress))

    def restore(self, context: Any = None, /, *, progress: Callable[[int], object] | None = None) -> int:
        refuse_uncallable(progress)
        stored = None if context is None else self._log.context(context)
        return run(restoring.restore(self._log, stored, progress))

    def erase(self, context: Any, /) -> int:
        key = self._log.stream.key_of(context)
        return run(upkeep.erase(self._log, key, self._log.documents.context(key)))

    def erased(self) -> Iterator[Any]:
        """The contexts of the streams that were erased, in no order."""
        return iter(run(upkeep.erased_contexts(self._log)))

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        key = self._log.stream.key_of(context)
        return run(upkeep.erase(self._log, key, self._log.documents.context(key), anyway=True))

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
        asked = redaction(self._log.stream, context, seq, field, reason, event_meta)
        return run(redacting.redact(self._log, asked))

    def verify(self) -> Verification:
        return run(upkeep.verify(self._log))

    def _states(self, contexts: Iterable[Any]) -> Iterator[ModelT]:
        stored = [self._log.context(context) for context in contexts]
        run(self._log.ready())
        for read in run(folding.fold_contexts(self._log, stored)):
            yield self._log.documents.state(self.model, read.context, read.folded)
