"""Lets code that blocks work on an asynchronous client: it runs in a greenlet, as SQLAlchemy's own does.

:func:`blocking` begins the greenlet; inside it the others wait for what is awaitable. What has no greenlet refuses
asynchronous repositories by :func:`refuse_asynchronous`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from sqlalchemy.util import await_only, greenlet_spawn

from sqla_osiris.errors import OsirisError
from sqla_osiris.steps import Steps, arun

__all__ = ["AwaitedSignal", "awaited", "awaited_sleep", "awaited_steps", "blocking", "refuse_asynchronous"]

T = TypeVar("T")


async def blocking(call: Callable[[], T]) -> T:
    """Return the result of a call, which runs in a greenlet. Needs the package greenlet."""
    result: T = await greenlet_spawn(call)
    return result


def awaited(result: Awaitable[T]) -> T:
    """Return the result of an awaitable."""
    return await_only(result)


def awaited_steps(steps: Steps[T]) -> T:
    """Return the result of steps on an asynchronous client."""
    return await_only(arun(steps))


def awaited_sleep(seconds: float) -> None:
    """Let others run for so long."""
    await_only(asyncio.sleep(seconds))


class AwaitedSignal:
    """An ``asyncio.Event`` that is waited for as a ``threading.Event`` is."""

    def __init__(self, event: asyncio.Event) -> None:
        self.is_set: Callable[[], bool] = event.is_set
        self._event = event

    def wait(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await_only(asyncio.wait_for(self._event.wait(), seconds))
        return self._event.is_set()


def refuse_asynchronous(repository: Any, call: str, advice: str) -> None:
    """Raise OsirisError for a repository whose calls are awaited, given to a function whose calls block."""
    if iscoroutinefunction(getattr(type(repository), "append", None)):
        raise OsirisError(
            f"{call}: {type(repository).__name__} is asynchronous, a blocking one was expected. {advice}."
        )
