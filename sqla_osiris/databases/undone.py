"""What the server has rolled back whole: which errors say so, and how the caller's transaction learns of it.

A driver's error may mean that nothing of the transaction is left on the server (a deadlock, a lost race under a snapshot),
while the Session or Connection around it would go on, and commit what comes next without what came before. So whoever
translates such an error ends the transaction: it takes no more statements, and ``commit()`` raises until it is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.registry import database_of, refusal_of

__all__ = ["end_if_undone", "lost_its_race", "undone_told", "was_undone"]


def lost_its_race(error: StatementError) -> bool:
    """Whether the transaction met another one's changes, and can only be begun anew."""
    return refusal_of(error) is Refusal.LOST_RACE


def was_undone(error: BaseException) -> bool:
    """Whether a race undid the transaction: what was all of it may be tried again."""
    if isinstance(error, ConcurrentAppend):
        return error.undone
    return isinstance(error, DBAPIError) and lost_its_race(error)


@contextmanager
def undone_told(connection: Connection, model: str) -> Iterator[None]:
    """Raise ConcurrentAppend where the transaction is lost to a race, and end it whenever nothing of it is left."""
    try:
        yield
    except DBAPIError as error:
        end_if_undone(connection, error)
        if not lost_its_race(error):
            raise
        raise ConcurrentAppend(
            context=None, expected_seq=None, found_seq=None, model=model, undone=True
        ) from error


def end_if_undone(connection: Connection, error: StatementError) -> None:
    """End the connection's transaction if this error has left nothing of it on the server."""
    if isinstance(error, DBAPIError) and not connection.invalidated and _is_undone(connection, error):
        _end(connection)


def _is_undone(connection: Connection, error: DBAPIError) -> bool:
    return lost_its_race(error) or database_of(connection.dialect).undid(connection, error)


def _end(connection: Connection) -> None:
    """Have the transaction take nothing but a rollback, as SQLAlchemy has one whose COMMIT failed.

    Nothing public leads there without a new connection: rolled back by us, the next statement would begin a new one.
    """
    transaction: Any = connection.get_transaction()
    if transaction is None or not transaction.is_active:
        return
    # What is left of it goes now: its locks, and on PostgreSQL a state that refuses every statement.
    with suppress(DBAPIError):
        transaction._connection_rollback_impl()  # noqa: SLF001  (a two-phase transaction has another)
    nested: Any = connection.get_nested_transaction()
    while nested is not None:
        nested.is_active = False
        nested = nested._previous_nested  # noqa: SLF001
    transaction.is_active = False
