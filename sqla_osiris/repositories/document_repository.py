"""The calls of a store, blocking and awaited, over one object of its steps.

A store is written once, as :class:`Calls`: what it does with its driver's client, blocking or asynchronous. Here are
the checks that all stores share, and the signatures that their users call, once for both kinds. :class:`Repository` says
what a call promises.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from typing import Any, Concatenate, Final, Generic, ParamSpec, TypeVar
from uuid import UUID

from sqla_osiris.awaiting import awaited_steps
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.arriving import Take, taking_contexts, taking_events
from sqla_osiris.repositories.keys import Keys
from sqla_osiris.repositories.protocol import AsyncClosing, Closing, Meta, Progress, Report, Repository
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import ArchiveLimits, archive_limits, each_of, reporting
from sqla_osiris.schema.event_context import in_context
from sqla_osiris.schema.moments import Moment, checked_after, checked_moment, in_range
from sqla_osiris.schema.redaction import Redaction, redaction
from sqla_osiris.steps import Pages, Run, Steps, arun, run
from sqla_osiris.subscriptions.checkpoints import Checkpoints
from sqla_osiris.subscriptions.hints import Channel
from sqla_osiris.types.encrypted import MasterKey

__all__ = ["AsyncDocumentRepository", "Calls", "DocumentRepository", "Store", "awaited_call"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What a store does, as steps of its client: functions of its backend, which is where a log is kept.

    A context is given as the store holds it.
    """

    create: Callable[[Any], Steps[None]]
    append: Callable[[Any, NewEvent, int | None], Steps[Event]]
    chunks: Callable[[Any, Take[NewEvent]], Callable[[], Steps[Sequence[Any]]]]
    append_chunk: Callable[[Any, Any], Steps[int]]
    state: Callable[[Any, Any, Moment | None], Steps[Any]]
    states: Callable[[Any], Pages[Any]]
    states_of: Callable[[Any, Take[Any]], Pages[Any]]
    history: Callable[[Any, Any, int], Pages[Event]]
    feed: Callable[[Any, Any, int], Steps[list[Event]]]
    snapshot: Callable[[Any, Any], Steps[int | None]]
    snapshots: Callable[[Any, Report], Steps[int]]
    archive: Callable[[Any, ArchiveLimits, Report], Steps[int]]
    restore: Callable[[Any, Any, Report], Steps[int]]
    erase: Callable[..., Steps[int]]
    erased: Callable[[Any], Steps[list[Any]]]
    redact: Callable[[Any, Redaction], Steps[Event | None]]
    verify: Callable[[Any, Report], Steps[Verification]]
    keys: Callable[[Any], Keys]
    checkpoints: Callable[[Any, Run], Checkpoints]
    channel: Callable[[Any, Run], Channel | None]


