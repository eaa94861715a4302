"""Takes what a call goes over a few at a time, whether it is there or arrives asynchronously."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextvars import copy_context
from functools import partial
from itertools import islice
from typing import TypeVar

from sqla_osiris.records import NewEvent
from sqla_osiris.schema.checks import each_of
from sqla_osiris.schema.event_context import all_in_context, in_context
from sqla_osiris.steps import Pages, Steps

__all__ = ["Take", "in_pages", "taking_contexts", "taking_events"]

S = TypeVar("S")
T = TypeVar("T")

Take = Callable[[int], Steps[list[T]]]
"""Steps that return the next items, at most so many; none at the end."""


def taking_contexts(contexts: Iterable[T] | AsyncIterable[T]) -> Take[T]:
    """Return what takes the contexts of ``states()``. Raises InvalidValue."""
    if isinstance(contexts, AsyncIterable):
        return partial(_arriving, aiter(contexts))
    return partial(_there, each_of(contexts, "states", "contexts"))


def taking_events(events: Iterable[NewEvent] | AsyncIterable[NewEvent]) -> Take[NewEvent]:
    """Return what takes the events of ``append_many()``, with what surrounds this call. Raises InvalidValue."""
    if not isinstance(events, AsyncIterable):
        return partial(_there, all_in_context(events))
    iterator, surroundings = aiter(events), copy_context()

    def take(most: int) -> Steps[list[NewEvent]]:
        arrived = yield from _arriving(iterator, most)
        return [surroundings.run(in_context, event) for event in arrived]

    return take


def in_pages(take: Take[T], most: int, answer: Callable[[list[T]], Steps[list[S]]]) -> Pages[S]:
    """Yield the steps of what is answered for the next so many items, page by page, until there are none."""
    there = True

    def page() -> Steps[list[S]]:
        nonlocal there
        items = yield from take(most)
        there = bool(items)
        return (yield from answer(items)) if items else []

    while there:
        yield page()


def _there(iterator: Iterator[T], most: int) -> Steps[list[T]]:
    yield from ()
    return list(islice(iterator, most))


def _arriving(iterator: AsyncIterator[T], most: int) -> Steps[list[T]]:
    arrived: list[T] = yield partial(_next, iterator, most)
    return arrived


async def _next(iterator: AsyncIterator[T], most: int) -> list[T]:
    arrived: list[T] = []
    while len(arrived) < most:
        try:
            arrived.append(await anext(iterator))
        except StopAsyncIteration:
            break
    return arrived
