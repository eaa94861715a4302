"""Snapshots, verification, and lives that end, on every store alike."""

from datetime import UTC, datetime

import pytest

from sqla_osiris import ConcurrentAppend, InvalidValue, NewEvent
from tests.repositories.models import MODELS
from tests.stores.models import Employee, Profiled

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def employees(opens):
    return opens(Employee)


@pytest.fixture
def profiles(opens):
    return opens(Profiled)


def filled(repository, *contexts, events=10):
    """Streams whose events were recorded a day apart from 2020 on."""
    for context in contexts:
        repository.append_many(
            NewEvent(context, {"overtime": n}, recorded_at=datetime(2020, 1, n, tzinfo=UTC))
            for n in range(1, events + 1)
        )
    return repository


def everything(repository, *contexts):
    """All that a reader can see. The feed first: a store may give an event its position when the feed is read."""
    feed = repository.feed(limit=100_000)
    states = [
        None if s is None else {k: v for k, v in vars(s).items() if k != "_sa_instance_state"}
        for s in (repository.state(context) for context in contexts)
    ]
    histories = [list(repository.history(context)) for context in contexts]
    past = [repository.state(context, at=3) for context in contexts]
    return states, histories, [p and p.overtime for p in past], feed


def test_creating_again_changes_nothing(employees):
    employees.append("bob", overtime=1)
    employees.create()

    assert employees.state("bob").overtime == 1


# Snapshots


def test_snapshots_takes_those_that_are_due(profiles):
    profiles.append_many(NewEvent(f"e{n}", {"overtime": 1}) for n in range(7) for _ in range(n))
    before = everything(profiles, "e2", "e3", "e6")
    told = []

    profiles.snapshots(progress=told.append)

    assert profiles.snapshots() == 0
    assert everything(profiles, "e2", "e3", "e6") == before
    assert profiles.verify()


def test_snapshots_leaves_none_that_is_due(employees):
    """A store whose `Inline()` folds with each event finds none, another one those that lag behind."""
    filled(employees, "bob", "jane", "tim")
    employees.snapshot("jane")
    told = [0]

    assert employees.snapshots(progress=told.append) == told[-1]
    assert employees.snapshots() == 0


@pytest.mark.parametrize("model", MODELS)
def test_a_log_that_was_only_written_by_the_library_verifies(opens, model):
    repository = opens(model)
    repository.append_many(
        NewEvent(f"e{number % 7}", {"overtime": number, "bonus": number, "visits": 1}) for number in range(28)
    )
    repository.append_many(
        [NewEvent("e1", {}, ends=True), NewEvent("e2", {}, ends=True), NewEvent("e2", {"best": 1})]
    )
    repository.snapshot("e0")

    report = repository.verify()
    assert (bool(report), report.contexts, report.events, report.differences) == (True, 7, 31, ())


# Lives that end


def test_a_stream_that_ended_can_begin_again(employees):
    employees.append("bob", overtime=5)
    assert employees.append_many([NewEvent("bob", {"overtime": 2}), NewEvent("bob", {}, ends=True)]) == 2

    assert (employees.state("bob"), list(employees.states()), employees.snapshot("bob")) == (None, [], None)
    assert employees.state("bob", at=2).overtime == 7
    assert [event.ends for event in employees.history("bob")] == [False, False, True]
    with pytest.raises(ConcurrentAppend) as refused:
        employees.append("bob", overtime=1, expected_seq=3)
    assert refused.value.found_seq is None
    assert employees.append("bob", overtime=1, expected_seq=0).seq == 4
    assert (employees.state("bob").overtime, employees.state("bob").seq) == (1, 4)
    assert [event.ends for event in employees.feed()] == [False, False, True, False]


def test_an_end_keeps_its_meaning_in_the_archive(employees):
    employees.append_many([NewEvent("bob", {"overtime": 5}), NewEvent("bob", {}, ends=True)])
    employees.append_many([NewEvent("bob", {"overtime": 1}), NewEvent("jane", {"overtime": 1})])
    employees.append_many([NewEvent("jane", {}, ends=True)])
    employees.snapshot("bob")
    before = everything(employees, "bob", "jane")

    employees.archive(before=FUTURE)
    assert everything(employees, "bob", "jane") == before
    assert employees.append_many([NewEvent("jane", {"overtime": 7})]) == 1
    assert (employees.state("bob").overtime, employees.state("jane").overtime) == (1, 7)
    assert employees.verify()


def test_an_end_that_touches_a_field_is_refused(employees):
    with pytest.raises(InvalidValue, match="touches no field"):
        employees.append_many([NewEvent("bob", {"overtime": 1}, ends=True)])
    assert list(employees.history("bob")) == []
