"""A store's logic, written once for its blocking and its asynchronous client.

A method of a store is a generator of *steps*: it yields what to call on the driver's client and is sent the result.
:func:`run` makes the calls one by one; :func:`arun` awaits those that the client answers with an awaitable. The
clients of one driver (pymongo's two, boto3 and aioboto3) have the same methods, so a step means the same to both.

What is no generator works on an asynchronous client in a greenlet, as SQLAlchemy's own code does: :func:`blocking` begins
it, and inside it the functions whose names begin with ``awaited`` wait for what is awaitable.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import suppress
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Protocol, TypeVar

from sqlalchemy.util import await_only, greenlet_spawn

from sqla_osiris.errors import OsirisError

__all__ = [
    "AwaitedSignal",
    "Pages",
    "Run",
    "Steps",
    "arun",
    "awaited",
    "awaited_sleep",
    "awaited_steps",
    "blocking",
    "refuse_asynchronous",
    "run",
    "step",
]

T = TypeVar("T")

Steps = Generator[Callable[[], Any], Any, T]
"""Yields calls without arguments, is sent their results, and returns a ``T``."""

Pages = Iterator[Steps[list[T]]]
"""The steps of one page after the other, to be run in order."""


class Run(Protocol):
    """Runs steps and returns what they return: :func:`run`, or what awaits them where code blocks."""

    def __call__(self, steps: Steps[T], /) -> T: ...


def step(call: Callable[[], Any]) -> Steps[Any]:
    """One call."""
    return (yield call)


def run(steps: Steps[T]) -> T:
    """Make every call, in order. What a call raises is raised inside the steps, where they may catch it."""
    advance: Callable[[Any], Callable[[], Any]] = steps.send
    given: Any = None
    while True:
        try:
            call = advance(given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            advance, given = steps.send, call()
        except BaseException as error:  # noqa: BLE001  (handed to the steps, which catch it or let it pass)
            advance, given = steps.throw, error


async def arun(steps: Steps[T]) -> T:
    """As :func:`run`, awaiting what is awaitable."""
    advance: Callable[[Any], Callable[[], Any]] = steps.send
    given: Any = None
    while True:
        try:
            call = advance(given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            result = call()
            advance, given = steps.send, (await result if isawaitable(result) else result)
        except BaseException as error:  # noqa: BLE001  (handed to the steps, which catch it or let it pass)
            advance, given = steps.throw, error


async def blocking(call: Callable[[], T]) -> T:
    """The result of a call, which runs in a greenlet. Needs the package greenlet."""
    result: T = await greenlet_spawn(call)
    return result


def awaited(result: Awaitable[T]) -> T:
    """The result of an awaitable."""
    return await_only(result)


def awaited_steps(steps: Steps[T]) -> T:
    """The result of steps on an asynchronous client."""
    return await_only(arun(steps))


def awaited_sleep(seconds: float) -> None:
    """Let others run for so long."""
    await_only(asyncio.sleep(seconds))


class AwaitedSignal:
    """An ``asyncio.Event`` that is waited for as a ``threading.Event`` is."""

    def __init__(self, event: asyncio.Event) -> None:
        self.is_set = event.is_set
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
