"""A store's logic, written once for its blocking and its asynchronous client.

A method of a store is a generator of *steps*: it yields what to call on the driver's client and is sent the result.
:func:`run` makes the calls one by one; :func:`arun` awaits those that the client answers with an awaitable. The
clients of one driver (pymongo's two, boto3 and aioboto3) have the same methods, so a step means the same to both.
"""

from collections.abc import Callable, Generator, Iterator
from inspect import isawaitable
from typing import Any, Protocol, TypeVar

__all__ = ["Pages", "Run", "Steps", "arun", "run", "step"]

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
