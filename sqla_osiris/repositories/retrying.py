"""Tries again what lost a race: the one loop of every store.

A writer places its event behind the head that it knows, and the store says whether that place was free. Whoever lost looks
again and tries again, after a pause of random length, so that racers drift apart.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from random import uniform
from typing import Any, TypeVar

from sqla_osiris.steps import Steps

__all__ = ["backoff", "pause_after", "retry"]

T = TypeVar("T")


def retry(
    attempt: Callable[[int], Steps[T | None]],
    pauses: Iterable[float],
    sleep: Callable[[float], Any],
) -> Steps[T | None]:
    """Return what the first attempt returns that is not None: None says that it lost a race, or that all of them did.

    ``attempt`` is given how many lost before it. There is one more of them than there are ``pauses`` (seconds).
    """
    found = yield from attempt(0)
    for lost, pause in enumerate(pauses, 1):
        if found is not None:
            return found
        if pause:
            yield partial(sleep, pause)
        found = yield from attempt(lost)
    return found


def backoff(first: float, longest: float) -> Iterator[float]:
    """Yield pauses without an end: random times, up to one that doubles."""
    for lost in count():
        yield pause_after(lost, first, longest)


def pause_after(lost: int, first: float, longest: float) -> float:
    """Return the seconds to wait after so many lost races before this one."""
    return uniform(0, min(longest, first * 2 ** min(lost, 10)))  # noqa: S311  (no secret)
