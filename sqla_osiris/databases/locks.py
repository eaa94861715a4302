"""Which of a database's errors say that somebody else was there: a lock that is held, or a race that was lost."""

from typing import Final

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.registry import database_of, refusal_of

__all__ = ["is_locked_out", "is_lost_race", "skips_locked_rows"]

_LOCKED_OUT: Final = frozenset({Refusal.LOCKED, Refusal.LOST_RACE})


def is_locked_out(error: BaseException | None) -> bool:
    """Whether a lock was not granted, or was granted to see a row that has changed: the same may work later."""
    return isinstance(error, DBAPIError) and refusal_of(error) in _LOCKED_OUT


def is_lost_race(error: BaseException | None) -> bool:
    """Whether the server undid the transaction for another one's sake: the same may work at once."""
    return isinstance(error, DBAPIError) and refusal_of(error) is Refusal.LOST_RACE


def skips_locked_rows(dialect: Dialect) -> bool:
    """Whether SELECT … FOR UPDATE can leave out what is locked."""
    return database_of(dialect).skips_locked_rows(dialect)
