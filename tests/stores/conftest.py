"""What races: the stores themselves are opened by tests/opening.py."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.processes import processes
from tests.stores.racing import ready

RACERS = 8


@pytest.fixture(scope="session")
def racers() -> Iterator[ProcessPoolExecutor]:
    """Eight processes that are not forked from this one. Unlike a Pool's, they are not replaced when a run is ended."""
    context = processes()
    barrier = context.Barrier(RACERS)
    with ProcessPoolExecutor(RACERS, mp_context=context, initializer=ready, initargs=(barrier,)) as pool:
        yield pool
