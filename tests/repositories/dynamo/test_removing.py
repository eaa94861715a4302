"""Archiving and erasing on DynamoDB: content goes, slots stay, and a crash or a race leaves nothing in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from sqla_osiris import ContextErased, DynamoRepository, NewEvent, OsirisError
from tests.repositories.dynamo.fixtures import Client
from tests.repositories.dynamo.models import Profile
from tests.stores.small_pages import with_small_answers

LATER = datetime(2100, 1, 1, tzinfo=UTC)
TABLES = ("event", "archive", "index")


@pytest.fixture
def profiles(open_on_dynamodb):
    return open_on_dynamodb(Profile)


class Crash(Exception):
    pass


def items(dynamodb: Any, prefix: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dynamodb.scan(TableName=f"{prefix}dynamo_profile_{table}")["Items"]
    return found


def fill(repository: Any, name: str = "bob", events: int = 12) -> None:
    repository.append_many(
        NewEvent(name, {"title": f"secret {n}", "salary": n}, event_id=UUID(int=n) if n % 2 else None)
        for n in range(events)
    )


def seen(repository: Any, name: str = "bob") -> Any:
    state = repository.state(name)
    return (state and (state.seq, state.title, state.salary), list(repository.history(name)))


def crashing(dynamodb: Any, survive: int) -> Any:
    """The client of a process that dies at its write number `survive` + 1, half of the time after it."""
    left: Iterator[int] = iter(range(survive))

    def writing(operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            if next(left, None) is None:
                if survive % 2:
                    getattr(dynamodb, operation)(**arguments)
                raise Crash
            return getattr(dynamodb, operation)(**arguments)

        return call

    operations = ("put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item")
    return Client(dynamodb, **{operation: writing(operation) for operation in operations})


def test_an_archive_changes_no_state_and_no_history(profiles, open_on_dynamodb, dynamodb, prefix):
    fill(profiles)
    fill(profiles, "jane", 2)
    profiles.snapshot("bob")
    profiles.append("bob", salary=100)
    before = seen(profiles), seen(profiles, "jane")
    told: list[int] = []

    assert profiles.archive(before=LATER, progress=told.append) == 12
    assert told[-1] == 12
    assert profiles.archive(before=LATER) == 0
    for repository in (profiles, open_on_dynamodb(Profile)):
        assert (seen(repository), seen(repository, "jane")) == before
        assert list(repository.history("bob", after=5)) == before[0][1][5:]
    assert len(items(dynamodb, prefix, "archive")) == 12
    assert not [i for i in items(dynamodb, prefix, "event") if "fields" in i and "archived" in i]
    assert profiles.append("bob", salary=1, event_id=UUID(int=3)).seq == 4  # its identity is still known
    assert profiles.verify()


def test_an_archive_of_what_was_recorded_before_ends_at_the_first_event_that_stays(
    profiles, open_on_dynamodb, dynamodb
):
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    profiles.append_many(
        NewEvent("bob", {"salary": 1}, recorded_at=monday + timedelta(days=day)) for day in (0, 5, 1, 1)
    )
    profiles.snapshot("bob")
    paged = open_on_dynamodb(Profile, with_small_answers(dynamodb, lambda: 2))

    assert paged.archive(before=monday + timedelta(days=2)) == 1


def test_a_long_stream_is_archived_in_parts(profiles):
    profiles.append_many(NewEvent("bob", {"title": "x" * 30_000, "salary": 1}) for _ in range(130))
    profiles.snapshot("bob")

    assert profiles.archive(before=LATER) == 130
    assert sum(event.fields["salary"] for event in profiles.history("bob")) == 130


@pytest.mark.parametrize("survive", [0, 1])
def test_an_archive_that_crashed_is_taken_up_again(profiles, open_on_dynamodb, dynamodb, survive):
    profiles.append_many(NewEvent("bob", {"salary": n}) for n in range(120))
    profiles.snapshot("bob")
    before = seen(profiles)
    with pytest.raises(Crash):
        open_on_dynamodb(Profile, crashing(dynamodb, survive)).archive(before=LATER)

    assert seen(profiles) == before
    left = profiles.archive(before=LATER)
    assert left == 120 - 50 * (2 * survive)
    assert seen(profiles) == before


def test_an_archive_that_meets_another_one_moves_the_rest(profiles, open_on_dynamodb, dynamodb):
    fill(profiles)
    profiles.snapshot("bob")
    before = seen(profiles)
    once = iter([None])

    def meanwhile(**arguments: Any) -> Any:
        for _ in once:
            assert profiles.archive(keep=7) == 5
        return dynamodb.transact_write_items(**arguments)

    slow = open_on_dynamodb(Profile, Client(dynamodb, transact_write_items=meanwhile))

    assert slow.archive(before=LATER) == 7
    assert seen(profiles) == before


def test_events_that_are_restored_while_their_content_is_looked_for_are_read(
    profiles, open_on_dynamodb, dynamodb
):
    fill(profiles)
    profiles.snapshot("bob")
    before = list(profiles.history("bob"))
    profiles.archive(before=LATER)

    def query(**arguments: Any) -> Any:
        if arguments["TableName"].endswith("_archive"):
            profiles.restore("bob")
        return dynamodb.query(**arguments)

    assert list(open_on_dynamodb(Profile, Client(dynamodb, query=query)).history("bob")) == before


def test_a_writer_that_was_held_up_meets_the_slots_of_what_was_archived(profiles, open_on_dynamodb):
    slow = open_on_dynamodb(Profile)
    slow.append("bob", salary=1)
    profiles.append_many(NewEvent("bob", {"salary": 1}) for _ in range(10))
    profiles.snapshot("bob")
    profiles.archive(before=LATER)

    assert slow.append("bob", salary=1).seq == 12
    assert [event.seq for event in profiles.history("bob")] == list(range(1, 13))


@pytest.mark.parametrize("archived", [False, True])
def test_an_erased_stream_leaves_nothing_but_its_slots(
    profiles, open_on_dynamodb, dynamodb, prefix, archived
):
    fill(profiles)
    fill(profiles, "jane")
    profiles.snapshot("bob")
    profiles.feed(limit=5)
    if archived:
        profiles.archive(before=LATER)
    fill(profiles, "bob", 14)  # two of them with an identity that is not there yet

    removed = len(list(profiles.history("bob")))
    assert profiles.erase("bob") == removed
    assert profiles.erase("bob") == 0
    for repository in (profiles, open_on_dynamodb(Profile)):
        assert seen(repository) == (None, [])
        assert repository.state("bob", at=1) is None
        assert [state.id for state in repository.states()] == ["jane"]
        with pytest.raises(ContextErased):
            repository.append("bob", salary=1, event_id=UUID(int=1))
    for table in TABLES:
        for item in items(dynamodb, prefix, table):
            if item["context"]["S"] == "bob" if "context" in item else False:
                assert item.keys() <= {"context", "seq", "erased", "recorded_at"}
    assert profiles.snapshot("bob") is None
    assert profiles.verify()
    assert seen(profiles, "jane")[0][0] == 12


@pytest.mark.parametrize("survive", range(8))
def test_an_erasure_that_crashed_is_taken_up_again(profiles, open_on_dynamodb, dynamodb, prefix, survive):
    fill(profiles, events=40)
    profiles.snapshot("bob")
    profiles.archive(before=LATER)
    fill(profiles, events=60)
    try:
        open_on_dynamodb(Profile, crashing(dynamodb, survive)).erase("bob")
    except Crash:
        profiles.erase("bob")

    assert profiles.erase("bob") == 0
    assert not items(dynamodb, prefix, "archive")
    assert not items(dynamodb, prefix, "index")
    assert {frozenset(i) for i in items(dynamodb, prefix, "event")} == {
        frozenset({"context", "seq", "erased"}),
        frozenset({"context", "seq", "erased", "recorded_at"}),
    }


def test_an_appender_that_races_the_tombstone_is_erased_or_told(profiles, open_on_dynamodb, dynamodb):
    racing = open_on_dynamodb(Profile)
    racing.append("bob", salary=1)
    told: list[str] = []

    def raced(**arguments: Any) -> Any:
        if len(told) < 3:
            told.append("appended")
            racing.append("bob", salary=1)
        answer = dynamodb.put_item(**arguments)
        with pytest.raises(ContextErased):
            racing.append("bob", salary=1)
        told.append("refused")
        return answer

    assert open_on_dynamodb(Profile, Client(dynamodb, put_item=raced)).erase("bob") == 4
    assert told == ["appended"] * 3 + ["refused"]
    assert seen(profiles) == (None, [])


@pytest.mark.parametrize("work", ["snapshot", "archive"])
def test_what_read_before_an_erasure_writes_nothing_after_it(
    profiles, open_on_dynamodb, dynamodb, prefix, work
):
    fill(profiles)
    if work == "archive":
        profiles.snapshot("bob")

    def late(**arguments: Any) -> Any:
        profiles.erase("bob")
        return dynamodb.transact_write_items(**arguments)

    slow = open_on_dynamodb(Profile, Client(dynamodb, transact_write_items=late))
    _ = slow.snapshot("bob") if work == "snapshot" else slow.archive(before=LATER)

    assert not items(dynamodb, prefix, "archive")
    assert all("erased" in item for item in items(dynamodb, prefix, "event"))


def test_an_erasure_that_meets_an_archiver_leaves_no_copy(profiles, open_on_dynamodb, dynamodb, prefix):
    fill(profiles)
    profiles.snapshot("bob")
    once = iter([None])

    def meanwhile(**arguments: Any) -> Any:
        for _ in once:
            profiles.archive(before=LATER)
        return dynamodb.batch_write_item(**arguments)

    open_on_dynamodb(Profile, Client(dynamodb, batch_write_item=meanwhile)).erase("bob")

    assert not items(dynamodb, prefix, "archive")
    assert not items(dynamodb, prefix, "index")
    assert all("erased" in item for item in items(dynamodb, prefix, "event"))


def test_a_table_of_another_kind_is_not_taken_for_ours(dynamodb, new_prefix):
    dynamodb.create_table(
        TableName=f"{new_prefix}dynamo_profile_event",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(OsirisError, match="table_prefix"):
        DynamoRepository(Profile, dynamodb, table_prefix=new_prefix).create()
