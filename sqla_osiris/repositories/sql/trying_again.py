"""Runs a transaction of our own again from its start where a race undid it."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.transactions import was_undone
from sqla_osiris.repositories.retrying import backoff, retry
from sqla_osiris.steps import Steps, run

__all__ = ["tried_again"]

T = TypeVar("T")

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
