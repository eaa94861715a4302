"""MongoDB: archive, restore and erase of one stream, interleaved at every step: nothing is lost, nothing erased is back.

Without locks each of them is a row of steps; here another one runs whole between any two of them.
"""

from functools import partial
from itertools import count

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, MongoRepository, NewEvent
from sqla_osiris.repositories.mongo import archiving, erasing, redacting, snapshots
from sqla_osiris.repositories.mongo.documents import slot_id
from sqla_osiris.schema.checks import archive_limits, reporting
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import run
from tests.stores.interleaving import Between, driven, killed_before, unless_erased

EVENTS = 3


class Base(DeclarativeBase):
    pass


class Raced(EventSourced, Base):
    __tablename__ = "interleaved"
    __snapshot__ = Every(100)
    id = Context(String(40))
    name = Latest(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture
def repository(mongodb_database):
    repository = MongoRepository(Raced, mongodb_database)
    repository.create()
    return repository


def archive(collections, context):
    return archiving._archive_context(collections, context, EVENTS, archive_limits(None, 0))


def restore(collections, context):
    return archiving.restore(collections, context, reporting(None))


def erase(collections, context):
    return erasing.erase(collections, context)


def redact(collections, context):
    return redacting.redact(collections, redaction(collections.log, context, 2, "name", "asked", None))


def snapshot(collections, context):
    return snapshots.snapshot(collections, context)


def told_three(repository, context, *, archived, folded=True):
    touches = [{"overtime": 1, "name": "Bob"}, {"overtime": 2, "name": "secret"}, {"overtime": 4}]
    repository.append_many(NewEvent(context, each) for each in touches)
    if folded:
        repository.snapshot(context)
    if archived:
        repository.archive(keep=0)


@pytest.mark.parametrize(
    ("slow", "fast", "archived"),
    [
        (archive, restore, False),
        (archive, restore, True),
        (restore, archive, False),
        (restore, archive, True),
        (restore, erase, True),
        (archive, erase, False),
        (erase, restore, True),
        (erase, archive, False),
    ],
)
def test_whatever_comes_between_two_steps_does_no_harm(repository, slow, fast, archived):
    expected = {}
    for place in count():
        context = f"c{place}"
        events = [repository.append(context, overtime=2**n) for n in range(EVENTS)]
        repository.snapshot(context)
        repository.feed(limit=10_000)
        collections = repository._store.backend
        if archived:
            run(archive(collections, context))
        if slow is archive and archived:
            # What was restored once has another count.
            run(restore(collections, context))

        between = Between(place, partial(fast, collections, context))
        interrupted = driven(slow(collections, context), between)
        if not interrupted:
            between.run()

        erased = erase in {slow, fast}
        expected[context] = [] if erased else [event.fields for event in events]
        assert [event.fields for event in repository.history(context)] == expected[context]
        if not interrupted:
            break

    assert repository.verify()
    archived_again = [repository.restore(), repository.archive(keep=0), repository.restore()]
    assert archived_again[1] == archived_again[2] == sum(map(len, expected.values()))
    for context, fields in expected.items():
        assert [event.fields for event in repository.history(context)] == fields
        state = repository.state(context)
        assert (state and state.overtime) == (2**EVENTS - 1 if fields else None)
    feed = repository.feed(limit=10_000)
    assert len(feed) == len({event.position for event in feed}) == sum(map(len, expected.values()))
    assert repository.verify()


@pytest.mark.parametrize(
    ("slow", "fast", "archived"),
    [
        (redact, archive, False),
        (redact, restore, True),
        (redact, snapshot, False),
        (redact, erase, True),
        (archive, redact, False),
        (restore, redact, True),
        (snapshot, redact, False),
        (erase, redact, False),
    ],
)
def test_what_is_redacted_never_comes_back(repository, slow, fast, archived):
    collections = repository._store.backend
    for place in count():
        context = f"c{place}"
        told_three(repository, context, archived=archived, folded=snapshot not in {slow, fast})
        between = Between(place, partial(unless_erased, fast, collections, context))
        interrupted = driven(unless_erased(slow, collections, context), between)
        if not interrupted:
            between.run()

        held = [
            document
            for collection in (collections.events, collections.archive, collections.snapshots)
            for document in collection.find({"$or": [{"context": context}, {"_id": context}]})
        ]
        assert "secret" not in str(held)
        history = list(repository.history(context))
        told = [event for event in history if event.event_type == "redacted"]
        if erase in {slow, fast}:
            assert (history, repository.state(context)) == ([], None)
            assert "Bob" not in str(held)
        else:
            assert len(told) == 1
            assert [event.fields.get("name") for event in history[:3]] == ["Bob", None, None]
            assert repository.state(context, at=2).name == "Bob"
            assert (repository.state(context).overtime, repository.state(context).name) == (7, "Bob")
        if not interrupted:
            break
    assert repository.verify()
    repository.restore()
    repository.archive(keep=0)
    repository.restore()
    assert "secret" not in str(
        [list(each.find()) for each in (collections.events, collections.archive, collections.snapshots)]
    )
    assert repository.verify()


@pytest.mark.parametrize("archived", [False, True])
def test_a_redaction_that_was_killed_is_ended_by_the_next_call(repository, archived):
    collections = repository._store.backend
    for place in count():
        context = f"c{place}"
        told_three(repository, context, archived=archived)
        killed = killed_before(redact(collections, context), place)
        repository.redact(context, 2, "name", reason="asked")

        assert "secret" not in str(
            [list(each.find()) for each in (collections.events, collections.archive, collections.snapshots)]
        )
        told = [event for event in repository.history(context) if event.event_type == "redacted"]
        assert 1 <= len(told) <= 2
        assert repository.state(context, at=2).name == "Bob"
        if not killed:
            break
    assert repository.verify()


def test_a_batch_waits_for_a_transaction_whose_client_is_gone(repository, mongodb_client, monkeypatch):
    # A killed writer's transaction stays open until the server ends it, long after two attempts.
    monkeypatch.setattr("sqla_osiris.repositories.mongo.collections.ATTEMPTS", 2)
    repository.append("c", overtime=1)
    collections, sleeps = repository._store.backend, []
    with mongodb_client.start_session() as abandoned:
        abandoned.start_transaction()
        collections.events.insert_one({"_id": slot_id("c", 2), "context": "c", "seq": 2}, session=abandoned)

        def sleep(_seconds):
            sleeps.append(_seconds)
            if len(sleeps) == 5:
                abandoned.abort_transaction()

        monkeypatch.setattr(collections, "sleep", sleep)
        assert repository.append_many([NewEvent("c", {"overtime": 2}), NewEvent("d", {"overtime": 4})]) == 2

    assert len(sleeps) == 5
    assert {state.id: state.overtime for state in repository.states()} == {"c": 3, "d": 4}
