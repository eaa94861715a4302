"""DynamoDB: what is redacted is in no table, whatever runs between two of its requests, or breaks it off."""

from functools import partial
from itertools import count

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, NewEvent
from tests.repositories.dynamo.fixtures import Client
from tests.stores.interleaving import (
    Between,
    archive,
    driven,
    erase,
    killed_before,
    redact,
    restore,
    unless_erased,
)


class Base(DeclarativeBase):
    pass


class Named(EventSourced, Base):
    __tablename__ = "dynamo_named"
    __snapshot__ = Every(100)
    id = Context(String(40))
    name = Latest(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture
def people(open_on_dynamodb):
    return open_on_dynamodb(Named)


def snapshot(store, context):
    return store.snapshot(context)


def told_three(people, context, *, archived, folded=True):
    touches = [{"overtime": 1, "name": "Bob"}, {"overtime": 2, "name": "secret"}, {"overtime": 4}]
    people.append_many(NewEvent(context, each) for each in touches)
    if folded:
        people.snapshot(context)
    if archived:
        people.archive(keep=0)


def held(dynamodb, prefix):
    tables = (f"{prefix}dynamo_named_{table}" for table in ("event", "archive", "index"))
    return str([dynamodb.scan(TableName=name)["Items"] for name in tables])


@pytest.mark.parametrize(
    ("slow", "fast", "archived"),
    [
        (redact, archive, False),
        (redact, restore, True),
        (archive, redact, False),
        (restore, redact, True),
        (snapshot, redact, False),
        (erase, redact, False),
    ],
)
def test_what_is_redacted_never_comes_back(people, dynamodb, prefix, slow, fast, archived):
    for place in count():
        context = f"c{place}"
        told_three(people, context, archived=archived, folded=snapshot not in {slow, fast})
        between = Between(place, partial(unless_erased, fast, people._store, context))
        interrupted = driven(unless_erased(slow, people._store, context), between)
        if not interrupted:
            between.run()

        assert "secret" not in held(dynamodb, prefix)
        history, state = list(people.history(context)), people.state(context)
        if erase in {slow, fast}:
            assert (history, state) == ([], None)
            assert "Bob" not in held(dynamodb, prefix)
        else:
            assert [event.event_type for event in history].count("redacted") == 1
            assert [event.fields.get("name") for event in history[:3]] == ["Bob", None, None]
            assert people.state(context, at=2).name == "Bob"
            assert (state.overtime, state.name) == (7, "Bob")
        if not interrupted:
            break
        people.erase(context)
    people.restore()
    people.archive(keep=0)
    assert "secret" not in held(dynamodb, prefix)
    assert people.verify()


def test_a_fold_of_between_two_redactions_is_not_stored(people, open_on_dynamodb, dynamodb, prefix):
    told_three(people, "bob", archived=False, folded=False)
    people.redact("bob", 1, "name", reason="asked")
    turns = count()

    def late(**arguments):
        # The first of them did not know of any redaction, and was refused: now it folds anew.
        if next(turns) == 1:
            people.redact("bob", 2, "name", reason="asked")
        return dynamodb.transact_write_items(**arguments)

    slow = open_on_dynamodb(Named, Client(dynamodb, transact_write_items=late))
    taken = slow.snapshot("bob")

    assert "secret" not in held(dynamodb, prefix)
    assert taken == 5


@pytest.mark.parametrize("archived", [True])
def test_a_redaction_that_was_killed_is_ended_by_the_next_call(people, dynamodb, prefix, archived):
    for place in count():
        context = f"c{place}"
        told_three(people, context, archived=archived)
        killed = killed_before(redact(people._store, context), place)
        people.redact(context, 2, "name", reason="asked")

        assert "secret" not in held(dynamodb, prefix)
        told = [event for event in people.history(context) if event.event_type == "redacted"]
        assert 1 <= len(told) <= 2
        assert people.state(context, at=2).name == "Bob"
        if not killed:
            break
    assert people.verify()
