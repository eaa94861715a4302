"""The feed on DynamoDB: positions that its readers give, each once, in an order that nobody slips into."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sqla_osiris import DynamoRepository, NewEvent, OsirisError
from tests.repositories.dynamo.fixtures import Client
from tests.repositories.dynamo.models import Employee, Profile
from tests.repositories.dynamo.racers import append_one_by_one, read_the_feed


@pytest.fixture
def employees(open_on_dynamodb):
    return open_on_dynamodb(Employee)


def places(events: list[Any]) -> list[tuple[Any, str, int]]:
    return [(event.position, event.context, event.seq) for event in events]


def follow(repository: Any, limit: int = 1000) -> list[Any]:
    """The whole feed, read piece by piece."""
    read: list[Any] = []
    while piece := repository.feed(after=read[-1].position if read else None, limit=limit):
        assert len(piece) <= limit
        read += piece
    return read


@pytest.mark.parametrize("limit", [7, 100, 1000])
def test_the_feed_gives_each_event_once_in_any_portions(employees, limit):
    employees.append_many(NewEvent(f"c{n % 9}", {"overtime": n}) for n in range(60))
    first = employees.feed(limit=20)
    employees.append_many(NewEvent(f"c{n % 9}", {"overtime": n}) for n in range(60, 130))
    read = follow(employees, limit)

    assert places(read[:20]) == places(first)
    assert [event.position for event in read] == list(range(1, 131))
    assert sorted(event.fields["overtime"] for event in read) == list(range(130))
    for n in range(9):
        assert [e.seq for e in read if e.context == f"c{n}"] == list(
            range(1, 131 // 9 + (n < 131 % 9 - 1) + 1)
        )


def test_a_page_is_read_to_its_last_event(employees):
    employees.append_many(NewEvent("bob", {"overtime": n}) for n in range(120))
    assert [event.seq for event in employees.feed(limit=200)] == list(range(1, 121))


def test_a_position_stays_and_is_shown_by_the_history(employees):
    appended = employees.append("bob", overtime=1)
    assert appended.position is None
    (read,) = employees.feed()

    assert next(employees.history("bob")) == read
    assert employees.feed(after=read.position) == []


@pytest.mark.parametrize("made", [1, 2])
def test_a_reader_who_finds_that_another_gave_the_positions_reads_them(employees, made):
    # The worst moments: it has found nothing to read, or no page at all, and goes on after the other's page.
    employees.append("bob", overtime=1)
    steps = employees._store.feed(after=None, limit=10)
    answer, read = next(steps)(), None
    for _ in range(made - 1):
        answer = steps.send(answer)()
    assert len(employees.feed()) == 1

    while read is None:
        try:
            answer = steps.send(answer)()
        except StopIteration as end:
            read = end.value

    assert [event.context for event in read] == ["bob"]


def test_an_empty_feed_is_empty(employees):
    assert employees.feed() == employees.feed(after=0) == []


@pytest.mark.parametrize("after", [2, 99, 2**63, 10**40])
def test_a_position_that_was_never_given_is_refused(employees, after):
    """Somebody was further in this log before it was restored: what comes next would be missed."""
    employees.append("bob", overtime=1)
    assert len(employees.feed()) == 1
    employees.append("bob", overtime=1)

    with pytest.raises(OsirisError, match=rf"after={after}"):
        employees.feed(after=after)


@pytest.mark.parametrize("limit", [99, 100, 101])
def test_a_page_that_ends_near_that_of_the_table_is_followed_by_the_next(employees, limit):
    employees.append_many(NewEvent("bob", {"overtime": n}) for n in range(205))

    assert [event.position for event in follow(employees, limit)] == list(range(1, 206))


def test_long_contexts_make_shorter_pages(employees):
    """100 of them would be 427 KB in an item, which holds 410; JSON writes a control character as six characters."""
    contexts = [f"{n:04}" + "\x01" * 446 + "ä" * 799 for n in range(120)]
    employees.append_many(NewEvent(context, {"overtime": 1}) for context in contexts)

    assert [event.position for event in follow(employees)] == list(range(1, 121))


def without_the_pages(dynamodb, prefix):
    table = f"{prefix}dynamo_employee_index"
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("key", "position")})


def of_an_earlier_moment(dynamodb, prefix):
    table = f"{prefix}dynamo_employee_index"
    pages = dynamodb.scan(TableName=table)["Items"]
    last = max(pages, key=lambda item: int(item["position"]["N"]))
    dynamodb.delete_item(TableName=table, Key={name: last[name] for name in ("key", "position")})


@pytest.mark.parametrize("lost", [without_the_pages, of_an_earlier_moment])
@pytest.mark.parametrize("archived", [False, True])
def test_a_log_whose_feed_was_lost_is_refused(open_on_dynamodb, dynamodb, prefix, lost, archived):
    employees = open_on_dynamodb(Employee)
    for _ in range(2):
        employees.append("bob", overtime=1)
        employees.feed()
    if archived:
        employees.snapshot("bob")
        assert employees.archive(keep=0) == 2
    lost(dynamodb, prefix)
    restored = open_on_dynamodb(Employee)
    restored.append("bob", overtime=1)

    with pytest.raises(OsirisError, match=rf"{prefix}dynamo_employee_index.*Restore all tables"):
        restored.feed()


@pytest.mark.parametrize("late", [[], ["jane"]])
def test_where_a_whole_feed_was_lost_no_new_event_need_follow_one_of_it(
    open_on_dynamodb, dynamodb, prefix, late
):
    employees = open_on_dynamodb(Employee)
    employees.append("bob", overtime=1)
    employees.feed()
    without_the_pages(dynamodb, prefix)
    employees.append_many(NewEvent(context, {"overtime": 1}) for context in late)

    with pytest.raises(OsirisError, match=rf"{prefix}dynamo_employee_index.*Restore all tables"):
        open_on_dynamodb(Employee).feed()


def test_events_of_given_times_come_by_time_and_in_a_context_by_seq(employees):
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    for context, days in (("bob", [5, 1, 3]), ("jane", [2, 4])):
        employees.append_many(
            NewEvent(context, {"overtime": 1}, recorded_at=monday + timedelta(days=day)) for day in days
        )

    assert [(e.context, e.seq) for e in follow(employees)] == [
        ("bob", 1),
        ("jane", 1),
        ("bob", 2),
        ("jane", 2),
        ("bob", 3),
    ]


def test_a_long_stream_written_against_the_clock_is_sequenced_too(employees):
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    employees.append_many(
        NewEvent("bob", {"overtime": 1}, recorded_at=monday - timedelta(days=n)) for n in range(250)
    )

    assert [event.seq for event in follow(employees)] == list(range(1, 251))


# --- what the index does not show yet -------------------------------------------------------------------------------


def hiding(dynamodb: Any, hidden: set[tuple[str, int]], *, stale: bool = False) -> Any:
    """The client before its index has caught up: some entries are not there yet, or entries of old still are."""
    remembered: dict[tuple[str, int], Any] = {}

    def query(**arguments: Any) -> Any:
        answer = dynamodb.query(**arguments)
        if arguments.get("IndexName") == "unsequenced":
            found = {(i["context"]["S"], int(i["seq"]["N"])): i for i in answer["Items"]}
            remembered.update(found)
            shown = remembered if stale else found
            shard = arguments["ExpressionAttributeValues"][":shard"]
            answer["Items"] = [i for k, i in shown.items() if k not in hidden and i["unsequenced"] == shard]
        return answer

    return Client(dynamodb, query=query)


def test_an_event_that_the_index_shows_before_its_predecessor_waits_for_it(
    employees, open_on_dynamodb, dynamodb
):
    employees.append_many(NewEvent("bob", {"overtime": n}) for n in range(6))
    lagging = open_on_dynamodb(Employee, hiding(dynamodb, {("bob", 1), ("bob", 4)}))

    assert [event.seq for event in follow(lagging, 2)] == [1, 2, 3, 4, 5, 6]


def test_an_event_that_the_index_does_not_show_comes_later_and_behind(employees, open_on_dynamodb, dynamodb):
    employees.append_many([NewEvent("bob", {}), NewEvent("jane", {}), NewEvent("bob", {})])
    hidden = {("bob", 2)}
    lagging = open_on_dynamodb(Employee, hiding(dynamodb, hidden))
    first = lagging.feed()
    hidden.clear()

    assert [(e.context, e.seq) for e in first] == [("bob", 1), ("jane", 1)]
    assert [(e.context, e.seq) for e in lagging.feed(after=first[-1].position)] == [("bob", 2)]


def test_what_the_index_still_shows_is_not_sequenced_twice(employees, open_on_dynamodb, dynamodb):
    lagging = open_on_dynamodb(Employee, hiding(dynamodb, set(), stale=True))
    for n in range(12):
        employees.append(f"c{n % 2}", overtime=n)
        lagging.feed(limit=5)

    assert [event.position for event in follow(lagging)] == list(range(1, 13))
    assert len({(e.context, e.seq) for e in follow(employees)}) == 12


# --- crashes and races ----------------------------------------------------------------------------------------------


class Crash(Exception):
    pass


@pytest.mark.parametrize("operation", ["put_item", "transact_write_items", "update_item"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reader_that_dies_leaves_a_feed_that_the_next_one_finishes(
    employees, open_on_dynamodb, dynamodb, operation, when
):
    def crash(**arguments: Any) -> Any:
        if when == "after":
            getattr(dynamodb, operation)(**arguments)
        raise Crash

    dying = open_on_dynamodb(Employee, Client(dynamodb, **{operation: crash}))
    for n in range(15):
        employees.append(f"c{n % 4}", overtime=n)
        if n % 5 == 2:
            with pytest.raises(Crash):
                dying.feed()

    assert [event.position for event in follow(employees)] == list(range(1, 16))
    assert len({(e.context, e.seq) for e in follow(employees)}) == 15


def test_a_reader_that_was_overtaken_at_each_step_gives_no_position_twice(
    employees, open_on_dynamodb, dynamodb
):
    """Another reader reads all of the feed, and another event comes, before each write of this one."""
    other = open_on_dynamodb(Employee)

    def overtaken(operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            other.feed()
            other.append("late", overtime=1)
            return getattr(dynamodb, operation)(**arguments)

        return call

    operations = ("put_item", "transact_write_items", "update_item", "batch_get_item")
    slow = open_on_dynamodb(Employee, Client(dynamodb, **{name: overtaken(name) for name in operations}))
    for n in range(5):
        employees.append(f"c{n}", overtime=n)
        slow.feed(limit=3)
    read = follow(employees)

    assert [event.position for event in read] == list(range(1, len(read) + 1))
    appended = {(state.id, seq) for state in employees.states() for seq in range(1, state.seq + 1)}
    assert sorted((e.context, e.seq) for e in read) == sorted(appended)


def test_readers_and_writers_at_once_agree_on_one_order(dynamodb_url, prefix, open_on_dynamodb, racers):
    """Two processes read while two append."""
    employees = open_on_dynamodb(Employee)
    times, writers = 15, 2
    contexts = ["hot", *(f"c{n}" for n in range(6))]
    expected = times * writers
    reading = [racers.submit(read_the_feed, dynamodb_url, prefix, expected) for _ in range(2)]
    writing = [
        racers.submit(append_one_by_one, dynamodb_url, prefix, worker, contexts, times)
        for worker in range(writers)
    ]
    appended = sorted(place for told in writing for place in told.result())
    feeds = [read.result() for read in reading]

    assert feeds[0] == feeds[1] == places(follow(employees))
    assert [position for position, *_ in feeds[0]] == list(range(1, expected + 1))
    assert sorted((context, seq) for _, context, seq in feeds[0]) == appended
    for context in contexts:
        seqs = [seq for _, found, seq in feeds[0] if found == context]
        assert seqs == sorted(seqs)


def test_an_appender_that_is_held_up_is_not_missed(employees, open_on_dynamodb, dynamodb):
    """It has chosen its place, and time, long before it writes."""
    chosen, go = threading.Event(), threading.Event()

    def held_up(**arguments: Any) -> Any:
        chosen.set()
        assert go.wait(60)
        return dynamodb.put_item(**arguments)

    slow = open_on_dynamodb(Employee, Client(dynamodb, put_item=held_up))
    writer = threading.Thread(target=lambda: slow.append("slow", overtime=1))
    writer.start()
    assert chosen.wait(60)
    time.sleep(0.01)  # the others are recorded later
    employees.append_many(NewEvent(f"c{n}", {"overtime": 1}) for n in range(5))
    before = follow(employees)
    go.set()
    writer.join()
    after = follow(employees)

    assert places(after[:5]) == places(before)
    assert [(e.position, e.context) for e in after[5:]] == [(6, "slow")]


# --- archive and erasure --------------------------------------------------------------------------------------------


def test_the_feed_is_the_same_when_events_are_archived(open_on_dynamodb):
    profiles = open_on_dynamodb(Profile)
    profiles.append_many(NewEvent(f"c{n % 3}", {"salary": n}) for n in range(30))
    before = profiles.feed(limit=10)
    profiles.snapshots()
    assert profiles.archive(before=datetime.now(UTC) + timedelta(hours=1)) == 30

    after = follow(profiles)
    assert after[:10] == before
    assert [event.position for event in after] == list(range(1, 31))
    assert {event.fields["salary"] for event in after} == set(range(30))


def test_erased_events_are_gone_from_the_feed_and_move_no_other(employees):
    employees.append_many(NewEvent(f"c{n % 3}", {"overtime": n}) for n in range(30))
    before = follow(employees)
    employees.append_many(NewEvent(f"c{n % 3}", {"overtime": n}) for n in range(30, 36))
    employees.erase("c1")
    after = follow(employees)

    assert after[:20] == [event for event in before if event.context != "c1"]
    assert sorted(event.fields["overtime"] for event in after[20:]) == [30, 32, 33, 35]
    assert follow(employees, 1) == after


def test_the_tables_of_one_model_have_a_feed_of_their_own(dynamodb, prefix, employees):
    others = DynamoRepository(Employee, dynamodb, table_prefix=f"{prefix}b_")
    others.create()
    employees.append("bob", overtime=1)

    assert others.feed() == []
