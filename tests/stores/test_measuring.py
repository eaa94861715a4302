"""How large a log is, where it is busy, and how far a verification has come: the same numbers on every store."""

from datetime import UTC, datetime, timedelta

import pytest

from sqla_osiris import AsyncSQLRepository, InvalidValue, NewEvent
from sqla_osiris.repositories.measuring import busiest, size
from sqla_osiris.repositories.sizes import Busy, Size
from tests.stores.models import Employee, Stock

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def employees(opens):
    """Bob with three events, ann with two, of which the last ended her stream, and eve, who was erased."""
    employees = opens(Employee)
    touches = [("bob", 0), ("bob", 1), ("ann", 1), ("bob", 2), ("eve", 2)]
    employees.append_many(
        NewEvent(name, {"overtime": 1}, recorded_at=MONDAY + timedelta(days=day)) for name, day in touches
    )
    employees.append_many([NewEvent("ann", {}, recorded_at=MONDAY + timedelta(days=3), ends=True)])
    employees.erase("eve")
    return employees


def test_a_size_counts_what_is_there_and_what_lives(employees):
    found = size(employees)
    assert (found.streams, found.living, found.events) == (2, 1, 5)
    assert found.stale in {0, None}


def test_the_busiest_are_those_with_the_most_events_of_all_or_since_a_moment(employees):
    assert busiest(employees, limit=5) == [Busy("bob", 3), Busy("ann", 2)]
    assert busiest(employees, limit=1) == [Busy("bob", 3)]
    assert busiest(employees, limit=5, since=MONDAY + timedelta(days=2, hours=1)) == [Busy("ann", 1)]


def test_an_empty_log_has_no_size(opens):
    stock = opens(Stock)
    assert size(stock) in {Size(0, 0, 0, 0), Size(0, 0, 0, None)}
    assert busiest(stock, limit=3) == []


def test_what_is_archived_counts_as_what_is_not(employees):
    before = size(employees), busiest(employees, limit=5, since=MONDAY)
    employees.snapshot("bob")
    assert employees.archive(keep=1) > 0
    assert (size(employees), busiest(employees, limit=5, since=MONDAY)) == before


def test_a_verification_reports_the_events_so_far(employees):
    reported = []
    found = employees.verify(progress=reported.append)
    assert (found.events, reported[-1]) == (5, 5)
    assert reported == sorted(reported)
    with pytest.raises(InvalidValue, match="progress=3"):
        employees.verify(progress=3)


async def test_what_is_awaited_says_the_same(async_engine):
    employees = AsyncSQLRepository(Employee, async_engine)
    await employees.create()
    await employees.append("bob", overtime=1)
    assert await employees.size() == Size(1, 1, 1, 0)
    assert await employees.busiest(3, None) == [Busy("bob", 1)]
    cost = await employees.explain("bob")
    assert (cost.snapshot, cost.folds, cost.stale) == (1, 0, False)
    assert all(each.plan for each in cost.statements)
