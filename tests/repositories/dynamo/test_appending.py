"""Appends to DynamoDB: one conditional put each, which no crash, race or repeated request makes two or none of."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from botocore.exceptions import ClientError

from sqla_osiris import (
    ConcurrentAppend,
    ContextErased,
    DynamoRepository,
    InvalidValue,
    NewEvent,
    OsirisError,
    UnknownField,
)
from tests.repositories.dynamo.fixtures import Client
from tests.repositories.dynamo.models import Booking, Employee, Profile, Unfolded


@pytest.fixture
def employees(open_on_dynamodb):
    return open_on_dynamodb(Employee)


def seqs(repository: Any, context: Any) -> list[int]:
    return [event.seq for event in repository.history(context)]


def test_an_append_returns_the_event_as_it_is_stored(employees):
    meta = {"by": "jane", "n": [1, 1.0, True, None, "ü"]}
    appended = employees.append(
        "bob", title=None, overtime=3, event_id=uuid4(), event_type="worked", event_meta=meta
    )

    assert [appended] == list(employees.history("bob"))
    assert (appended.seq, appended.position, dict(appended.fields)) == (
        1,
        None,
        {"title": None, "overtime": 3},
    )
    assert repr(appended.event_meta) == repr(next(employees.history("bob")).event_meta)


def test_an_event_may_touch_nothing(employees):
    employees.append("bob")

    assert employees.state("bob").seq == 1


def test_a_repository_that_lags_behind_another_takes_the_next_seq(employees, open_on_dynamodb):
    other = open_on_dynamodb(Employee)
    for _ in range(3):
        employees.append("bob", overtime=1)
        other.append("bob", overtime=1)
        other.append("bob", overtime=1)

    assert seqs(employees, "bob") == list(range(1, 10))


@pytest.mark.parametrize(("stands_at", "expected"), [(0, 1), (2, 0), (2, 1), (2, 3)])
def test_a_stale_append_is_refused_and_changes_nothing(employees, open_on_dynamodb, stands_at, expected):
    for _ in range(stands_at):
        employees.append("bob", overtime=1)

    for repository in (employees, open_on_dynamodb(Employee)):
        with pytest.raises(ConcurrentAppend) as refused:
            repository.append("bob", overtime=1, expected_seq=expected)
        assert (refused.value.expected_seq, refused.value.found_seq) == (expected, stands_at or None)
    assert len(seqs(employees, "bob")) == stands_at


def test_an_expected_seq_that_a_lagging_repository_has_not_seen_is_right(employees, open_on_dynamodb):
    open_on_dynamodb(Employee).append("bob", overtime=1)
    employees.append("bob", overtime=1)
    open_on_dynamodb(Employee).append("bob", overtime=1)

    assert employees.append("bob", overtime=1, expected_seq=3).seq == 4
    assert employees.append("jane", overtime=1, expected_seq=0).seq == 1


def test_the_same_event_id_is_appended_once_and_answered_with_the_event_of_then(employees, open_on_dynamodb):
    identity = uuid4()
    first = employees.append("bob", overtime=3, event_id=identity)
    employees.append("bob", overtime=1)

    again = [r.append("bob", overtime=9, event_id=identity) for r in (employees, open_on_dynamodb(Employee))]
    stale = employees.append("bob", overtime=9, event_id=identity, expected_seq=0)

    assert [*again, stale] == [first] * 3
    assert employees.append("jane", event_id=identity).seq == 1  # another stream's identities are its own
    assert seqs(employees, "bob") == [1, 2]


def test_a_request_that_the_sdk_repeats_is_one_event(dynamodb, open_on_dynamodb):
    def twice(**arguments: Any) -> Any:
        dynamodb.put_item(**arguments)  # its answer is lost
        return dynamodb.put_item(**arguments)

    employees = open_on_dynamodb(Employee, Client(dynamodb, put_item=twice))
    appended = [employees.append("bob", overtime=1).seq for _ in range(3)]

    assert (appended, seqs(employees, "bob")) == ([1, 2, 3], [1, 2, 3])


def test_time_never_goes_back_inside_a_context(open_on_dynamodb):
    moments = iter([datetime(2026, 1, day, tzinfo=UTC) for day in (3, 1, 2, 4)])
    employees = open_on_dynamodb(Employee, clock=lambda: next(moments))

    days = [employees.append("bob", overtime=1).recorded_at.day for _ in range(4)]

    assert days == [3, 3, 3, 4]


@pytest.mark.parametrize("repository", ["fresh", "remembering"])
def test_an_erased_context_takes_no_event(employees, open_on_dynamodb, repository):
    employees.append("bob", overtime=1)
    appending = employees if repository == "remembering" else open_on_dynamodb(Employee)
    open_on_dynamodb(Employee).erase("bob")

    for call in (
        lambda: appending.append("bob", overtime=1),
        lambda: appending.append("bob", overtime=1, expected_seq=0),
        lambda: appending.append("bob", overtime=1, event_id=uuid4()),
        lambda: appending.append_many([NewEvent("jane", {"overtime": 1}), NewEvent("bob", {"overtime": 1})]),
    ):
        with pytest.raises(ContextErased, match="'bob'"):
            call()
    assert seqs(employees, "jane") == []  # of a chunk, all or nothing


@pytest.mark.parametrize(
    ("context", "fields", "error"),
    [
        ("", {}, InvalidValue),
        (None, {}, InvalidValue),
        ("x" * 2049, {}, InvalidValue),
        ("ü" * 1025, {}, InvalidValue),
        ("nul\x00", {}, InvalidValue),
        (("a", "b"), {}, InvalidValue),
        ("bob", {"overtime": "3"}, InvalidValue),
        ("bob", {"overtime": None}, InvalidValue),
        ("bob", {"overtime": 2**31}, InvalidValue),
        ("bob", {"title": "x" * 400 * 1024}, InvalidValue),
        ("bob", {"salary": 1}, UnknownField),
    ],
)
def test_what_cannot_be_stored_is_refused_before_anything_is_written(
    employees, costs, context, fields, error
):
    with pytest.raises(error):
        employees.append(context, **fields)
    with pytest.raises(error):
        employees.append_many([NewEvent("jane", {}), NewEvent(context, fields)])

    assert [name for name, *_ in costs.calls if name != "Query"] == []
    assert list(employees.states()) == []


def test_contexts_of_several_columns_are_not_confused(open_on_dynamodb):
    bookings = open_on_dynamodb(Booking)
    contexts = [("a", 1), ('a",1', 1), ("", 11), ("a,1", 1), ("1", 1), ("ü", -1)]
    for number, context in enumerate(contexts):
        bookings.append(context, guest=str(number))

    assert {(s.hotel, s.room): s.guest for s in bookings.states()} == {
        c: str(n) for n, c in enumerate(contexts)
    }
    assert [bookings.state(context).guest for context in contexts] == list("012345")


def test_a_missing_table_is_named_with_what_to_do(dynamodb, new_prefix):
    employees = DynamoRepository(Employee, dynamodb, table_prefix=new_prefix)

    for call in (
        lambda: employees.append("bob", overtime=1),
        lambda: employees.append("bob", overtime=1, expected_seq=0, event_id=uuid4()),
        lambda: employees.state("bob"),
        lambda: list(employees.states()),
        employees.feed,
    ):
        with pytest.raises(OsirisError, match=rf"{new_prefix}dynamo_employee_.*create\(\)"):
            call()


# --- many at once ---------------------------------------------------------------------------------------------------


def test_many_events_are_appended_in_order_and_told_about(employees):
    told: list[int] = []
    events = (NewEvent(f"c{n % 3}", {"overtime": n}) for n in range(250))

    assert employees.append_many(events, progress=told.append) == 250
    assert told == [100, 200, 250]
    for remainder in range(3):
        touches = [event.fields["overtime"] for event in employees.history(f"c{remainder}")]
        assert touches == [n for n in range(250) if n % 3 == remainder]


def test_many_events_can_be_repeated_after_a_crash(employees, open_on_dynamodb):
    events = [NewEvent(f"c{n % 7}", {"overtime": 1}, event_id=UUID(int=n)) for n in range(120)]

    def failing():
        yield from events[:80]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="broke"):
        employees.append_many(failing())
    written = sum(state.seq for state in employees.states())
    rest = open_on_dynamodb(Employee).append_many([*events, *events[:10]])

    assert written == 50  # one transaction: each event_id is an item too
    assert written + rest == 120 == sum(state.overtime for state in employees.states())


def test_large_events_are_split_into_transactions_that_dynamodb_takes(open_on_dynamodb):
    notes = open_on_dynamodb(Unfolded)
    assert notes.append_many(NewEvent("bob", {"title": f"{n}" + "ü" * 150_000}) for n in range(25)) == 25

    assert seqs(notes, "bob") == list(range(1, 26))
    assert notes.state("bob").title.startswith("24ü")


def test_a_chunk_that_meets_other_writers_is_written_behind_them(dynamodb, open_on_dynamodb):
    other = open_on_dynamodb(Employee)
    races = iter(range(3))

    def slow(**arguments: Any) -> Any:
        if next(races, None) is not None:
            other.append("bob", overtime=100)
        return dynamodb.transact_write_items(**arguments)

    employees = open_on_dynamodb(Employee, Client(dynamodb, transact_write_items=slow))
    employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(10))

    assert [event.fields["overtime"] for event in employees.history("bob")] == [100] * 3 + [1] * 10


@pytest.mark.parametrize(
    ("operation", "event_id", "conflict"),
    [
        ("put_item", None, {"Error": {"Code": "TransactionConflictException"}}),
        (
            "transact_write_items",
            UUID(int=1),
            {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
            },
        ),
    ],
)
def test_a_write_that_met_another_ones_transaction_is_sent_again(
    dynamodb, open_on_dynamodb, operation, event_id, conflict
):
    """DynamoDB answers so, and DynamoDB Local never does."""
    meets = iter(range(2))

    def refused(**arguments: Any) -> Any:
        if next(meets, None) is not None:
            raise ClientError(conflict, operation)
        return getattr(dynamodb, operation)(**arguments)

    employees = open_on_dynamodb(Employee, Client(dynamodb, **{operation: refused}))

    assert employees.append("bob", overtime=1, event_id=event_id).seq == 1
    assert seqs(employees, "bob") == [1]


# --- cost -----------------------------------------------------------------------------------------------------------


def test_an_append_costs_two_write_units_and_at_most_one_read_unit(employees, open_on_dynamodb, costs):
    title = "x" * 700
    assert costs.of(lambda: employees.append("bob", title=title, expected_seq=0)) == (0, 2)
    assert costs.of(lambda: employees.append("bob", title=title, overtime=3, event_type="t")) == (0, 2)
    assert costs.of(lambda: open_on_dynamodb(Employee).append("bob", title=title)) == (1, 2)
    assert costs.of(lambda: employees.append("bob", title=title)) <= (
        1,
        2,
    )  # it lagged: one lost put, uncounted


def test_a_slot_that_was_given_a_time_of_its_own_is_not_taken_twice(employees):
    past = datetime.now(UTC) - timedelta(days=1)
    employees.append_many([NewEvent("bob", {"overtime": 1}, recorded_at=past)])
    employees.append("bob", overtime=1)

    assert [event.recorded_at > past for event in employees.history("bob")] == [False, True]


def test_an_append_does_not_pay_for_the_snapshot_it_stands_behind(open_on_dynamodb, costs):
    profiles = open_on_dynamodb(Profile)
    profiles.append_many(NewEvent("bob", {"document": {f"k{n}": "x" * 500}}) for n in range(20))
    profiles.snapshot("bob")

    assert costs.of(lambda: open_on_dynamodb(Profile).append("bob", salary=1)) == (1, 2)
