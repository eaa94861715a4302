"""Runs a store's steps with something in between, or up to a crash."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqla_osiris import ContextErased
from sqla_osiris.steps import Steps, run

__all__ = ["Between", "archive", "driven", "erase", "killed_before", "redact", "restore", "unless_erased"]


@dataclass
class Between:
    """What runs before the call of that place."""

    place: int
    steps: Callable[[], Steps[Any]]

    def run(self) -> None:
        run(self.steps())


def unless_erased(steps: Callable[..., Steps[Any]], *arguments: Any) -> Steps[None]:
    with suppress(ContextErased):
        yield from steps(*arguments)


def driven(steps: Steps[Any], between: Between) -> bool:
    """Make its calls, and ``between`` before the one of that place; whether there was one."""
    advance: Any = steps.send
    given: Any = None
    place = -1
    while True:
        try:
            call = advance(given)
        except StopIteration:
            return place >= between.place
        place += 1
        if place == between.place:
            between.run()
        try:
            advance, given = steps.send, call()
        except Exception as error:  # noqa: BLE001  (handed to the steps, as their own runner does)
            advance, given = steps.throw, error


def killed_before(steps: Steps[Any], place: int) -> bool:
    """Make so many of its calls, and no more; whether there was another one."""
    between = Between(place, _killing)
    try:
        return driven(steps, between)
    except Killed:
        steps.close()
        return True


def archive(store: Any, context: Any) -> Steps[int]:
    return (yield from store.archive(before=None, keep=0, progress=None))


def restore(store: Any, context: Any) -> Steps[int]:
    return (yield from store.restore(context, progress=None))


def erase(store: Any, context: Any) -> Steps[int]:
    return (yield from store.erase(context))


def redact(store: Any, context: Any) -> Steps[Any]:
    return (yield from store.redact(context, 2, "name", reason="asked", event_meta=None))


class Killed(BaseException):
    """No step can survive it."""


def _killing() -> Steps[Any]:
    yield _kill


def _kill() -> None:
    raise Killed
