"""Runs a transaction of our own again from its start where a race undid it."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.undone import was_undone
from sqla_osiris.repositories.retrying import backoff, retry
from sqla_osiris.steps import Steps, run

__all__ = ["tried_again"]

T = TypeVar("T")

_TRIES: Final = 60
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.1
"""Seconds. Those who undid each other do not meet again after pauses of different lengths."""


def tried_again(
    transaction: Callable[[], T], dialect: Any, may_repeat: Callable[[], bool] = lambda: True
) -> T:
    """What the transaction returns. Raises what it raises, a lost race only after many, or where it may not be repeated."""
    error: Exception

    def attempt(_: int) -> Steps[tuple[T] | None]:
        nonlocal error
        yield from ()
        try:
            return (transaction(),)
        except (DBAPIError, ConcurrentAppend) as raised:
            if not (was_undone(raised) and may_repeat()):
                raise
            error = raised
            return None

    pauses = islice(backoff(_FIRST_PAUSE, _LONGEST_PAUSE), _TRIES - 1)
    done = run(retry(attempt, pauses, partial(_sleep, dialect)))
    if done is None:
        raise error
    return done[0]


def _sleep(dialect: Any, seconds: float) -> None:
    if dialect.is_async:
        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
