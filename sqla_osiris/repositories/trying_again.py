"""Runs a transaction of our own again from its start where a race undid it."""

import asyncio
import time
from collections.abc import Callable
from random import random
from typing import Any, Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.undone import was_undone

__all__ = ["tried_again"]

T = TypeVar("T")

_TRIES: Final = 60
_LONGEST_PAUSE: Final = 0.1
"""Seconds. Those who undid each other do not meet again after pauses of different lengths."""


def tried_again(
    transaction: Callable[[], T], dialect: Any, may_repeat: Callable[[], bool] = lambda: True
) -> T:
    """What the transaction returns. Raises what it raises, a lost race only after many, or where it may not be repeated."""
    for tries in range(_TRIES - 1):
        try:
            return transaction()
        except (DBAPIError, ConcurrentAppend) as error:
            if not (was_undone(error) and may_repeat()):
                raise
        _pause(random() * min(_LONGEST_PAUSE, 0.001 * 2**tries), dialect)  # noqa: S311  (no secret)
    return transaction()


def _pause(seconds: float, dialect: Any) -> None:
    if dialect.is_async:
        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
