"""What a driver's error says of its transaction: that a race was lost, a lock not granted, or that nothing of it is left.

A driver's error may mean that nothing of the transaction is left on the server (a deadlock, a lost race under a snapshot),
while the Session or Connection around it would go on, and commit what comes next without what came before. So whoever
translates such an error ends the transaction: it takes no more statements, and ``commit()`` raises until it is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.registry import database_of, refusal_of
from sqla_osiris.errors import OsirisError

__all__ = [
    "end",
    "end_if_undone",
    "is_locked_out",
    "is_lost_race",
    "refuse_autocommit",
    "translating_undone",
    "was_undone",
]

_LOCKED_OUT: Final = frozenset({Refusal.LOCKED, Refusal.LOST_RACE})


def is_locked_out(error: BaseException | None) -> bool:
    """Whether a lock was not granted, or was granted to see a row that has changed: the same may work later."""
    return isinstance(error, DBAPIError) and refusal_of(error) in _LOCKED_OUT


def is_lost_race(error: BaseException | None) -> bool:
    """Whether the server undid the transaction for another one's sake: the same may work at once, begun anew."""
    return isinstance(error, DBAPIError) and refusal_of(error) is Refusal.LOST_RACE


def was_undone(error: BaseException) -> bool:
    """Whether a race undid the transaction: what was all of it may be tried again."""
    return error.undone if isinstance(error, ConcurrentAppend) else is_lost_race(error)


@contextmanager
def translating_undone(connection: Connection, model: str) -> Iterator[None]:
    """Raise ConcurrentAppend where the transaction is lost to a race, and end it whenever nothing of it is left."""
    try:
        yield
    except DBAPIError as error:
        end_if_undone(connection, error)
        if not is_lost_race(error):
            raise
        raise ConcurrentAppend(
            context=None, expected_seq=None, found_seq=None, model=model, undone=True
        ) from error


def end_if_undone(connection: Connection, error: StatementError) -> None:
    """End the connection's transaction if this error has left nothing of it on the server."""
    if isinstance(error, DBAPIError) and not connection.invalidated and _is_undone(connection, error):
        end(connection)


def _is_undone(connection: Connection, error: DBAPIError) -> bool:
    return is_lost_race(error) or database_of(connection.dialect).undid(connection, error)


def end(connection: Connection) -> None:
    """Have the transaction take nothing but a rollback, as SQLAlchemy has one whose COMMIT failed.

    Nothing public leads there without a new connection: rolled back by us, the next statement would begin a new one.
    """
    transaction: Any = connection.get_transaction()
    if transaction is None or not transaction.is_active:
        return
    # What is left of it goes now: its locks, and on PostgreSQL a state that refuses every statement.
    with suppress(DBAPIError):
        transaction._connection_rollback_impl()  # noqa: SLF001  (a two-phase transaction has another)
    transaction.is_active = False


def refuse_autocommit(connection: Connection, model: str) -> None:
    """Raise OsirisError where a session's connection commits each statement by itself."""
    if database_of(connection.dialect).commits_by_itself(connection):
        raise OsirisError(
            f"{model}: this session's connection commits each statement by itself (AUTOCOMMIT), and this call needs a "
            "transaction: it would be left half done. Open the repository on the Engine, where each call begins one, or "
            "the session on an engine without AUTOCOMMIT. Nothing was written."
        )
