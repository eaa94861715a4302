"""What a racing process does; imports little, because each of the processes starts anew."""

import time
from functools import cache
from typing import Any
from uuid import UUID

from sqla_osiris import DynamoRepository
from sqla_osiris.repositories.dynamo.target import client_and_prefix
from tests.repositories.dynamo.models import Employee

__all__ = ["append_one_by_one", "read_the_feed"]

SECONDS = 120


@cache
def client(url: str) -> Any:
    return client_and_prefix(url)[0]


def append_one_by_one(
    url: str, prefix: str, worker: int, contexts: list[str], times: int
) -> list[tuple[str, int]]:
    """Where each event went."""
    employees = DynamoRepository(Employee, client(url), table_prefix=prefix)
    told = []
    for n in range(times):
        context = contexts[(worker + n) % len(contexts)]
        identity = UUID(int=worker * 1000 + n) if n % 5 == 0 else None
        told.append((context, employees.append(context, overtime=1, event_id=identity).seq))
    return told


def read_the_feed(url: str, prefix: str, until: int) -> list[tuple[int, str, int]]:
    """Follow the feed, giving positions, until so many events have come."""
    employees = DynamoRepository(Employee, client(url), table_prefix=prefix)
    read: list[tuple[int, str, int]] = []
    deadline = (
        time.monotonic() + SECONDS
    )  # a writer that failed must not keep its readers, and the test run, for ever
    while len(read) < until and time.monotonic() < deadline:
        after = read[-1][0] if read else None
        read += [(e.position, e.context, e.seq) for e in employees.feed(after=after, limit=37)]
    return read
