"""Appends, archive, restore, redact and erase at the same time: no event is lost or doubled, and nothing erased is back."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event

import pytest

from sqla_osiris import ContextErased, InvalidValue
from tests.repositories.models import EveryEmployee, InlineEmployee

CONTEXTS = ["bob", "jane"]
APPENDS = 40


@contextmanager
def kept_meanwhile(*calls):
    """Have each of them called again and again, by a thread of its own."""
    done = Event()

    def keep(call):
        while not done.is_set():
            call()

    with ThreadPoolExecutor(len(calls)) as pool:
        keepers = [pool.submit(keep, call) for call in calls]
        try:
            yield
        finally:
            done.set()
        for keeper in keepers:
            keeper.result()


@pytest.mark.parametrize("model", [InlineEmployee, EveryEmployee])
def test_what_moves_meanwhile_is_neither_lost_nor_doubled(open_store, model):
    repository = open_store("postgresql", model)

    def append(context):
        for _ in range(APPENDS):
            repository.append(context, overtime=1, company="x")

    def redact():
        for context in CONTEXTS:
            with suppress(InvalidValue):
                repository.redact(context, 3, "company", reason="asked")

    archive = partial(repository.archive, keep=2)
    with kept_meanwhile(archive, repository.restore, redact), ThreadPoolExecutor(2) as writers:
        list(writers.map(append, CONTEXTS))
    redact()

    for context in CONTEXTS:
        history = list(repository.history(context))
        assert [event.seq for event in history] == list(range(1, APPENDS + 2))
        assert [event.event_type for event in history].count("redacted") == 1
        assert "company" not in history[2].fields
        assert repository.state(context).overtime == APPENDS
    assert repository.verify()


def test_nothing_of_what_is_erased_meanwhile_comes_back(open_store):
    repository = open_store("postgresql", EveryEmployee)
    for number in range(10):
        repository.append("bob", overtime=number)
        repository.append("jane", overtime=number)

    with kept_meanwhile(partial(repository.archive, keep=2), repository.restore):
        erased = repository.erase("bob")
    repository.restore()

    assert erased == 10
    assert list(repository.history("bob")) == []
    assert {event.context for event in repository.feed()} == {"jane"}
    with pytest.raises(ContextErased):
        repository.append("bob", overtime=1)
    assert repository.verify()
