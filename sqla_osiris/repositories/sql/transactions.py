"""How a transaction of our own is begun again where a race undid it, and ended; and what its errors become."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.registry import refusal_of
from sqla_osiris.databases.transactions import was_undone
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.repositories.retrying import backoff, retry
from sqla_osiris.schema.log import Log
from sqla_osiris.steps import Steps, run
from sqla_osiris.writing.refused_values import unreadable_sum

__all__ = ["commit_or_roll_back", "transactional", "translating_refusals", "tried_again"]

T = TypeVar("T")

_AUTOCOMMIT: Final = "AUTOCOMMIT"
_PAUSES: Final = 59
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.1
"""Seconds. Those who undid each other do not meet again after pauses of different lengths."""


def tried_again(
    transaction: Callable[[], T], dialect: Any, may_repeat: Callable[[], bool] = lambda: True
) -> T:
    """Return what the transaction returns.

    Raises what it raises, a lost race only after many, or where it may not be repeated.
    """

    def attempt(lost: int) -> Steps[tuple[T] | None]:
        yield from ()
        try:
            return (transaction(),) if lost else None  # the first one has lost already
        except (DBAPIError, ConcurrentAppend) as error:
            if lost == _PAUSES or not (was_undone(error) and may_repeat()):
                raise
            return None

    try:
        # Most win at once, and are spared the loop.
        return transaction()
    except (DBAPIError, ConcurrentAppend) as error:
        if not (was_undone(error) and may_repeat()):
            raise
    pauses = islice(backoff(_FIRST_PAUSE, _LONGEST_PAUSE), _PAUSES)
    (result,) = cast(tuple[T], run(retry(attempt, pauses, partial(_sleep, dialect))))
    return result


def _sleep(dialect: Any, seconds: float) -> None:
    if dialect.is_async:
        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


def transactional(session: Session, mapper: Any) -> dict[str, Any]:
    """The options of a connection that has transactions, although its engine may commit each statement by itself."""
    engine = session.get_bind(mapper=mapper).engine
    level = engine.get_execution_options().get("isolation_level")
    # What create_engine() was given; nothing public says it.
    level = level or getattr(engine.dialect, "_on_connect_isolation_level", None)
    if level != _AUTOCOMMIT:
        return {}
    return {"isolation_level": getattr(engine.dialect, "default_isolation_level", None) or "SERIALIZABLE"}


def commit_or_roll_back(session: Session) -> None:
    """Commit. What the database refuses to commit is undone: a session that is closed then leaves it to SQLite's next user.

    SQLite keeps a transaction open whose COMMIT finds a reader, and SQLAlchemy gives such a connection back as it is.
    """
    try:
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def translating_refusals(
    log: Log, asking: Callable[[], AbstractContextManager[Connection]]
) -> Iterator[None]:
    """Raise InvalidValue for a value that its column's type refuses on the way to the driver, not a StatementError.

    So for a sum that outgrew its column, where it is read, and for what outgrows a limit of PostgreSQL's own, such as the
    bytes of a context that its index takes. ``asking`` gives a connection that finds out which sum it was.
    """
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            raise error.orig from None
        if refusal_of(error) is Refusal.LIMIT_EXCEEDED:
            message = str(error.orig).partition("\n")[0]
            raise InvalidValue(
                f"The database has no room for this: {message}. Nothing was written. Shorten the context, or use a hash "
                "of it."
            ) from error
        unreadable = unreadable_sum(log, error, asking)
        if unreadable is None:
            raise
        raise unreadable from error