class Store(Generic[ModelT]):
    """One model's log in one store: the steps of every call, after what all stores check of its arguments."""

    def __init__(self, backend: Any, calls: Calls, capabilities: frozenset[str]) -> None:
        self.backend = backend
        self.capabilities = capabilities
        self._calls = calls

    def create(self) -> Steps[None]:
        return self._calls.create(self.backend)

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
    ) -> Steps[Event]:
        new = NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        return self._calls.append(self.backend, in_context(new), expected_seq)

    def append_many(
        self, events: Iterable[NewEvent] | AsyncIterable[NewEvent], *, progress: Progress
    ) -> Steps[int]:
        report = reporting(progress)
        next_chunk, appended = self._calls.chunks(self.backend, taking_events(events)), 0
        while chunk := (yield from next_chunk()):
            appended += yield from self._calls.append_chunk(self.backend, chunk)
            report(appended)
        return appended

    def state(self, context: Any, *, at: Moment | None = None) -> Steps[ModelT | None]:
        stored = self.backend.context(context)
        return self._calls.state(self.backend, stored, None if at is None else in_range(checked_moment(at)))

    def states(self, contexts: Iterable[Any] | AsyncIterable[Any] | None) -> Pages[ModelT]:
        if contexts is None:
            yield from self._calls.states(self.backend)
        else:
            yield from self._calls.states_of(self.backend, taking_contexts(contexts))

    def history(self, context: Any, *, after: int) -> Pages[Event]:
        yield from self._calls.history(self.backend, self.backend.context(context), checked_after(after))

    def feed(self, *, after: Any = None, limit: int = 1000) -> Steps[list[Event]]:
        return self._calls.feed(self.backend, after, limit)

    def snapshot(self, context: Any) -> Steps[int | None]:
        return self._calls.snapshot(self.backend, self.backend.context(context))

    def snapshots(self, *, progress: Progress = None) -> Steps[int]:
        return self._calls.snapshots(self.backend, reporting(progress))

    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> Steps[int]:
        report = reporting(progress)
        return self._calls.archive(self.backend, archive_limits(before, keep), report)

    def restore(self, context: Any = None, *, progress: Progress = None) -> Steps[int]:
        report = reporting(progress)
        stored = None if context is None else self.backend.context(context)
        return self._calls.restore(self.backend, stored, report)

    def erase(self, context: Any) -> Steps[int]:
        return self._calls.erase(self.backend, self.backend.context(context))

    def lay_tombstone(self, context: Any) -> Steps[int]:
        return self._calls.erase(self.backend, self.backend.context(context), anyway=True)

    def erased(self) -> Pages[Any]:
        yield self._calls.erased(self.backend)

    def redact(
        self, context: Any, seq: int, field: str, *, reason: str, event_meta: Meta = None
    ) -> Steps[Event | None]:
        asked = redaction(self.backend.log, context, seq, field, reason, event_meta)
        return self._calls.redact(self.backend, asked)

    def rotate_master_key(
        self, old: MasterKey | None, new: MasterKey, *, progress: Progress = None
    ) -> Steps[int]:
        return self._calls.keys(self.backend).rotate(old, new, reporting(progress))

    def verify(self, *, progress: Progress = None) -> Steps[Verification]:
        return self._calls.verify(self.backend, reporting(progress))

    def checkpoints(self, run: Run) -> Checkpoints:
        return self._calls.checkpoints(self.backend, run)

    def channel(self, run: Run) -> Channel | None:
        return self._calls.channel(self.backend, run)


