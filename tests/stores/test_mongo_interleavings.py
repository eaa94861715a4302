"""MongoDB: archive, restore and erase of one stream, interleaved at every step: nothing is lost, nothing erased is back.

Without locks each of them is a row of steps; here another one runs whole between any two of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, MongoRepository, NewEvent
from sqla_osiris.repositories.archive_limits import archive_limits
from sqla_osiris.repositories.mongo import appending, restoring, upkeep
from sqla_osiris.repositories.mongo.documents import slot_id
from sqla_osiris.repositories.steps import run

EVENTS = 3


class Base(DeclarativeBase):
    pass


class Raced(EventSourced, Base):
    __tablename__ = "interleaved"
    __snapshot__ = Every(100)
    id = Context(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture
def repository(mongodb_database):
    repository = MongoRepository(Raced, mongodb_database)
    repository.create()
    return repository


def archive(log, context):
    return upkeep._archive_context(log, context, EVENTS, archive_limits(None, 0))


def restore(log, context):
    return restoring.restore(log, context, None)


def erase(log, context):
    return upkeep.erase(log, (context,), context)


def driven(steps, between):
    """Make its calls, and ``between`` before the one of that place; whether there was one."""
    advance, given, place = steps.send, None, -1
    while True:
        try:
            call = advance(given)
        except StopIteration:
            return place >= between.place
        place += 1
        if place == between.place:
            between.run()
        try:
            advance, given = steps.send, call()
        except Exception as error:  # noqa: BLE001  (handed to the steps, as their own runner does)
            advance, given = steps.throw, error


@dataclass
class Between:
    place: int
    steps: Callable[[], Any]

    def run(self):
        run(self.steps())


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
        log = repository._log
        if archived:
            run(archive(log, context))
        if slow is archive and archived:
            # What was restored once has another count.
            run(restore(log, context))

        between = Between(place, partial(fast, log, context))
        interrupted = driven(slow(log, context), between)
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


def test_a_batch_waits_for_a_transaction_whose_client_is_gone(repository, mongodb_client, monkeypatch):
    # A killed writer's transaction stays open until the server ends it, long after two attempts.
    monkeypatch.setattr(appending, "_ATTEMPTS", 2)
    repository.append("c", overtime=1)
    log, sleeps = repository._log, []
    with mongodb_client.start_session() as abandoned:
        abandoned.start_transaction()
        log.events.insert_one({"_id": slot_id("c", 2), "context": "c", "seq": 2}, session=abandoned)

        def sleep(_seconds):
            sleeps.append(_seconds)
            if len(sleeps) == 5:
                abandoned.abort_transaction()

        monkeypatch.setattr(log, "sleep", sleep)
        assert repository.append_many([NewEvent("c", {"overtime": 2}), NewEvent("d", {"overtime": 4})]) == 2

    assert len(sleeps) == 5
    assert {state.id: state.overtime for state in repository.states()} == {"c": 3, "d": 4}
