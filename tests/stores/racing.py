"""What a racing process does; imports little, because each of the processes starts anew."""

from collections.abc import Callable, Iterator
from functools import cache
from threading import Barrier
from typing import Any
from uuid import UUID

from sqla_osiris import ConcurrentAppend, NewEvent, repository
from tests.stores.models import Employee

__all__ = ["EVENTS", "KINDS", "begin_together", "race", "ready"]

EVENTS = 5
SECONDS = 120
Place = tuple[str, int]

_together: list[Barrier] = []


def ready(barrier: Barrier) -> None:
    """Begins a process."""
    _together.append(barrier)


def begin_together() -> None:
    """Return when all of the processes are here."""
    _together[0].wait(SECONDS)


@cache
def opened(url: str) -> Any:
    return repository(Employee, url)


def race(url: str, worker: int, kind: str, contexts: list[str]) -> tuple[list[Place], int]:
    """Where this worker's events went, as far as it was told, and how many of its appends were refused."""
    employees = opened(url)
    list(employees.history(contexts[0]))  # connected
    begin_together()
    told, refused = [], 0
    for number, context in enumerate(_turns(contexts, worker)):
        try:
            told += KINDS[kind](employees, worker, number, context)
        except ConcurrentAppend as error:
            refused += error.found_seq != error.expected_seq
    return told, refused


def _turns(contexts: list[str], worker: int) -> Iterator[str]:
    return (contexts[(worker + number) % len(contexts)] for number in range(EVENTS))


def _append(employees: Any, worker: int, number: int, context: str) -> list[Place]:
    event = employees.append(context, overtime=number, event_type=str(worker))
    return [(event.context, event.seq)]


def _append_many(employees: Any, worker: int, number: int, context: str) -> list[Place]:
    """Two contexts in one batch, in an order that another worker turns round: what deadlocks, does it here."""
    batch = [context, f"{context}-too"] if worker % 2 else [f"{context}-too", context]
    written = employees.append_many(
        NewEvent(each, {"overtime": number}, event_type=str(worker)) for each in [*batch, context]
    )
    assert written == 3
    return []


def _expected_seq(employees: Any, worker: int, number: int, context: str) -> list[Place]:
    state = employees.state(context)
    expected = state.seq if state else 0
    event = employees.append(context, overtime=number, event_type=str(worker), expected_seq=expected)
    assert event.seq == expected + 1
    return [(event.context, event.seq)]


def _event_id(employees: Any, worker: int, number: int, context: str) -> list[Place]:
    """All workers bring the same events."""
    event = employees.append(context, overtime=number, event_id=UUID(int=number))
    return [(event.context, event.seq)]


KINDS: dict[str, Callable[[Any, int, int, str], list[Place]]] = {
    "append": _append,
    "append_many": _append_many,
    "expected_seq": _expected_seq,
    "event_id": _event_id,
}
