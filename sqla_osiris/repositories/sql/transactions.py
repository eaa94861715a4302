"""Where an SQL repository's statements run: in the session's transaction, or in one of its own.

One of its own that a race undid is run again from its start; a session's is ended, and says so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine, inspect
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.names import POSTGRESQL, SQLITE, database_of, refusal_of
from sqla_osiris.databases.transactions import (
    begin_on_sqlite,
    commits_by_itself,
    lock_on_sqlite,
    refuse_autocommit,
)
from sqla_osiris.databases.undone import undone_told
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.reading.past_sessions import refuse_write
from sqla_osiris.repositories.sql.held_transactions import commit_or_roll_back, transactional
from sqla_osiris.repositories.sql.routing import reading, writing
from sqla_osiris.repositories.sql.trying_again import tried_again
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.changes_in_place import notice_changes_in_place
from sqla_osiris.writing.out_of_range import unreadable_sum

__all__ = ["SQLTransactions"]

T = TypeVar("T")

_COMMITTED = "READ COMMITTED"


class SQLTransactions:
    """The methods of :class:`SQLRepository` that open connections."""

    if TYPE_CHECKING:
        model: type[Any]
        _stream: Stream
        _target: Any

        @property
        def _bound_engine(self) -> Engine: ...

    def _transact(
        self,
        work: Callable[[Connection], T],
        *,
        looks_first: bool = True,
        pages: bool = False,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> T:
        """What ``work`` returns, which writes: in the session's transaction, or in one of its own.

        ``looks_first`` says that it reads before it writes; ``pages``, that it does so for many contexts at once.
        """
        target = self._target
        if not isinstance(target, Session):
            tries = count()

            def once() -> T:
                # Who was undone once has met others: where each statement reads what is committed, they undo nothing.
                return self._once(work, looks_first=looks_first, pages=pages or next(tries) > 0)

            return tried_again(once, self._bound_engine.dialect, may_repeat)
        with self._connection() as connection:
            if looks_first or not self._appends_in_one_statement(connection.dialect):
                refuse_autocommit(connection, self._stream.model)
            if looks_first and database_of(connection.dialect) == SQLITE:
                lock_on_sqlite(connection, self._stream)
            return work(connection)

    def _once(self, work: Callable[[Connection], T], *, looks_first: bool, pages: bool) -> T:
        stream = self._stream
        with self._refusals(), self._own_connection(looks_first=looks_first, pages=pages) as connection:
            if database_of(connection.dialect) == SQLITE:
                begin_on_sqlite(connection)
                if looks_first:
                    lock_on_sqlite(connection, stream)
            return work(connection)

    @contextmanager
    def _own_connection(self, *, looks_first: bool, pages: bool) -> Iterator[Connection]:
        """A connection in a transaction of its own, which ends with the block."""
        target, model = self._target, self._stream.model
        # An encrypted append looks for its key; on SQLite nothing comes of it that needs a lock.
        looks_first = looks_first or self._stream.keys is not None
        if isinstance(target, Engine):
            with target.connect() as connection:
                if _needs_committed(connection, looks_first=looks_first, pages=pages):
                    connection.execution_options(isolation_level=_COMMITTED)
                with undone_told(connection, model), connection.begin():
                    yield connection
            return
        with target() as session:
            asked = self._writing
            connection = session.connection(bind_arguments=asked)
            if _needs_committed(connection, looks_first=looks_first, pages=pages):
                session.rollback()
                options = {"isolation_level": _COMMITTED}
                connection = session.connection(bind_arguments=asked, execution_options=options)
            with undone_told(connection, model):
                yield connection
                commit_or_roll_back(session)

    @property
    def _writing(self) -> dict[str, Any]:
        return writing(self.model, self._stream)

    @contextmanager
    def _connection(self, *, reads: bool = False) -> Iterator[Connection]:
        target = self._target
        asked = reading(self.model, self._stream) if reads else self._writing
        with self._refusals():
            if isinstance(target, Engine):
                with target.connect() as connection:
                    if _needs_committed(connection, looks_first=False, pages=False):
                        # A cursor of the server's, for one, lives in a transaction.
                        connection.execution_options(isolation_level=_COMMITTED)
                    with connection.begin():
                        yield connection
            elif isinstance(target, Session):
                notice_changes_in_place(target)
                target.flush()
                connection = target.connection(bind_arguments=asked)
                with undone_told(connection, self._stream.model):
                    yield connection
            else:
                with target.begin() as session:
                    options = transactional(session, inspect(self.model))
                    yield session.connection(bind_arguments=asked, execution_options=options)

    @contextmanager
    def _statement(self, *, reads: bool = False) -> Iterator[Connection]:
        """A connection for one append, or one page of the feed: one statement needs no BEGIN and COMMIT around it.

        So an append's head stays locked inside the server alone, and not while the client answers.
        """
        one = self._committing_itself() if self._is_one_statement else self._connection(reads=reads)
        with one as connection:
            yield connection

    @contextmanager
    def _committing_itself(self) -> Iterator[Connection]:
        autocommitting = self._target.connect().execution_options(isolation_level="AUTOCOMMIT")
        with self._refusals(), autocommitting as connection:
            yield connection

    @property
    def _is_one_statement(self) -> bool:
        """Whether an append is a transaction of its own by being one statement."""
        return isinstance(self._target, Engine) and self._appends_in_one_statement(self._target.dialect)

    def _appends_in_one_statement(self, dialect: Dialect) -> bool:
        return self._may_be_one_statement and database_of(dialect) == POSTGRESQL

    @cached_property
    def _may_be_one_statement(self) -> bool:
        return not self._stream.folds_after(POSTGRESQL) and self._stream.keys is None

    @contextmanager
    def _session(self) -> Iterator[Session]:
        target = self._target
        with self._refusals():
            if isinstance(target, Session):
                yield target
            elif isinstance(target, Engine):
                with Session(target, expire_on_commit=False) as session:
                    yield session
            else:
                with target() as session:
                    yield session

    def _begin_reading(self, session: Session) -> None:
        """Have a session of our own stream its rows inside a transaction, whatever its engine does."""
        if session is not self._target:
            options = transactional(session, inspect(self.model))
            if options:
                asked = reading(self.model, self._stream)
                session.connection(bind_arguments=asked, execution_options=options)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """A value that its column's type refuses on the way to the driver is refused as any other, not as a StatementError.

        So is a sum that outgrew its column, where it is read, and what outgrows a limit of PostgreSQL's own, such as the
        bytes of a context that its index takes.
        """
        try:
            yield
        except StatementError as error:
            if isinstance(error.orig, OsirisError):
                raise error.orig from None
            if refusal_of(error) is Refusal.LIMIT_EXCEEDED:
                said = str(error.orig).partition("\n")[0]
                raise InvalidValue(
                    f"The database has no room for this: {said}. Nothing was written. Shorten the context, or use a hash "
                    "of it."
                ) from error
            told = unreadable_sum(self._stream, error, self._asking)
            if told is None:
                raise
            raise told from error

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        """A connection that says what was wrong with a read."""
        target = self._target
        if isinstance(target, Session):
            yield target.connection(bind_arguments=reading(self.model, self._stream))
        else:
            with self._bound_engine.connect() as connection:
                yield connection

    def _refuse_in_the_past(self) -> None:
        if isinstance(self._target, Session):
            refuse_write(self._stream.model, self._target)


def _needs_committed(connection: Connection, *, looks_first: bool, pages: bool) -> bool:
    """Whether a transaction of our own reads what is committed when each statement begins, whatever its engine's does.

    Somebody who writes between our look and our lock is no conflict then. On PostgreSQL that costs nothing; on MariaDB
    four round trips, which many contexts at once are worth. And an engine that commits by itself gets a transaction.
    """
    database = database_of(connection.dialect)
    if database == SQLITE:
        return False
    if pages or (looks_first and database == POSTGRESQL):
        return True
    return commits_by_itself(connection)
