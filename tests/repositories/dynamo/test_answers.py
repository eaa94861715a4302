"""DynamoDB: an answer that was cut off, or that says what was not done, loses and invents nothing."""

from itertools import cycle
from uuid import UUID

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, HTTPClientError

from sqla_osiris import ConcurrentAppend, ContextErased, MemoryRepository, NewEvent, OsirisError
from tests.repositories.dynamo.fixtures import Client
from tests.stores.models import Unfolded

OPERATIONS = [
    "query",
    "scan",
    "batch_get_item",
    "batch_write_item",
    "put_item",
    "update_item",
    "delete_item",
    "transact_write_items",
    "describe_table",
    "create_table",
]


def cut_off(dynamodb, operation, cuts):
    """The client, with answers of one operation that end before they begin: the SDK takes them for empty ones."""
    turns = iter(cuts)

    def call(**arguments):
        answer = getattr(dynamodb, operation)(**arguments)
        return {"ResponseMetadata": answer["ResponseMetadata"]} if next(turns) else answer

    return Client(dynamodb, **{operation: call})


def everything(repository):
    """Each call, and what it gives."""
    identity = UUID(int=1)
    told = [
        repository.append("bob", overtime=1, event_id=identity).seq,
        repository.append("bob", overtime=1, event_id=identity).seq,
        repository.append_many(
            NewEvent(f"c{n % 3}", {"overtime": n}, event_id=UUID(int=n)) for n in range(2, 14)
        ),
        len(repository.feed()),
        repository.snapshot("bob"),
        [repository.snapshot(f"c{n}") for n in range(3)],
        repository.archive(keep=1),
        repository.append("bob", overtime=1, event_id=identity).seq,
        [event.seq for event in repository.history("c1")],
        repository.restore("c1"),
        repository.redact("c1", 2, "overtime", reason="asked").seq,
        repository.erase("c2"),
        len(repository.feed(limit=10)),
    ]
    states = sorted((state.id, state.seq, state.overtime) for state in repository.states())
    some = [state.overtime for state in repository.states(["c1", "nobody"])]
    return told, states, some, repository.state("c1", at=3).overtime, repository.verify().differences


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_log_whose_answers_are_cut_off_is_the_same(open_on_dynamodb, dynamodb, operation):
    repository = open_on_dynamodb(Unfolded, cut_off(dynamodb, operation, cycle([True, False])))

    assert everything(repository) == everything(MemoryRepository(Unfolded))


def refusals_cut_off(dynamodb, operation):
    """The client, with every other refusal of one operation cut off before its reason: the SDK knows HTTP's number."""
    turns = cycle([True, False])

    def call(**arguments):
        try:
            return getattr(dynamodb, operation)(**arguments)
        except ClientError as error:
            if next(turns):
                raise ClientError({"Error": {"Code": "400", "Message": ""}}, error.operation_name) from error
            raise

    return Client(dynamodb, **{operation: call})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_log_whose_refusals_are_cut_off_is_the_same(open_on_dynamodb, dynamodb, operation):
    repository = open_on_dynamodb(Unfolded, refusals_cut_off(dynamodb, operation))

    assert everything(repository) == everything(MemoryRepository(Unfolded))
    with pytest.raises(ConcurrentAppend):
        repository.append("bob", overtime=1, expected_seq=7)
    with pytest.raises(ContextErased):
        repository.append("c2", overtime=1)


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("query", lambda r: r.state("bob")),
        ("query", lambda r: list(r.history("bob"))),
        ("scan", lambda r: list(r.states())),
        ("batch_get_item", lambda r: r.append("bob", overtime=1, event_id=UUID(int=1))),
        ("batch_write_item", lambda r: r.erase("bob")),
        ("describe_table", lambda r: r.create()),
    ],
)
def test_answers_that_are_always_cut_off_are_told(open_on_dynamodb, dynamodb, operation, call):
    open_on_dynamodb(Unfolded).append("bob", overtime=1, event_id=UUID(int=1))
    repository = open_on_dynamodb(Unfolded, cut_off(dynamodb, operation, cycle([True])))

    with pytest.raises(OsirisError, match=f"answers to {operation} were cut off 5 times"):
        call(repository)


class Cut:
    """The body of a reply that ended before it began."""

    def stream(self):
        return iter([b""])


@pytest.fixture
def within_its_headers(dynamodb):
    """Have the first reply to an operation end within the header of its checksum; the SDK's own code reads it."""
    registered = []

    def cut(operation, times=1):
        left = ["x"] * times

        def before_send(request, **_):
            return AWSResponse(request.url, 200, {"x-amz-crc32": ""}, Cut()) if left and left.pop() else None

        registered.append((f"before-send.dynamodb.{operation}", before_send))
        dynamodb.meta.events.register(*registered[-1])

    yield cut
    for event, handler in registered:
        dynamodb.meta.events.unregister(event, handler)


@pytest.mark.parametrize("operation", ["Query", "Scan", "BatchGetItem", "BatchWriteItem", "DescribeTable"])
def test_a_reply_that_ends_within_its_headers_is_asked_for_again(
    open_on_dynamodb, within_its_headers, operation
):
    repository = open_on_dynamodb(Unfolded)
    within_its_headers(operation)

    assert everything(repository) == everything(MemoryRepository(Unfolded))


def test_a_write_whose_reply_ends_within_its_headers_is_a_lost_connection(
    open_on_dynamodb, within_its_headers
):
    repository = open_on_dynamodb(Unfolded)
    within_its_headers("PutItem")

    with pytest.raises(HTTPClientError):
        repository.append("bob", overtime=1)
    assert repository.append("bob", overtime=1).seq == 1


def test_what_a_batch_leaves_unprocessed_is_written_in_the_next(open_on_dynamodb, dynamodb, prefix):
    repository = open_on_dynamodb(Unfolded)
    repository.append_many(NewEvent("bob", {"overtime": n}, event_id=UUID(int=n)) for n in range(1, 31))
    left = []

    def half(RequestItems):  # noqa: N803  (as boto3 spells it)
        ((table, requests),) = RequestItems.items()
        done, undone = requests[::2], requests[1::2]
        left.append(len(undone))
        dynamodb.batch_write_item(RequestItems={table: done})
        return {"UnprocessedItems": {table: undone} if undone else {}}

    assert open_on_dynamodb(Unfolded, Client(dynamodb, batch_write_item=half)).erase("bob") == 30

    assert left[0] == 12
    held = dynamodb.scan(TableName=f"{prefix}contract_unfolded_event")["Items"]
    assert [item for item in held if "fields" in item or "erased" not in item] == []
    assert dynamodb.scan(TableName=f"{prefix}contract_unfolded_index")["Items"] == []


def test_keys_that_an_answer_leaves_unprocessed_are_asked_for_again(open_on_dynamodb, dynamodb):
    open_on_dynamodb(Unfolded).append_many(NewEvent("bob", {"overtime": n}) for n in range(9))

    def half(RequestItems):  # noqa: N803  (as boto3 spells it)
        ((table, asked),) = RequestItems.items()
        done, undone = asked["Keys"][::2], asked["Keys"][1::2]
        answer = dynamodb.batch_get_item(RequestItems={table: asked | {"Keys": done}})
        return answer | {"UnprocessedKeys": {table: asked | {"Keys": undone}} if undone else {}}

    repository = open_on_dynamodb(Unfolded, Client(dynamodb, batch_get_item=half))

    assert [event.fields["overtime"] for event in repository.feed()] == list(range(9))
