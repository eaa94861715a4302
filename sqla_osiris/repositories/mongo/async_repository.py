"""The log in MongoDB, through pymongo's asynchronous client: the same logic as the blocking one's, awaited."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from pymongo.asynchronous.database import AsyncDatabase

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.mongo import batches, feeding, folding, reading, redacting, restoring, upkeep
from sqla_osiris.repositories.mongo.appending import append
from sqla_osiris.repositories.mongo.blocking import BlockingLog
from sqla_osiris.repositories.mongo.log import Log
from sqla_osiris.repositories.mongo.target import CAPABILITIES
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import archive_limits, each_of, refuse_encrypted, refuse_uncallable
from sqla_osiris.schema.event_context import all_in_context, in_context
from sqla_osiris.schema.log import stream_of
from sqla_osiris.schema.moments import checked_after
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import arun

__all__ = ["AsyncMongoRepository"]

ModelT = TypeVar("ModelT")


class AsyncMongoRepository(Generic[ModelT]):
    """A model's log in the Database of an AsyncMongoClient: :class:`MongoRepository`'s methods, to be awaited."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(self, model: type[ModelT], database: AsyncDatabase[Any]) -> None:
        self.model = model
        refuse_encrypted(stream_of(model), "MongoDB")
        self._log = Log(stream_of(model), database, asyncio.sleep)

    async def create(self) -> None:
        """Create the indexes, and with them the collections, where they are missing."""
        await arun(self._log.create())

    def blocking(self) -> BlockingLog[ModelT]:
        """The same log for code that runs inside ``greenlet_spawn``."""
        return BlockingLog(self.model, self._log)

    async def close(self) -> None:
        """Close the client, which the database's other users share."""
        await self._log.database.client.close()

    async def append(
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
        return await arun(append(self._log, in_context(new), expected_seq))

    async def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        refuse_uncallable(progress)
        source, appended = all_in_context(events), 0
        while chunk := list(islice(source, batches.EVENTS_A_CHUNK)):
            appended += await arun(batches.append_chunk(self._log, chunk))
            if progress is not None:
                progress(appended)
        return appended

    async def state(self, context: Any, /, *, at: datetime | int | None = None) -> ModelT | None:
        stored, moment = self._log.context(context), folding.moment(at)
        for read in await arun(reading.fold_one(self._log, stored, moment)):
            return self._log.documents.state(self.model, read.context, read.folded)
        return None

    async def states(self, contexts: Iterable[Any] | None = None, /) -> AsyncIterator[ModelT]:
        if contexts is not None:
            asked = each_of(contexts, "states", "contexts")
            while part := list(islice(asked, reading.CONTEXTS_A_PART)):
                async for state in self._states(part):
                    yield state
            return
        cursor = await arun(reading.open_states(self._log))
        while (reads := await arun(reading.next_states(self._log, cursor))) is not None:
            for read in reads:
                yield self._log.documents.state(self.model, read.context, read.folded)

    async def history(self, context: Any, /, *, after: int = 0) -> AsyncIterator[Event]:
        stored, after = self._log.context(context), checked_after(after)
        await arun(self._log.ready())
        more = True
        while more:
            part, more = await arun(reading.events_beyond(self._log, stored, after))
            for event in part:
                yield event
            after = part[-1].seq if part else after

    async def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        return await arun(feeding.feed(self._log, after, limit))

    async def snapshot(self, context: Any, /) -> int | None:
        return await arun(folding.snapshot(self._log, self._log.context(context)))

    async def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        refuse_uncallable(progress)
        return await arun(upkeep.snapshots(self._log, progress))

    async def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        refuse_uncallable(progress)
        return await arun(upkeep.archive(self._log, archive_limits(before, keep), progress))

    async def restore(
        self, context: Any = None, /, *, progress: Callable[[int], object] | None = None
    ) -> int:
        refuse_uncallable(progress)
        stored = None if context is None else self._log.context(context)
        return await arun(restoring.restore(self._log, stored, progress))

    async def erase(self, context: Any, /) -> int:
        key = self._log.stream.key_of(context)
        return await arun(upkeep.erase(self._log, key, self._log.documents.context(key)))

    async def erased(self) -> AsyncIterator[Any]:
        """The contexts of the streams that were erased, in no order."""
        for context in await arun(upkeep.erased_contexts(self._log)):
            yield context

    async def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        key = self._log.stream.key_of(context)
        return await arun(upkeep.erase(self._log, key, self._log.documents.context(key), anyway=True))

    async def redact(
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
        return await arun(redacting.redact(self._log, asked))

    async def verify(self) -> Verification:
        return await arun(upkeep.verify(self._log))

    async def _states(self, contexts: Iterable[Any]) -> AsyncIterator[ModelT]:
        stored = [self._log.context(context) for context in contexts]
        await arun(self._log.ready())
        for read in await arun(folding.fold_contexts(self._log, stored)):
            yield self._log.documents.state(self.model, read.context, read.folded)
