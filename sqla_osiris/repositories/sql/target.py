"""What a repository was opened on, and where its statements run: in the session's transaction, or in one of its own.

One of its own that a race undid is run again from its start; a session's is ended, and raises. Which database a session
chooses, its ``get_bind`` says: it is called as SQLAlchemy calls it for a statement, with the mapper, and with the clause,
as a session may send reads to a follower. An append moves a head on, so it is an UPDATE.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, lru_cache
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, inspect, select, update
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.positions import Settled
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.transactions import refuse_autocommit, translating_undone
from sqla_osiris.errors import NotExpressible
from sqla_osiris.reading.past_sessions import refuse_write
from sqla_osiris.repositories.sql.transactions import (
    commit_or_roll_back,
    transactional,
    translating_refusals,
    tried_again,
)
from sqla_osiris.schema.log import Log, whole_log_of
from sqla_osiris.writing.changes_in_place import notice_changes_in_place
from sqla_osiris.writing.savepoints import expire_after_rollback, expire_all_after_rollback

__all__ = ["Target", "target_of"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")

_COMMITTED = "READ COMMITTED"


class Target(ABC, Generic[ModelT]):
    """One model's log on a Session, an Engine or a sessionmaker."""

    given_engine: Engine | None = None
    """The Engine that the repository was opened on."""

    detaches = True
    """Whether states leave the session that they were read in."""

    def __init__(self, model: type[ModelT]) -> None:
        self.model = model
        self.log: Log = whole_log_of(model)
        self._settled: WeakKeyDictionary[Pool, dict[str | None, Settled]] = WeakKeyDictionary()

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """The engine behind the target, whosever the transactions are."""

    @property
    @abstractmethod
    def own_engine(self) -> Engine | None:
        """The engine of the target's own transactions; None where calls belong to somebody else's."""

    @abstractmethod
    def connection(self, *, reads: bool = False) -> AbstractContextManager[Connection]:
        """A connection inside a transaction; ``reads`` where nothing is written."""

    def statement(self, *, reads: bool = False) -> AbstractContextManager[Connection]:
        """A connection for one append, or one page of the feed."""
        return self.connection(reads=reads)

    @abstractmethod
    def session(self) -> AbstractContextManager[Session]:
        """A session to read states in."""

    def begin_reading(self, session: Session) -> None:
        """Have a session of our own stream its rows inside a transaction, whatever its engine does."""
        options = transactional(session, inspect(self.model))
        if options:
            session.connection(bind_arguments=self._reading, execution_options=options)

    @abstractmethod
    def transaction(
        self,
        work: Callable[[Connection], T],
        *,
        looks_first: bool = True,
        pages: bool = False,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> T:
        """Return what ``work`` returns, which writes: in the session's transaction, or in one of its own.

        ``looks_first`` says that it reads before it writes; ``pages``, that it does so for many contexts at once.
        """

    @property
    def is_one_statement(self) -> bool:
        """Whether an append is a transaction of its own by being one statement."""
        return False

    def reading_the_newest(self) -> AbstractContextManager[None]:
        """Let what depends on nothing that a session has read conflict with no other writer."""
        return nullcontext()

    def refuse_past(self) -> None:
        """Raise OsirisError for a session that travels in the past: there nothing is written."""

    def expire(self, key: tuple[Any, ...]) -> None:
        """Have the session load the context's state anew."""

    def expire_all(self) -> None:
        """Have the session load all states anew."""

    def settled(self, engine: Engine) -> Settled:
        """Return what is known of the log behind this engine: a session may choose another one each time."""
        translated = engine.get_execution_options().get("schema_translate_map") or {}
        schema = translated.get(self.log.events.schema, self.log.events.schema)
        return self._settled.setdefault(engine.pool, {}).setdefault(schema, Settled())

    @cached_property
    def _writing(self) -> dict[str, Any]:
        """The bind arguments of a session's connection for a write."""
        return {"mapper": inspect(self.model), "clause": update(self.log.heads)}

    @cached_property
    def _reading(self) -> dict[str, Any]:
        return {"mapper": inspect(self.model), "clause": select(self.log.events)}

    def _refusals(self) -> AbstractContextManager[None]:
        return translating_refusals(self.log, self._asking)

    def _asking(self) -> AbstractContextManager[Connection]:
        """A connection that finds out what was wrong with a read."""
        return self.engine.connect()


class _SessionTarget(Target[ModelT]):
    """Everything belongs to the session's transaction."""

    detaches = False

    def __init__(self, model: type[ModelT], session: Session) -> None:
        super().__init__(model)
        self._given = session

    @property
    def engine(self) -> Engine:
        return _engine_chosen(self._given, self._reading)

    @property
    def own_engine(self) -> None:
        return None

    @contextmanager
    def connection(self, *, reads: bool = False) -> Iterator[Connection]:
        with self._refusals():
            notice_changes_in_place(self._given)
            self._given.flush()
            connection = self._given.connection(bind_arguments=self._reading if reads else self._writing)
            with translating_undone(connection, self.log.model):
                yield connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self._refusals():
            yield self._given

    def begin_reading(self, session: Session) -> None:
        pass

    def transaction(self, work: Callable[[Connection], T], *, looks_first: bool = True, **_: Any) -> T:
        with self.connection() as connection:
            database = database_of(connection.dialect)
            if looks_first or not _appends_in_one_statement(self.log, database):
                refuse_autocommit(connection, self.log.model)
            if looks_first:
                database.lock_all(connection, self.log.heads)
            return work(connection)

    @contextmanager
    def reading_the_newest(self) -> Iterator[None]:
        with (
            self.connection() as connection,
            database_of(connection.dialect).reading_the_newest(connection),
        ):
            yield

    def refuse_past(self) -> None:
        refuse_write(self.log.model, self._given)

    def expire(self, key: tuple[Any, ...]) -> None:
        identity = inspect(self.model).identity_key_from_primary_key(key)
        loaded = self._given.identity_map.get(identity)
        if loaded is not None:
            self._given.expire(loaded)
        expire_after_rollback(self._given, self.model, [key])

    def expire_all(self) -> None:
        # No object of a session knows which events are its own.
        self._given.expire_all()
        expire_all_after_rollback(self._given)

    def _asking(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._given.connection(bind_arguments=self._reading))


class _OwnTarget(Target[ModelT]):
    """Each call is a transaction of its own."""

    def transaction(
        self,
        work: Callable[[Connection], T],
        *,
        looks_first: bool = True,
        pages: bool = False,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> T:
        tries = count()
        # An encrypted append looks for its key; on SQLite it needs no lock but in a transaction that was begun without.
        looks = looks_first or self.log.keys is not None

        def once() -> T:
            # Who was undone once has met others: where each statement reads what is committed, they undo nothing.
            began = self._begun(looks_first=looks, pages=pages or next(tries) > 0)
            with self._refusals(), began as connection:
                database = database_of(connection.dialect)
                database.begin(connection)
                if looks_first:
                    database.lock_all(connection, self.log.heads)
                elif looks:
                    database.lock_begun(connection, self.log.heads)
                return work(connection)

        return tried_again(once, self.engine.dialect, may_repeat)

    @abstractmethod
    def _begun(self, *, looks_first: bool, pages: bool) -> AbstractContextManager[Connection]:
        """A connection in a transaction that ends with the block."""


class _EngineTarget(_OwnTarget[ModelT]):
    def __init__(self, model: type[ModelT], engine: Engine) -> None:
        super().__init__(model)
        self.given_engine = self._given = engine

    @property
    def engine(self) -> Engine:
        return self._given

    @property
    def own_engine(self) -> Engine:
        return self._given

    @contextmanager
    def connection(self, *, reads: bool = False) -> Iterator[Connection]:
        with self._refusals(), self._given.connect() as connection:
            if _needs_committed(connection, looks_first=False, pages=False):
                # A cursor of the server's, for one, lives in a transaction.
                connection.execution_options(isolation_level=_COMMITTED)
            with connection.begin():
                yield connection

    def statement(self, *, reads: bool = False) -> AbstractContextManager[Connection]:
        """As everywhere; one statement needs no BEGIN and COMMIT around it.

        So an append's head stays locked inside the server alone, and not while the client answers.
        """
        return self._committing_itself() if self.is_one_statement else self.connection(reads=reads)

    @contextmanager
    def _committing_itself(self) -> Iterator[Connection]:
        autocommitting = self._given.connect().execution_options(isolation_level="AUTOCOMMIT")
        with self._refusals(), autocommitting as connection:
            yield connection

    @property
    def is_one_statement(self) -> bool:
        return _appends_in_one_statement(self.log, database_of(self._given.dialect))

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self._refusals(), Session(self._given, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _begun(self, *, looks_first: bool, pages: bool) -> Iterator[Connection]:
        with self._given.connect() as connection:
            if _needs_committed(connection, looks_first=looks_first, pages=pages):
                connection.execution_options(isolation_level=_COMMITTED)
            with translating_undone(connection, self.log.model), connection.begin():
                yield connection


class _SessionmakerTarget(_OwnTarget[ModelT]):
    def __init__(self, model: type[ModelT], opening: sessionmaker[Session]) -> None:
        super().__init__(model)
        self._given = opening

    @property
    def engine(self) -> Engine:
        with self._given() as session:
            return _engine_chosen(session, self._reading)

    @property
    def own_engine(self) -> Engine | None:
        with self._given() as session:
            bind = session.get_bind(**self._writing)
        return bind if isinstance(bind, Engine) else None

    @contextmanager
    def connection(self, *, reads: bool = False) -> Iterator[Connection]:
        with self._refusals(), self._given.begin() as session:
            options = transactional(session, inspect(self.model))
            arguments = self._reading if reads else self._writing
            yield session.connection(bind_arguments=arguments, execution_options=options)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self._refusals(), self._given() as session:
            yield session

    @contextmanager
    def _begun(self, *, looks_first: bool, pages: bool) -> Iterator[Connection]:
        with self._given() as session:
            connection = session.connection(bind_arguments=self._writing)
            if _needs_committed(connection, looks_first=looks_first, pages=pages):
                session.rollback()
                options = {"isolation_level": _COMMITTED}
                connection = session.connection(bind_arguments=self._writing, execution_options=options)
            with translating_undone(connection, self.log.model):
                yield connection
                commit_or_roll_back(session)


def target_of(model: type[ModelT], given: Session | Engine | sessionmaker[Session]) -> Target[ModelT]:
    """Return what repositories of this model run their statements on. Raises NotExpressible for a sharded session."""
    _refuse_sharded(model.__name__, given)
    if isinstance(given, Session):
        return _SessionTarget(model, given)
    return _EngineTarget(model, given) if isinstance(given, Engine) else _SessionmakerTarget(model, given)


def _refuse_sharded(model: str, target: Any) -> None:
    """Raise NotExpressible for a session that chooses a database for each object."""
    chooses = target.class_ if isinstance(target, sessionmaker) else target
    # SQLAlchemy's flush looks at the same.
    if getattr(chooses, "connection_callable", None) is not None:
        raise NotExpressible(
            f"repository({model}, a ShardedSession): a repository is one log in one database, and this session has one in "
            "each shard. Open it on the shard's Engine, or on a Session of the shard; objects go into their shards by "
            "the session itself."
        )


def _engine_chosen(session: Session, arguments: dict[str, Any]) -> Engine:
    """Return the engine behind what the session chooses, with the ``schema_translate_map`` that its connection has."""
    bind = session.get_bind(**arguments)
    engine = bind.engine
    options: Mapping[str, Any]
    if session.in_transaction():
        options = session.connection(bind_arguments=arguments).get_execution_options()
    else:
        # A session has options of its own from SQLAlchemy 2.1 on.
        options = {**bind.get_execution_options(), **getattr(session, "execution_options", {})}
    translated = options.get("schema_translate_map")
    if translated == engine.get_execution_options().get("schema_translate_map"):
        return engine
    return engine.execution_options(schema_translate_map=translated)


@lru_cache(maxsize=256)
def _appends_in_one_statement(log: Log, database: Database) -> bool:
    if log.keys is not None or log.constrained:
        return False
    return database.writes_in_one_statement and not log.folds_after(database)


def _needs_committed(connection: Connection, *, looks_first: bool, pages: bool) -> bool:
    """Whether a transaction of our own reads what is committed when each statement begins, whatever its engine's does.

    Somebody who writes between our look and our lock is no conflict then. Where that costs round trips, many contexts at
    once are worth them. And an engine that commits by itself gets a transaction.
    """
    database = database_of(connection.dialect)
    if database.one_writer:
        return False
    if pages or (looks_first and database.isolation_costs_nothing):
        return True
    return database.commits_by_itself(connection)
