"""The calls of a store, blocking and awaited, over one object of its steps.

A store is written once, as a :class:`Store`: what it does with its driver's client, blocking or asynchronous. Here are
the signatures that its users call, once for both kinds. :class:`Repository` says what a call promises.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable, Iterator
from datetime import datetime
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar
from uuid import UUID

from sqla_osiris.awaiting import awaited_steps
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.protocol import Closing, Meta, Progress, Repository
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import each_of
from sqla_osiris.schema.moments import Moment
from sqla_osiris.steps import Pages, Run, Steps, arun, run
from sqla_osiris.subscriptions.checkpoints import Checkpoints
from sqla_osiris.subscriptions.hints import Channel

__all__ = ["AsyncDocumentRepository", "DocumentRepository", "Store"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")
P = ParamSpec("P")


class Store(Protocol[ModelT]):
    """One model's log in one store: the steps of every call. It checks its arguments."""

    @property
    def capabilities(self) -> frozenset[str]: ...
    def create(self) -> Steps[None]: ...
    def append(self, new: NewEvent, expected_seq: int | None) -> Steps[Event]: ...
    def append_many(
        self, events: Iterable[NewEvent] | AsyncIterable[NewEvent], *, progress: Progress
    ) -> Steps[int]: ...
    def state(self, context: Any, *, at: Moment | None = None) -> Steps[ModelT | None]: ...
    def states(self, contexts: Iterable[Any] | AsyncIterable[Any] | None) -> Pages[ModelT]: ...
    def history(self, context: Any, *, after: int) -> Pages[Event]: ...
    def feed(self, *, after: Any = None, limit: int = 1000) -> Steps[list[Event]]: ...
    def snapshot(self, context: Any) -> Steps[int | None]: ...
    def snapshots(self, *, progress: Progress = None) -> Steps[int]: ...
    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> Steps[int]: ...
    def restore(self, context: Any = None, *, progress: Progress = None) -> Steps[int]: ...
    def erase(self, context: Any) -> Steps[int]: ...
    def erased(self) -> Pages[Any]: ...
    def lay_tombstone(self, context: Any) -> Steps[int]: ...
    def redact(
        self, context: Any, seq: int, field: str, *, reason: str, event_meta: Meta = None
    ) -> Steps[Event | None]: ...
    def verify(self) -> Steps[Verification]: ...
    def checkpoints(self, run: Run) -> Checkpoints: ...
    def channel(self, run: Run) -> Channel | None: ...


def _ran(call: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Return a method that runs the store's steps of that name, with the parameters and the promise of the call."""

    def method(self: "DocumentRepository[Any]", /, *args: P.args, **kwargs: P.kwargs) -> T:
        steps: Steps[T] = getattr(self._store, call.__name__)(*args, **kwargs)
        return self._run(steps)

    update_wrapper(method, call)
    return method


def _awaited(call: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
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

    create = _ran(Repository.create)
    feed = _ran(Repository.feed)
    snapshot = _ran(Repository.snapshot)
    snapshots = _ran(Repository.snapshots)
    archive = _ran(Repository.archive)
    restore = _ran(Repository.restore)
    erase = _ran(Repository.erase)
    redact = _ran(Repository.redact)
    verify = _ran(Repository.verify)

    def checkpoints(self) -> Checkpoints:
        """Return the checkpoints of the log's subscriptions."""
        return self._store.checkpoints(self._run)

    def channel(self) -> Channel | None:
        """Return what tells a subscription of new events; None where nothing does, and subscriptions ask."""
        return self._store.channel(self._run)

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
        new = NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        return self._run(self._store.append(new, expected_seq))

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


class AsyncDocumentRepository(Generic[ModelT]):
    """The same calls, awaited. What a call goes over may be asynchronous, too; progress callbacks are plain functions."""

    def __init__(self, model: type[ModelT], store: Store[ModelT]) -> None:
        self.model = model
        self._store = store

    def blocking(self) -> Repository[ModelT]:
        """Return the same log for code that runs inside ``greenlet_spawn``."""
        return DocumentRepository(self.model, self._store, run=awaited_steps)

    create = _awaited(Repository.create)
    feed = _awaited(Repository.feed)
    snapshot = _awaited(Repository.snapshot)
    snapshots = _awaited(Repository.snapshots)
    archive = _awaited(Repository.archive)
    restore = _awaited(Repository.restore)
    erase = _awaited(Repository.erase)
    redact = _awaited(Repository.redact)
    verify = _awaited(Repository.verify)

    async def append(
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
        new = NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        return await arun(self._store.append(new, expected_seq))

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
