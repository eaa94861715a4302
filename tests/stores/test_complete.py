"""What a complete store promises beyond the contract: time travel, the feed, the archive, erasure, verification."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from sqla_osiris import ConcurrentAppend, ContextErased, InvalidValue, NewEvent
from tests.stores.models import Employee, Profiled, Unfolded
from tests.stores.small_pages import small_pages

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def employees(complete):
    return complete(Employee)


@pytest.fixture
def unfolded(complete):
    return complete(Unfolded)


@pytest.fixture
def profiles(complete):
    return complete(Profiled)


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


# Time travel


@pytest.mark.parametrize("snapshots", [[], [2, 6], [7]])
def test_a_state_at_a_seq_folds_that_far(profiles, snapshots):
    for number in range(1, 8):
        profiles.append("bob", overtime=number, profile={f"k{number}": number})
        if number in snapshots:
            profiles.snapshot("bob")

    for seq in range(1, 8):
        state = profiles.state("bob", at=seq)
        assert (state.seq, state.overtime, len(state.profile)) == (seq, sum(range(seq + 1)), seq)
    assert profiles.state("bob", at=0) is None
    assert profiles.state("bob", at=99).seq == 7


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_state_at_a_time_folds_what_was_recorded_until_then(employees, snapshot):
    filled(employees, "bob")
    if snapshot:
        employees.snapshot("bob")

    assert employees.state("bob", at=datetime(2020, 1, 3, tzinfo=UTC)).overtime == 6
    assert employees.state("bob", at=datetime(2020, 1, 3, 23, tzinfo=UTC)).seq == 3
    assert employees.state("bob", at=datetime(2020, 1, 3, tzinfo=UTC) - timedelta(microseconds=1)).seq == 2
    assert employees.state("bob", at=LONG_AGO) is None
    assert employees.state("bob", at=FUTURE).overtime == 55


@pytest.mark.parametrize("archived", [False, True])
def test_a_clock_that_went_back_hides_no_event_before_the_last_one_of_the_moment(unfolded, archived):
    """The past is a prefix of the stream: a state that was true once."""
    unfolded.append_many(
        NewEvent("bob", {"overtime": n}, recorded_at=datetime(2020, 1, day, tzinfo=UTC))
        for n, day in [(1, 3), (2, 9), (4, 5), (8, 7)]
    )
    if archived:
        unfolded.snapshot("bob")
        unfolded.archive(before=datetime(2020, 1, 6, tzinfo=UTC))

    days = [unfolded.state("bob", at=datetime(2020, 1, day, tzinfo=UTC)) for day in range(2, 10)]
    assert [day and day.overtime for day in days] == [None, 1, 1, 7, 7, 15, 15, 15]


def test_a_moment_is_a_seq_or_an_aware_time(employees):
    for moment in ("2020-01-01", 1.5, True, datetime(2020, 1, 1)):  # noqa: DTZ001
        with pytest.raises(InvalidValue, match="at="):
            employees.state("bob", at=moment)


# The feed


def test_the_feed_has_every_event_once_and_each_context_in_order(employees):
    filled(employees, "bob", "jane")
    employees.append("bob", overtime=1)

    events = employees.feed()
    assert len(events) == 21
    for context in ("bob", "jane"):
        assert [e for e in events if e.context == context] == list(employees.history(context))
    assert [e.position for e in events] == sorted({e.position for e in events})
    assert employees.feed(limit=0) == []


def test_the_feed_is_read_in_parts_and_goes_on(employees):
    filled(employees, "bob", events=28)
    read, after = [], None
    while part := employees.feed(after=after, limit=5):
        assert len(part) <= 5
        read += part
        after = part[-1].position
    assert [e.seq for e in read] == list(range(1, 29))

    employees.append("bob", overtime=1)
    assert [e.seq for e in employees.feed(after=after)] == [29]
    assert employees.feed() == [*read, *employees.feed(after=after)]


def test_the_feed_refuses_what_is_no_position_or_number(employees):
    for arguments in ({"limit": -1}, {"limit": True}, {"after": "x" * 3}, {"after": -1}):
        with pytest.raises(InvalidValue, match="feed"):
            employees.feed(**arguments)


def test_readers_of_the_feed_at_the_same_time_see_one_order_and_miss_nothing(employees):
    filled(employees, "e0")
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


# Snapshots and the archive


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


def test_the_archive_changes_nothing_that_a_reader_sees(unfolded):
    filled(unfolded, "bob", "jane", "tim")
    unfolded.snapshot("bob")
    unfolded.snapshot("jane")
    unfolded.append("jane", overtime=1)
    before = everything(unfolded, "bob", "jane", "tim")

    assert unfolded.archive(before=LONG_AGO) == 0
    assert unfolded.archive(before=datetime(2020, 1, 4, tzinfo=UTC)) == 6
    assert everything(unfolded, "bob", "jane", "tim") == before
    assert unfolded.archive(before=FUTURE) == 14
    assert unfolded.archive(before=FUTURE) == 0
    assert everything(unfolded, "bob", "jane", "tim") == before
    assert {state.id for state in unfolded.states()} == {"bob", "jane", "tim"}
    assert unfolded.state("bob", at=datetime(2020, 1, 3, tzinfo=UTC)).overtime == 6
    report = unfolded.verify()
    assert (bool(report), report.contexts, report.events) == (True, 3, 31)


def test_a_stream_goes_on_behind_its_archive(unfolded):
    filled(unfolded, "bob")
    unfolded.snapshot("bob")
    unfolded.archive(before=FUTURE)

    assert unfolded.append("bob", overtime=1, expected_seq=10).seq == 11
    assert unfolded.append_many([NewEvent("bob", {"overtime": 1})]) == 1
    assert unfolded.state("bob").overtime == 57
    assert [event.seq for event in unfolded.history("bob")] == list(range(1, 13))
    assert [event.seq for event in unfolded.history("bob", after=9)] == [10, 11, 12]
    assert [event.seq for event in unfolded.feed()] == list(range(1, 13))


def test_an_archived_event_keeps_its_identity(employees):
    identity = uuid4()
    employees.append("bob", overtime=1, event_id=identity)
    employees.append("bob", overtime=1)
    employees.snapshot("bob")
    employees.archive(before=FUTURE)

    assert employees.append("bob", overtime=1, event_id=identity).seq == 1
    assert employees.append_many([NewEvent("bob", {"overtime": 1}, event_id=identity)]) == 0
    assert employees.state("bob").overtime == 2


@pytest.mark.parametrize("events", [19, 20, 21])
def test_a_long_archive_is_read_in_parts(unfolded, events):
    with small_pages(10):
        unfolded.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(events))
        unfolded.snapshot("bob")
        unfolded.append("bob", overtime=1)
        told = []

        assert unfolded.archive(before=FUTURE, progress=told.append) == events
        assert [event.seq for event in unfolded.history("bob")] == list(range(1, events + 2))
        assert [event.seq for event in unfolded.feed(limit=5000)] == list(range(1, events + 2))
        assert told[-1] == events


# Erasure


@pytest.mark.parametrize("archived", [False, True])
def test_an_erased_stream_is_gone_for_good(employees, archived):
    filled(employees, "bob", "jane")
    if archived:
        employees.snapshot("bob")
        employees.archive(before=datetime(2020, 1, 4, tzinfo=UTC))
    janes = [e for e in employees.feed() if e.context == "jane"]

    assert employees.erase("bob") == 10
    assert employees.erase("bob") == 0
    assert (employees.state("bob"), employees.state("bob", at=2), list(employees.history("bob"))) == (
        None,
        None,
        [],
    )
    assert employees.state("bob", at=FUTURE) is None
    assert ([s.id for s in employees.states()], employees.feed()) == (["jane"], janes)
    assert employees.snapshot("bob") is None
    report = employees.verify()
    assert (bool(report), report.contexts, report.events) == (True, 1, 10)


def test_nothing_can_be_appended_to_an_erased_stream(employees):
    employees.append("bob", overtime=1)
    employees.erase("bob")

    for append in (
        lambda: employees.append("bob", overtime=1),
        lambda: employees.append("bob", overtime=1, expected_seq=0),
        lambda: employees.append_many([NewEvent("jane", {}), NewEvent("bob", {})]),
    ):
        with pytest.raises(ContextErased, match="bob"):
            append()
    assert list(employees.states()) == []


def test_erasing_a_stream_that_never_was_is_nothing(employees):
    assert employees.erase("bob") == 0
    assert employees.append("bob", overtime=1).seq == 1


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
