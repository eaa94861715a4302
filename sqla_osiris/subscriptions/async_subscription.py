"""``AsyncSubscription(repository, name, handler)``: a subscription on an asynchronous repository, with an awaited handler.

The logic is :class:`Subscription`'s own. It runs in a greenlet, where what it asks of the store is awaited for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar

from sqla_osiris.awaiting import AwaitedSignal, awaited, awaited_sleep, blocking
from sqla_osiris.records import Event
from sqla_osiris.subscriptions.checkpoints import Parked
from sqla_osiris.subscriptions.subscription import Lag, Subscription

__all__ = ["AsyncSubscription"]

T = TypeVar("T")

AsyncHandler = Callable[[Event, Any], Awaitable[object] | object]


class AsyncSubscription:
    """:class:`Subscription` on an asynchronous repository: the same calls, awaited, and the same promises.

    ``handler(event, session)`` may be a coroutine function; ``session`` is the AsyncSession whose transaction saves the
    checkpoint, on SQL. A cancelled call undoes what a transaction can undo, and gives the turn back.
    """

    def __init__(
        self, repository: Any, name: str, handler: AsyncHandler | None = None, **options: Any
    ) -> None:
        log = repository.blocking()
        handles: Any = _awaiting(handler, log) if callable(handler) else handler
        self.name = name
        self._blocking = _Awaited(log, name, handles, **options)

    async def create(self) -> None:
        await self._call(self._blocking.create)

    async def run_once(self) -> int:
        return await self._call(self._blocking.run_once)

    async def run(self) -> int:
        return await self._call(self._blocking.run)

    async def follow(
        self,
        stop: asyncio.Event,
        *,
        poll: float = 1.0,
        wake: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        """As :meth:`Subscription.follow`, until the ``asyncio.Event`` is set; ``wake`` is awaited."""
        waking = None if wake is None else lambda seconds: awaited(wake(seconds))
        signal: Any = AwaitedSignal(stop)
        await self._call(lambda: self._blocking.follow(signal, poll=poll, wake=waking))

    async def lag(self, *, limit: int = 10_000) -> Lag:
        return await self._call(lambda: self._blocking.lag(limit=limit))

    async def parked(self) -> list[Parked]:
        return await self._call(self._blocking.parked)

    async def retry(self, position: Any) -> None:
        await self._call(lambda: self._blocking.retry(position))

    async def skip(self, position: Any) -> None:
        await self._call(lambda: self._blocking.skip(position))

    async def _call(self, call: Callable[[], T]) -> T:
        def begun() -> T:
            self._blocking.begin()
            return call()

        return await blocking(begun)


class _Awaited(Subscription):
    _sleep = staticmethod(awaited_sleep)
    _begun = False

    def _refuse_start(self) -> None:
        """Not in the constructor, where nothing can be awaited."""

    def begin(self) -> None:
        if not self._begun:
            super()._refuse_start()
        self._begun = True


def _awaiting(handler: AsyncHandler, log: Any) -> Callable[[Event, Any], object]:
    def handle(event: Event, session: Any) -> object:
        result = handler(event, None if session is None else log.session_of(session))
        return awaited(result) if isawaitable(result) else result

    return handle
