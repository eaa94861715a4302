"""The transaction that a handler writes in and does not end: its subscription commits it, with the checkpoint."""

from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.registry import database_of, refusal_of
from sqla_osiris.errors import OsirisError

__all__ = ["HeldTransaction", "commit_or_roll_back", "transactional"]

_AUTOCOMMIT: Final = "AUTOCOMMIT"


class HeldTransaction:
    """A session's transaction, from here until :meth:`commit`, which is the only one to end it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ours = False
        self._savepoint: Any = None
        event.listen(session, "before_commit", self._refuse_commit)
        self._transaction = session.begin()

    def guard(self, connection: Connection) -> None:
        """Have :meth:`commit` notice where the server undid the transaction, and the handler went on regardless.

        After a deadlock MariaDB takes the next statement for a new transaction's. PostgreSQL refuses it by itself.
        """
        if database_of(connection.dialect).goes_on_after_deadlocks:
            self._savepoint = connection.begin_nested()

    def settle(self) -> None:
        """Flush what the handler left in the session, and release its savepoints. Raises what comes of it.

        Raises OsirisError where the handler has ended the transaction, or left it in a state that cannot go on.
        """
        session = self._session
        if session.get_transaction() is not self._transaction:
            raise OsirisError(
                "the handler rolled back or closed the session that it was given. Let the exception pass, and the "
                "subscription rolls back; for a part of the work use session.begin_nested()."
            )
        if not session.is_active:
            raise OsirisError(
                "the handler left its session with a flush that had failed. Let the exception pass, or flush within "
                "session.begin_nested(), which undoes it."
            )
        session.flush()
        while (savepoint := session.get_nested_transaction()) is not None:
            savepoint.commit()

    def commit(self) -> None:
        """End it."""
        self._release()
        self._ours = True
        commit_or_roll_back(self._session)

    def _release(self) -> None:
        try:
            if self._savepoint is not None:
                self._savepoint.commit()
        except DBAPIError as error:
            if refusal_of(error) is not Refusal.NO_SAVEPOINT:
                raise
            raise OsirisError(
                "the server has rolled back the subscription's transaction, after a deadlock for one, and the handler "
                "went on. Let the driver's exception pass: the event is tried again."
            ) from error

    def _refuse_commit(self, session: Session) -> None:
        if not self._ours and not session.in_nested_transaction():
            raise OsirisError(
                "the handler committed the session that it was given. The subscription does so, together with its "
                "checkpoint; commit a session of your own where something shall stay whatever becomes of the event."
            )


def commit_or_roll_back(session: Session) -> None:
    """Commit. What the database refuses to commit is undone: a session that is closed then leaves it to SQLite's next user.

    SQLite keeps a transaction open whose COMMIT finds a reader, and SQLAlchemy gives such a connection back as it is.
    """
    try:
        session.commit()
    except BaseException:
        session.rollback()
        raise


def transactional(session: Session, mapper: Any) -> dict[str, Any]:
    """The options of a connection that has transactions, although its engine may commit each statement by itself."""
    engine = session.get_bind(mapper=mapper).engine
    level = engine.get_execution_options().get("isolation_level")
    # What create_engine() was given; nothing public says it.
    level = level or getattr(engine.dialect, "_on_connect_isolation_level", None)
    if level != _AUTOCOMMIT:
        return {}
    return {"isolation_level": getattr(engine.dialect, "default_isolation_level", None) or "SERIALIZABLE"}
