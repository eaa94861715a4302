"""States and histories on DynamoDB: one query down to the snapshot, whatever is archived, stale or large."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import inspect

from sqla_osiris import InvalidValue, MemoryRepository, NewEvent
from tests.repositories.dynamo.fixtures import Client
from tests.repositories.dynamo.models import Diary, Employee, Kept, Profile, Unfolded

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def employees(open_on_dynamodb):
    return open_on_dynamodb(Employee)


def seen(state: Any) -> Any:
    """All that a state shows."""
    if state is None:
        return None
    return {attribute.key: getattr(state, attribute.key) for attribute in inspect(type(state)).column_attrs}


def test_a_state_is_the_models_own_class_and_detached(employees):
    employees.append("bob", title="VP", overtime=3)
    bob = employees.state("bob")

    assert isinstance(bob, Employee)
    assert seen(bob) == {"id": "bob", "seq": 1, "title": "VP", "overtime": 3}
    assert not inspect(bob).session
    assert employees.state("jane") is None


def test_a_history_is_read_page_by_page(open_on_dynamodb, costs):
    notes = open_on_dynamodb(Unfolded)
    notes.append_many(NewEvent("bob", {"title": "x" * 200_000}) for _ in range(12))
    assert [event.seq for event in notes.history("bob", after=3)] == list(range(4, 13))
    assert [name for name, *_ in costs.calls].count("Query") >= 3
    assert notes.state("bob").seq == 12
    assert [state.seq for state in notes.states()] == [12]


# --- snapshots ------------------------------------------------------------------------------------------------------

TOUCHES: list[dict[str, Any]] = [
    {"title": "a", "salary": 1, "bonus": Decimal("0.10"), "best": "ü", "document": {"a": {"b": 1}, "c": 1.0}},
    {
        "title": None,
        "worst": MONDAY,
        "hired": date(2026, 1, 2),
        "visits": 7,
        "document": {"a": {"b": None, "d": True}},
    },
    {"salary": -5, "bonus": Decimal("0.20"), "best": "z", "worst": MONDAY - timedelta(days=1), "visits": 1},
    {"hired": date(2020, 1, 1), "document": {"a": 3}},
    {"document": {"a": {"e": [1, None]}}},
]


@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_a_snapshot_changes_no_state(open_on_dynamodb, every):
    profiles, memory = open_on_dynamodb(Profile), MemoryRepository(Profile)
    for number, touches in enumerate(TOUCHES, 1):
        profiles.append("bob", **touches)
        memory.append("bob", **touches)
        if number % every == 0:
            assert profiles.snapshot("bob") == number
        for repository in (profiles, open_on_dynamodb(Profile)):
            assert seen(repository.state("bob")) == seen(memory.state("bob"))
            assert [seen(state) for state in repository.states()] == [seen(memory.state("bob"))]
    assert profiles.verify()


def snapshots_in(dynamodb: Any, table: str) -> list[float]:
    return [float(i["seq"]["N"]) for i in dynamodb.scan(TableName=table)["Items"] if "folded" in i]


def test_a_read_takes_the_snapshot_that_is_due_and_replaces_the_older(open_on_dynamodb, dynamodb, prefix):
    profiles = open_on_dynamodb(Profile)
    table = f"{prefix}dynamo_profile_event"
    found = []
    for n in range(1, 8):
        profiles.append("bob", salary=1)
        profiles.state("bob")
        found.append((n, snapshots_in(dynamodb, table)))

    assert found == [(1, []), (2, []), (3, [2.5]), (4, [2.5]), (5, [2.5]), (6, [5.5]), (7, [5.5])]


@pytest.mark.parametrize(("model", "taken"), [(Employee, [19.5]), (Unfolded, [])])
def test_inline_means_every_twenty_and_never_means_never(open_on_dynamodb, dynamodb, prefix, model, taken):
    repository = open_on_dynamodb(model)
    repository.append_many(NewEvent("bob", {"title": "x"}) for _ in range(20))
    repository.state("bob")

    assert snapshots_in(dynamodb, f"{prefix}{model.__tablename__}_event") == taken


def test_a_read_does_not_fail_with_the_snapshot_it_would_take(open_on_dynamodb, dynamodb, caplog):
    def denied(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "TransactWriteItems")

    open_on_dynamodb(Profile).append_many(NewEvent("bob", {"salary": 1}) for _ in range(5))
    reader = open_on_dynamodb(Profile, Client(dynamodb, transact_write_items=denied))

    assert reader.state("bob").salary == 5
    assert "snapshot could not be stored: ClientError" in caplog.text


def test_all_snapshots_that_are_due_are_taken_once(open_on_dynamodb):
    profiles = open_on_dynamodb(Profile)
    profiles.append_many(NewEvent(f"c{n % 5}", {"salary": 1}) for n in range(13))
    told: list[int] = []

    assert profiles.snapshots(progress=told.append) == 3  # c0, c1 and c2 have three events
    assert told[-1] == 3
    assert profiles.snapshots() == 0
    assert profiles.verify()


def test_where_the_policy_is_inline_all_that_lag_behind_are_due(employees):
    employees.append_many(NewEvent(f"c{n % 3}", {"overtime": 1}) for n in range(4))

    assert (employees.snapshots(), employees.snapshots()) == (3, 0)


def test_a_snapshot_of_another_declaration_is_not_used(open_on_dynamodb):
    profiles, changed = open_on_dynamodb(Profile), open_on_dynamodb(Kept)
    for salary in (1, 7, 3, 5):
        profiles.append("bob", title="x", salary=salary)
    profiles.snapshot("bob")
    profiles.archive(before=datetime.now(UTC) + timedelta(hours=1))

    assert (changed.state("bob").salary, changed.state("bob").seq) == (7, 4)
    assert [state.salary for state in changed.states()] == [7]
    assert profiles.state("bob").salary == 16
    assert changed.verify()
    assert profiles.verify()


def test_verify_finds_what_a_snapshot_says_and_the_log_does_not(open_on_dynamodb, dynamodb, prefix):
    profiles = open_on_dynamodb(Profile)
    profiles.append_many(NewEvent(name, {"salary": 1}) for name in ("bob", "jane") for _ in range(4))
    profiles.snapshot("bob")
    profiles.snapshot("jane")
    table = f"{prefix}dynamo_profile_event"
    dynamodb.update_item(
        TableName=table,
        Key={"context": {"S": "bob"}, "seq": {"N": "3.5"}},
        UpdateExpression="SET accumulators.salary = :wrong",
        ExpressionAttributeValues={":wrong": {"N": "5"}},
    )
    dynamodb.delete_item(TableName=table, Key={"context": {"S": "jane"}, "seq": {"N": "2"}})

    report = profiles.verify()
    assert not report
    assert (report.contexts, report.events) == (2, 8)
    found = {(d.context, d.field, d.stored, d.folded) for d in report.differences}
    assert found == {("bob", "salary", 5, 4), ("jane", "seq", 3, 2), ("jane", "salary", 4, 3)}


# --- cost -----------------------------------------------------------------------------------------------------------


def test_a_state_with_a_snapshot_costs_one_query_of_one_read_unit(employees, open_on_dynamodb, costs):
    employees.append_many(NewEvent("bob", {"title": "x" * 20, "overtime": 1}) for _ in range(200))
    employees.snapshot("bob")
    employees.append("bob", overtime=1)

    for repository in (employees, open_on_dynamodb(Employee)):
        before = len(costs.calls)
        assert costs.of(lambda repository=repository: repository.state("bob")) == (1, 0)
        assert [name for name, *_ in costs.calls[before:]] == ["Query"]


def test_a_tail_costs_its_own_bytes(open_on_dynamodb, costs):
    notes = open_on_dynamodb(Unfolded)
    notes.append_many(NewEvent("bob", {"title": "x" * 900}) for _ in range(100))
    notes.snapshot("bob")
    notes.append_many(NewEvent("bob", {"title": "x" * 900}) for _ in range(30))

    reads, _ = costs.of(lambda: notes.state("bob"))
    assert reads == 8  # 31 events of 1 KB


def test_a_state_greater_than_an_item_is_read_without_a_snapshot(open_on_dynamodb, caplog):
    diaries = open_on_dynamodb(Diary)
    for _ in range(5):
        diaries.append("bob", notes=["x" * 150_000])

    assert [len(note) for note in diaries.state("bob").notes] == [150_000] * 5
    assert "a snapshot could not be stored: InvalidValue" in caplog.text
    with pytest.raises(InvalidValue, match="reducer that grows less"):
        diaries.snapshot("bob")
