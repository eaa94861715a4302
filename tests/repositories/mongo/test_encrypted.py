"""MongoDB: what encrypted fields cost, and where their keys are."""

from uuid import uuid4

import pytest
from pymongo import MongoClient

from sqla_osiris import InvalidValue, MongoRepository, NewEvent, rotate_master_key
from tests.repositories.mongo.test_log import Commands
from tests.stores.patients import MODELS, NEW, OLD, SECRET, beside, held, keys_of, with_master_key


@pytest.fixture
def commands(mongodb_url, mongodb_database):
    heard = Commands()
    with MongoClient(mongodb_url, event_listeners=[heard]) as client:
        heard.open = lambda: MongoRepository(MODELS[2], client[mongodb_database.name])
        heard.repository = heard.open()
        heard.repository.create()
        heard.repository.append("warm", visits=1)
        heard.names.clear()
        yield heard


def sent(commands, call):
    commands.names.clear()
    call()
    return commands.names[:]


def test_a_key_costs_two_round_trips_once_and_none_from_then_on(commands):
    patients = commands.repository
    first = sent(commands, lambda: patients.append("bob", note=SECRET))
    assert first == ["aggregate", "find", "insert", "findAndModify"]
    assert sent(commands, lambda: patients.append("bob", note=SECRET)) == ["findAndModify"]
    other = commands.open()
    other.state("warm")
    assert sent(commands, lambda: other.append("bob", note=SECRET)) == ["aggregate", "find", "findAndModify"]
    assert sent(commands, lambda: other.append("bob", note=SECRET)) == ["findAndModify"]


def test_an_event_without_a_value_to_encrypt_asks_for_no_key(commands):
    patients = commands.repository
    assert sent(commands, lambda: patients.append("warm", visits=1, note=None)) == ["findAndModify"]
    assert sent(commands, lambda: patients.state("warm")) == ["aggregate"]
    assert sent(commands, lambda: list(patients.history("warm"))) == ["find"]


def test_a_batch_stores_its_new_keys_in_its_transaction(commands):
    patients = commands.repository
    patients.append_many([NewEvent("warm", {"visits": 1})])  # what the deployment can do is asked once
    events = [NewEvent(f"p{n}", {"note": SECRET}) for n in range(300)]
    written = ["aggregate", "find", "insert", "insert", "commitTransaction"]
    assert sent(commands, lambda: patients.append_many(events)) == written
    assert sent(commands, lambda: patients.append_many(events)) == [
        "aggregate",
        "insert",
        "commitTransaction",
    ]


def test_a_batch_that_is_refused_leaves_no_key(commands):
    patients = commands.repository
    refused = NewEvent("bob", {"note": SECRET}, event_meta={"scan": "x" * 2**24})
    with pytest.raises(InvalidValue):
        patients.append_many([NewEvent("jane", {"note": SECRET}), refused])
    assert keys_of(patients) == []


def test_a_page_asks_for_all_of_its_keys_at_once(commands):
    patients = commands.repository
    patients.append_many(NewEvent(f"p{n}", {"note": SECRET}) for n in range(300))
    assert sent(commands, lambda: patients.state("p1")) == ["aggregate", "find"]
    asked = sent(commands, lambda: list(patients.states(f"p{n}" for n in range(300))))
    assert asked == ["find", "aggregate", "find"]
    assert sent(commands, lambda: list(patients.history("p1")))[-2:] == ["find", "find"]
    patients.feed()
    assert sent(commands, lambda: patients.feed(limit=100)) == ["find", "find", "find"]


def test_the_keys_are_documents_of_a_collection_of_their_own(commands, mongodb_database):
    patients = commands.repository
    patients.append("bob", note=SECRET)
    patients.append("jane", note=SECRET)
    patients.erase("jane")
    bob, jane = mongodb_database["secret_never_key"].find().sort("_id")
    assert bob.keys() == {"_id", "key"}
    assert jane == {"_id": "jane", "erased": True}


def test_a_server_without_transactions_keeps_them_too(standalone):
    database = standalone[f"osiris_{uuid4().hex}"]
    patients = MongoRepository(with_master_key(OLD), database)
    patients.create()
    events = [NewEvent((n % 30, "a"), {"note": f"{SECRET} {n}", "visits": 1}) for n in range(60)]
    assert patients.append_many(events) == 60
    patients.append((1, "a"), note="more")
    assert len(keys := keys_of(patients)) == 30
    assert SECRET not in held(patients)
    assert patients.erase((2, "a")) == 2
    both = beside(patients, with_master_key((NEW, OLD)))
    assert rotate_master_key(both, OLD, NEW) == 29
    assert not set(keys) & set(keys_of(patients))
    after = beside(patients, with_master_key(NEW))
    assert [event.fields["note"] for event in after.history((1, "a"))] == [
        f"{SECRET} 1",
        f"{SECRET} 31",
        "more",
    ]
    assert after.verify()
    standalone.drop_database(database.name)