def _ran(
    call: Callable[Concatenate[Any, P], T],
) -> Callable[[Callable[[Any], None]], Callable[Concatenate[Any, P], T]]:
    """Give a method's name to one that runs the store's steps of it, with the parameters and the promise of the call.

    It decorates, as no type checker takes what is assigned without an annotation for a method of known type.
    """

    def method(self: "DocumentRepository[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
        steps: Steps[T] = getattr(self._store, call.__name__)(*args, **kwargs)
        return self._run(steps)

    update_wrapper(method, call)
    return lambda _: method


def awaited_call(
    call: Callable[Concatenate[Any, P], T],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """As :func:`_ran`, for a method that is awaited."""

    async def method(self: "AsyncDocumentRepository[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
        steps: Steps[T] = getattr(self._store, call.__name__)(*args, **kwargs)
        return await arun(steps)

    update_wrapper(method, call)
    return method


class DocumentRepository(Closing, Generic[ModelT]):
    """The calls of a store that block. ``run`` makes them; on an asynchronous client it awaits them in a greenlet.

    ``create`` waits until the store can be used. A ``redact`` that was broken off is ended by the same call again, which
    may record it twice.
    """

    capabilities: frozenset[str]

    def __init__(self, model: type[ModelT], store: Store[ModelT], *, run: Run = run) -> None:
        self.model = model
        self.capabilities = store.capabilities
        self._store = store
        self._run = run

    @_ran(Repository.create)
    def create(self) -> None: ...

    @_ran(Repository.append)
    def append(self) -> None: ...

    @_ran(Repository.feed)
    def feed(self) -> None: ...

    @_ran(Repository.snapshot)
    def snapshot(self) -> None: ...

    @_ran(Repository.snapshots)
    def snapshots(self) -> None: ...

    @_ran(Repository.archive)
    def archive(self) -> None: ...

    @_ran(Repository.restore)
    def restore(self) -> None: ...

    @_ran(Repository.erase)
    def erase(self) -> None: ...

    @_ran(Repository.redact)
    def redact(self) -> None: ...

    @_ran(Repository.verify)
    def verify(self) -> None: ...

    @_ran(Repository.rotate_master_key)
    def rotate_master_key(self) -> None: ...

    def checkpoints(self) -> Checkpoints:
        """Return the checkpoints of the log's subscriptions."""
        return self._store.checkpoints(self._run)

    def channel(self) -> Channel | None:
        """Return what tells a subscription of new events; None where nothing does, and subscriptions ask."""
        return self._store.channel(self._run)

    def append_many(self, events: Iterable[NewEvent], *, progress: Progress = None) -> int:
        # An iterator is what is there: an asynchronous iterable is refused.
        given = each_of(events, "append_many", "NewEvent")
        return self._run(self._store.append_many(given, progress=progress))

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        return self._run(self._store.state(context, at=at))

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        given = None if contexts is None else each_of(contexts, "states", "contexts")
        yield from self._items(self._store.states(given))

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        return self._items(self._store.history(context, after=after))

    def erased(self) -> Iterator[Any]:
        """Yield the contexts of the streams that were erased, in no order."""
        return self._items(self._store.erased())

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return self._run(self._store.lay_tombstone(context))

    def _items(self, pages: Pages[T]) -> Iterator[T]:
        for page in pages:
            yield from self._run(page)


class AsyncDocumentRepository(AsyncClosing, Generic[ModelT]):
    """The same calls, awaited. What a call goes over may be asynchronous, too; progress callbacks are plain functions."""

    def __init__(self, model: type[ModelT], store: Store[ModelT]) -> None:
        self.model = model
        self._store = store

    def blocking(self) -> Repository[ModelT]:
        """Return the same log for code that runs inside ``greenlet_spawn``."""
        return DocumentRepository(self.model, self._store, run=awaited_steps)

    create: Final = awaited_call(Repository.create)
    append: Final = awaited_call(Repository.append)
    feed: Final = awaited_call(Repository.feed)
    snapshot: Final = awaited_call(Repository.snapshot)
    snapshots: Final = awaited_call(Repository.snapshots)
    archive: Final = awaited_call(Repository.archive)
    restore: Final = awaited_call(Repository.restore)
    erase: Final = awaited_call(Repository.erase)
    redact: Final = awaited_call(Repository.redact)
    verify: Final = awaited_call(Repository.verify)
    rotate_master_key: Final = awaited_call(Repository.rotate_master_key)

    async def append_many(
        self, events: Iterable[NewEvent] | AsyncIterable[NewEvent], *, progress: Progress = None
    ) -> int:
        """As :meth:`Repository.append_many`; ``events`` may be asynchronous."""
        return await arun(self._store.append_many(events, progress=progress))

    async def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        return await arun(self._store.state(context, at=at))

    def states(
        self, contexts: Iterable[Any] | AsyncIterable[Any] | None = None, /
    ) -> AsyncGenerator[ModelT, None]:
        """As :meth:`Repository.states`; ``contexts`` may be asynchronous."""
        return self._items(self._store.states(contexts))

    def history(self, context: Any, /, *, after: int = 0) -> AsyncGenerator[Event, None]:
        return self._items(self._store.history(context, after=after))

    def erased(self) -> AsyncGenerator[Any, None]:
        """Yield the contexts of the streams that were erased, in no order."""
        return self._items(self._store.erased())

    async def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return await arun(self._store.lay_tombstone(context))

    async def _items(self, pages: Pages[T]) -> AsyncGenerator[T, None]:
        for page in pages:
            for item in await arun(page):
                yield item
