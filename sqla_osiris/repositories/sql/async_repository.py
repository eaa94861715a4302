"""The SQL repository for asyncio: the same calls, awaited, over SQLAlchemy's asynchronous engines and sessions.

The logic is :class:`SQLRepository`'s own. It runs inside ``run_sync``, where SQLAlchemy awaits the driver for it.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.util import await_only

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.sql.checkpoints import SQLCheckpoints
from sqla_osiris.repositories.sql.repository import SQLRepository
from sqla_osiris.repositories.verification import Verification

if TYPE_CHECKING:
    # Its import needs greenlet, which only applications that use asyncio have.
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

__all__ = ["AsyncSQLRepository"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")

_ITEMS_A_STEP = 500
_ASYNCHRONOUS = "sqla_osiris.asynchronous"


class AsyncSQLRepository(Generic[ModelT]):
    """A model's log behind an AsyncSession, an AsyncEngine or an async_sessionmaker.

    What :class:`SQLRepository` says of each call and target holds; iterators are asynchronous, and streamed. Close one
    that you leave early (``contextlib.aclosing``): it holds a connection. Progress callbacks are plain functions.
    """

    def __init__(
        self, model: type[ModelT], target: "AsyncSession | AsyncEngine | async_sessionmaker[Any]"
    ) -> None:
        self.model = model
        self._target = target
        self._session, blocking = _blocking(target)
        self._blocking = SQLRepository(model, blocking)

    @property
    def capabilities(self) -> frozenset[str]:
        """What this store can do; see :class:`Repository`."""
        return self._blocking.capabilities

    def blocking(self) -> "_Blocking[ModelT]":
        """The same log for code that runs inside ``greenlet_spawn``; its transactions are AsyncSessions'."""
        return _Blocking(self.model, self._blocking._target, self._target)  # noqa: SLF001  (our own)

    async def create(self) -> None:
        await self._run(self._blocking.create)

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
        return await self._run(
            lambda: self._blocking.append(
                context,
                expected_seq=expected_seq,
                event_id=event_id,
                event_type=event_type,
                event_meta=event_meta,
                **fields,
            )
        )

    async def append_many(
        self,
        events: Iterable[NewEvent] | AsyncIterable[NewEvent],
        *,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """As :meth:`Repository.append_many`; ``events`` may be asynchronous."""
        given = _awaited(events) if isinstance(events, AsyncIterable) else events
        return await self._run(lambda: self._blocking.append_many(given, progress=progress))

    async def state(self, context: Any, /, *, at: datetime | int | None = None) -> ModelT | None:
        return await self._run(lambda: self._blocking.state(context, at=at))

    def states(
        self, contexts: Iterable[Any] | AsyncIterable[Any] | None = None, /
    ) -> AsyncGenerator[ModelT, None]:
        """As :meth:`Repository.states`; ``contexts`` may be asynchronous."""
        given = _awaited(contexts) if isinstance(contexts, AsyncIterable) else contexts
        return self._streamed(self._blocking.states(given))

    def history(self, context: Any, /, *, after: int = 0) -> AsyncGenerator[Event, None]:
        return self._streamed(self._blocking.history(context, after=after))

    async def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        return await self._run(lambda: self._blocking.feed(after=after, limit=limit))

    async def resume(self, *, after: Any = None) -> None:
        await self._run(lambda: self._blocking.resume(after=after))

    async def snapshot(self, context: Any, /) -> int | None:
        return await self._run(lambda: self._blocking.snapshot(context))

    async def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        return await self._run(lambda: self._blocking.snapshots(progress=progress))

    async def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        return await self._run(lambda: self._blocking.archive(before=before, keep=keep, progress=progress))

    async def restore(
        self, context: Any = None, /, *, progress: Callable[[int], object] | None = None
    ) -> int:
        return await self._run(lambda: self._blocking.restore(context, progress=progress))

    async def erase(self, context: Any, /) -> int:
        return await self._run(lambda: self._blocking.erase(context))

    def erased(self) -> AsyncGenerator[Any, None]:
        """The contexts of the streams that were erased, in no order."""
        return self._streamed(self._blocking.erased())

    async def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return await self._run(lambda: self._blocking.lay_tombstone(context))

    async def rewrite_encrypted(self, *, progress: Callable[[int], object] | None = None) -> int:
        """Rewrite encrypted values of the first format; how many events."""
        return await self._run(lambda: self._blocking.rewrite_encrypted(progress=progress))

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
        return await self._run(
            lambda: self._blocking.redact(context, seq, field, reason=reason, event_meta=event_meta)
        )

    async def verify(self) -> Verification:
        return await self._run(self._blocking.verify)

    async def _run(self, call: Callable[[], T]) -> T:
        from sqlalchemy.ext.asyncio import AsyncSession  # noqa: PLC0415  (see above)

        # One of our own takes no connection: it is there for its run_sync.
        carrier = self._session or AsyncSession()
        result: T = await carrier.run_sync(lambda _: call())
        return result

    async def _streamed(self, items: Iterator[T]) -> AsyncGenerator[T, None]:
        try:
            while part := await self._run(lambda: list(islice(items, _ITEMS_A_STEP))):
                for item in part:
                    yield item
        finally:
            await self._run(items.close)  # type: ignore[attr-defined]  # a generator: it gives its connection back


class _Blocking(SQLRepository[ModelT]):
    def __init__(self, model: type[ModelT], target: Any, asynchronous: Any = None) -> None:
        super().__init__(model, target)
        self._asynchronous = asynchronous

    def checkpoints(self) -> SQLCheckpoints:
        self._refuse_session()
        return SQLCheckpoints(self.model, self._open_session)

    def _open_session(self) -> Session:
        from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession  # noqa: PLC0415  (see above)

        target = self._asynchronous
        session = AsyncSession(target) if isinstance(target, AsyncEngine) else target()
        # The blocking one knows the other by a weak reference.
        session.sync_session.info[_ASYNCHRONOUS] = session
        return session.sync_session

    @staticmethod
    def session_of(session: Session) -> "AsyncSession":
        """The AsyncSession around a session of :meth:`checkpoints`."""
        return session.info[_ASYNCHRONOUS]  # type: ignore[no-any-return]


def _blocking(target: Any) -> tuple[Any, Any]:
    """The asynchronous session, if it is one, and the target that a blocking repository takes."""
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker  # noqa: PLC0415  (see above)

    if isinstance(target, AsyncEngine):
        return None, target.sync_engine
    if isinstance(target, async_sessionmaker):
        options = dict(target.kw)
        of_class = options.pop("sync_session_class", None) or target.class_.sync_session_class or Session
        engine = options.pop("bind", None)
        return None, sessionmaker(getattr(engine, "sync_engine", engine), class_=of_class, **options)
    if isinstance(target, AsyncSession):
        return target, target.sync_session
    raise TypeError(
        f"an AsyncSession, an AsyncEngine or an async_sessionmaker was expected, {target!r} found"
    )


def _awaited(items: AsyncIterable[T]) -> Iterator[T]:
    """The items one by one, inside ``run_sync``."""
    iterator: AsyncIterator[T] = aiter(items)
    while True:
        try:
            yield await_only(anext(iterator))
        except StopAsyncIteration:
            return
