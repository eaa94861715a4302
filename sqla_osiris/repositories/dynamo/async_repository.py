"""The log in DynamoDB, through aioboto3."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.dynamo.appending import Chunks
from sqla_osiris.repositories.dynamo.blocking import BlockingLog
from sqla_osiris.repositories.dynamo.store import CAPABILITIES, Store
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import refuse_uncallable
from sqla_osiris.schema.event_context import all_in_context, in_context
from sqla_osiris.schema.log import stream_of
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import arun

__all__ = ["AsyncDynamoRepository"]

ModelT = TypeVar("ModelT")


class AsyncDynamoRepository(Generic[ModelT]):
    """:class:`DynamoRepository` behind an entered aioboto3 resource or client: the same calls, awaited."""

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
        self._store = Store(model, target, table_prefix=table_prefix, clock=clock, sleep=asyncio.sleep)

    async def create(self) -> None:
        await arun(self._store.create())

    def blocking(self) -> BlockingLog[ModelT]:
        """The same log for code that runs inside ``greenlet_spawn``."""
        return BlockingLog(self.model, self._store)

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
        return await arun(self._store.append(in_context(new), expected_seq))

    async def append_many(
        self,
        events: Iterable[NewEvent] | AsyncIterable[NewEvent],
        *,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Takes an asynchronous iterable too."""
        refuse_uncallable(progress)
        appended, chunks = 0, Chunks()

        async def write(chunk: list[Any]) -> None:
            nonlocal appended
            if chunk:
                appended += await arun(self._store.append_chunk(chunk))
                if progress is not None:
                    progress(appended)

        if isinstance(events, AsyncIterable):
            async for event in events:
                await write(chunks.add(self._store.draft(in_context(event))))
        else:
            for event in all_in_context(events):
                await write(chunks.add(self._store.draft(event)))
        await write(chunks.rest())
        return appended

    async def state(self, context: Any, /, *, at: datetime | int | None = None) -> ModelT | None:
        return await arun(self._store.state(context, at))

    async def states(self, contexts: Iterable[Any] | None = None, /) -> AsyncIterator[ModelT]:
        for page in self._store.states(contexts):
            for state in await arun(page):
                yield state

    async def history(self, context: Any, /, *, after: int = 0) -> AsyncIterator[Event]:
        for page in self._store.history(context, after):
            for event in await arun(page):
                yield event

    async def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        return await arun(self._store.feed(after, limit))

    async def snapshot(self, context: Any, /) -> int | None:
        return await arun(self._store.snapshot(context))

    async def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        refuse_uncallable(progress)
        return await arun(self._store.snapshots(progress))

    async def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        refuse_uncallable(progress)
        return await arun(self._store.archive(before, keep, progress))

    async def restore(
        self, context: Any = None, /, *, progress: Callable[[int], object] | None = None
    ) -> int:
        refuse_uncallable(progress)
        return await arun(self._store.restore(context, progress))

    async def erase(self, context: Any, /) -> int:
        return await arun(self._store.erase(context))

    async def erased(self) -> AsyncIterator[Any]:
        """The contexts of the streams that were erased, in no order."""
        for context in await arun(self._store.erased()):
            yield context

    async def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return await arun(self._store.erase(context, anyway=True))

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
        asked = redaction(stream_of(self.model), context, seq, field, reason, event_meta)
        return await arun(self._store.redact(asked))

    async def verify(self) -> Verification:
        return await arun(self._store.verify())
