"""The feed: every event once, in one order, and none behind one that was read already. On every store alike."""

import json
import threading

import pytest

from sqla_osiris import InvalidValue, MemoryRepository, NewEvent, OsirisError
from tests.repositories.models import InlineEmployee, Plain


@pytest.fixture
def employees(opens):
    return opens(InlineEmployee)


def read_all(repository, *, after=None, limit=1000):
    events = []
    while page := repository.feed(after=after, limit=limit):
        assert len(page) <= limit
        events += page
        after = page[-1].position
    return events


def test_pages_of_any_size_give_every_event_once_and_in_order(employees, subtests):
    for number in range(7):
        employees.append(f"e{number % 3}", overtime=number)
    employees.append_many(NewEvent(f"e{number % 4}", {"overtime": number}) for number in range(20))

    everything = employees.feed()
    assert [event.position for event in everything] == sorted({event.position for event in everything})
    assert len({(event.context, event.seq) for event in everything}) == len(everything) == 27
    for context in ("e0", "e1", "e2", "e3"):
        mine = [event for event in everything if event.context == context]
        assert mine == list(employees.history(context))
    for limit in (1, 4, 27, 1000):
        with subtests.test(limit=limit):
            assert read_all(employees, limit=limit) == everything
    assert employees.feed(limit=0) == []

    employees.append("e1", overtime=1)
    later = employees.feed(after=everything[-1].position)
    assert [event.context for event in later] == ["e1"]
    assert employees.feed() == [*everything, *later]
    assert employees.feed(after=later[-1].position) == []


def test_json_keeps_a_position_and_it_is_the_same_in_append_history_and_feed(employees):
    appended = employees.append("bob", overtime=1)
    position = json.loads(json.dumps(employees.feed()[-1].position))

    assert appended.position in {None, position}  # a document store gives it when the feed is read
    assert [event.position for event in employees.history("bob")] == [position]
    employees.append("bob", overtime=2)
    assert [event.seq for event in employees.feed(after=position)] == [2]


def test_composite_contexts_are_tuples(opens):
    repository = opens(Plain)
    repository.append(("Hooly", 1), salary=5)

    assert [event.context for event in repository.feed()] == [("Hooly", 1)]


NO_POSITIONS = ["", "1", "xyz", "0" * 31, "x" * 32, "f" * 32, -1, 1.5, True, b"1", (1, 2)]
NO_LIMITS = [-1, 1.5, None, True]


def test_what_is_no_position_or_limit_of_this_store_is_refused(employees, subtests):
    assert employees.feed() == []
    employees.append("bob", overtime=1)
    for asked in [*({"after": each} for each in NO_POSITIONS), *({"limit": each} for each in NO_LIMITS)]:
        with subtests.test(**asked), pytest.raises(InvalidValue, match=r"feed.*(position|limit)"):
            employees.feed(**asked)


def test_a_position_that_no_event_had_yet_is_refused_in_memory_too():
    repository = MemoryRepository(InlineEmployee)
    last = repository.append("bob", overtime=1).position
    repository.erase("bob")
    assert repository.feed(after=last) == []
    for limit in (0, 1):
        with pytest.raises(OsirisError, match="has come to 1 only"):
            repository.feed(after=last + 1, limit=limit)


def test_readers_of_the_feed_at_the_same_time_see_one_order_and_miss_nothing(employees):
    employees.append_many(NewEvent("e0", {"overtime": n}) for n in range(10))
    stop, seen = threading.Event(), [[] for _ in range(4)]

    def read(into):
        while True:
            ended = stop.is_set()
            part = employees.feed(after=into[-1].position if into else None, limit=7)
            into += part
            if ended and not part:
                return

    def write(name):
        for number in range(25):
            employees.append(f"e{(name + number) % 3}", overtime=number)

    readers = [threading.Thread(target=read, args=(into,)) for into in seen]
    writers = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()

    orders = [[(e.position, e.context, e.seq) for e in into] for into in seen]
    assert len(orders[0]) == 110
    assert all(order == orders[0] for order in orders)
    for context in ("e0", "e1", "e2"):
        mine = [seq for _, said, seq in orders[0] if said == context]
        assert mine == list(range(1, len(mine) + 1))
