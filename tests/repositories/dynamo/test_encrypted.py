"""DynamoDB: what encrypted fields cost, and where their keys are."""

import pytest

from sqla_osiris import InvalidValue, NewEvent
from tests.stores.patients import MODELS, SECRET


@pytest.fixture
def patients(open_on_dynamodb):
    return open_on_dynamodb(MODELS[2])


def sent(costs, call):
    before = len(costs.calls)
    call()
    return [name for name, *_ in costs.calls[before:]]


def test_a_key_costs_two_requests_once_and_none_from_then_on(patients, open_on_dynamodb, costs):
    first = sent(costs, lambda: patients.append("bob", note=SECRET, expected_seq=0))
    assert first == ["BatchGetItem", "TransactWriteItems", "PutItem"]
    assert sent(costs, lambda: patients.append("bob", note=SECRET)) == ["PutItem"]
    assert costs.of(lambda: patients.append("bob", note=SECRET)) == (0, 2)
    other = open_on_dynamodb(MODELS[2])
    assert sent(costs, lambda: other.append("bob", note=SECRET)) == ["Query", "BatchGetItem", "PutItem"]
    assert sent(costs, lambda: other.append("bob", note=SECRET)) == ["PutItem"]


def test_an_event_without_a_value_to_encrypt_asks_for_no_key(patients, costs):
    patients.append("bob", visits=1)
    assert sent(costs, lambda: patients.append("bob", visits=1, note=None)) == ["PutItem"]
    assert sent(costs, lambda: patients.state("bob")) == ["Query"]


def test_a_transaction_of_new_contexts_asks_for_its_keys_at_once(patients, costs):
    events = [NewEvent(f"p{n}", {"note": SECRET}) for n in range(50)]
    calls = sent(costs, lambda: patients.append_many(events))
    assert [name for name in calls if name != "Query"] == [
        "BatchGetItem",
        "TransactWriteItems",
        "TransactWriteItems",
    ]
    assert sent(costs, lambda: patients.append_many(events)) == ["TransactWriteItems"]


def test_a_page_asks_for_its_keys_a_hundred_at_a_time(patients, costs):
    patients.append_many(NewEvent(f"p{n}", {"note": SECRET}) for n in range(150))
    assert sent(costs, lambda: patients.state("p1")) == ["Query", "BatchGetItem"]
    # A scan's last context is known to be whole when nothing follows it.
    assert sent(costs, lambda: list(patients.states())) == ["Scan", *["BatchGetItem"] * 3]
    assert sent(costs, lambda: list(patients.history("p1"))) == ["Query", "BatchGetItem"]


def test_a_value_that_is_too_large_encrypted_is_refused_before_a_key_is_made(
    dynamodb, open_on_dynamodb, costs
):
    patients = open_on_dynamodb(MODELS[2])
    for content in ({"a": "x" * 310_000}, {"a": "ä" * 160_000}):
        with pytest.raises(InvalidValue, match="409600"):
            patients.append("bob", details=content)
        with pytest.raises(InvalidValue, match="409600"):
            patients.append_many([NewEvent("bob", {"details": content})])
    assert "TransactWriteItems" not in [name for name, *_ in costs.calls]
    assert patients.append("bob", details={"a": "x" * 290_000}).seq == 1
    many = [NewEvent(f"p{n}", {"details": {"a": "x" * 250_000}}) for n in range(20)]
    assert patients.append_many(many) == 20  # in several transactions of 4 MB


def test_the_keys_are_items_of_a_table_of_their_own(patients, dynamodb, prefix):
    patients.append("bob", note=SECRET)
    patients.append("jane", note=SECRET)
    patients.erase("jane")
    items = dynamodb.scan(TableName=f"{prefix}secret_never_key")["Items"]
    bob, jane = sorted(items, key=lambda item: item["context"]["S"])
    assert bob.keys() == {"context", "key"}
    assert jane == {"context": {"S": "jane"}, "erased": {"BOOL": True}}
