"""The SQL repository for asyncio: the same calls, awaited, over SQLAlchemy's asynchronous engines and sessions.

The logic is :class:`SQLRepository`'s own. It runs inside ``run_sync``, where SQLAlchemy awaits the driver for it.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import make_url
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.util import await_only

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.document_repository import AsyncDocumentRepository, Store, awaited_call
from sqla_osiris.repositories.protocol import Progress
from sqla_osiris.repositories.sql.checkpoints import SQLCheckpoints
from sqla_osiris.repositories.sql.repository import SQLRepository
from sqla_osiris.repositories.urls import reading_url
from sqla_osiris.steps import Steps, step

if TYPE_CHECKING:
    # Its import needs greenlet, which only applications that use asyncio have.
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

__all__ = ["AsyncSQLRepository"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")

_ITEMS_A_STEP = 500
_ASYNCHRONOUS = "sqla_osiris.asynchronous"


class AsyncSQLRepository(AsyncDocumentRepository[ModelT]):
    """A model's log behind an AsyncSession, an AsyncEngine, an async_sessionmaker, or a URL with an asynchronous driver.

    What :class:`SQLRepository` says of each call and target holds; iterators are asynchronous, and streamed. Close one
    that you leave early (``contextlib.aclosing``): it holds a connection. Progress callbacks are plain functions.
    """

    def __init__(
        self, model: type[ModelT], target: "AsyncSession | AsyncEngine | async_sessionmaker[Any] | str"
    ) -> None:
        if isinstance(target, str):
            target = _engine(target)
            self._close = target.dispose
        self._target = target
        session, blocking = _blocking(target)
        self._calls = _InRunSync(SQLRepository(model, blocking), session)
        super().__init__(model, cast(Store[ModelT], self._calls))

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what this store can do; see :class:`Repository`."""
        return self._calls.blocking.capabilities

    def blocking(self) -> "_Blocking[ModelT]":
        """Return the same log for code that runs inside ``greenlet_spawn``; its transactions are AsyncSessions'."""
        return _Blocking(self.model, self._calls.blocking._target, self._target)  # noqa: SLF001  (our own)

    busiest: Final = awaited_call(SQLRepository.busiest)
    explain: Final = awaited_call(SQLRepository.explain)
    move_keys_on: Final = awaited_call(SQLRepository.move_keys_on)
    resume: Final = awaited_call(SQLRepository.resume)
    rewrite_encrypted: Final = awaited_call(SQLRepository.rewrite_encrypted)
    size: Final = awaited_call(SQLRepository.size)

    async def _items(self, pages: Iterator[Any]) -> AsyncGenerator[Any, None]:
        part = partial(self._calls.run, lambda: list(islice(pages, _ITEMS_A_STEP)))
        try:
            while items := await part():
                for item in items:
                    yield item
        finally:
            await self._calls.run(pages.close)  # type: ignore[attr-defined]  # a generator: it gives its connection back


class _InRunSync:
    """:class:`SQLRepository`'s calls as steps, of one blocking call each, and what it goes over as it is.

    Those that are not written here pass their arguments on.
    """

    def __init__(self, blocking: SQLRepository[Any], session: "AsyncSession | None") -> None:
        self.blocking = blocking
        self._session = session

    async def run(self, call: Callable[[], T]) -> T:
        from sqlalchemy.ext.asyncio import AsyncSession  # noqa: PLC0415  (see above)

        # One of our own takes no connection: it is there for its run_sync.
        carrier = self._session or AsyncSession()
        return await carrier.run_sync(lambda _: call())

    def __getattr__(self, name: str) -> Callable[..., Steps[Any]]:
        return partial(self._step, getattr(self.blocking, name))

    def _step(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Steps[Any]:
        return step(partial(self.run, partial(call, *arguments, **named)))

    def append_many(
        self, events: Iterable[NewEvent] | AsyncIterable[NewEvent], *, progress: Progress
    ) -> Steps[int]:
        return self._step(self.blocking.append_many, _awaited(events), progress=progress)

    def states(self, contexts: Iterable[Any] | AsyncIterable[Any] | None) -> Iterator[Any]:
        return self.blocking.states(_awaited(contexts))

    def history(self, context: Any, *, after: int) -> Iterator[Event]:
        return self.blocking.history(context, after=after)

    def erased(self) -> Iterator[Any]:
        return self.blocking.erased()


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


def _engine(url: str) -> "AsyncEngine":
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  (see above)

    with reading_url(url):
        made = make_url(url)
        dialect = made.get_dialect()
        if not dialect.is_async:
            raise OsirisError(
                f"The driver {dialect.driver!r} blocks: use repository(Model, url) of sqla_osiris, or a URL with an "
                "asynchronous driver, such as sqlite+aiosqlite:// or postgresql+asyncpg://."
            )
        return create_async_engine(made)


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
        f"an AsyncSession, an AsyncEngine, an async_sessionmaker or a URL was expected, {target!r} found"
    )


def _awaited(items: Any) -> Any:
    """Return what the blocking one goes over: inside ``run_sync`` what arrives asynchronously is awaited one by one."""
    return _one_by_one(aiter(items)) if isinstance(items, AsyncIterable) else items


def _one_by_one(iterator: AsyncIterator[T]) -> Iterator[T]:
    while True:
        try:
            yield await_only(anext(iterator))
        except StopAsyncIteration:
            return
