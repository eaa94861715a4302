"""A subscription that the store wakes up: notifications of PostgreSQL, and what becomes of it without them.

Each follower here polls once an hour: what it handles within the test, it was told of.
"""

import random
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, text
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Every,
    NewEvent,
    SQLRepository,
    Subscription,
)
from sqla_osiris.repositories.sql.hints import PostgreSQLChannel
from sqla_osiris.subscriptions.hints import Hints
from tests.conftest import _write_without_waiting

HOUR = 3600.0
PATIENCE = 60
"""Seconds that a test waits for what comes in milliseconds."""


class Guard(EventSourced):
    __tablename__ = "waking_guard"
    __notify__ = True
    __archive__ = True
    __snapshot__ = Every(100)
    id = Context(String(40))
    overtime = Aggregate(Integer)


class Silent(EventSourced):
    __tablename__ = "waking_silent"
    id = Context(String(40))
    overtime = Aggregate(Integer)


def broken(caplog):
    return [each.getMessage() for each in caplog.get_records("call") if each.name.endswith(".hints")]


@pytest.fixture(autouse=True)
def nothing_breaks(request, caplog):
    """Whoever cannot listen polls, which would pass unseen."""
    yield
    if "caplog" not in request.node.function.__code__.co_varnames:
        assert broken(caplog) == []


@pytest.fixture
def engine(postgresql_database):
    engine = create_engine(postgresql_database)
    yield engine
    engine.dispose()


@pytest.fixture
def guards(engine):
    repository = SQLRepository(Guard, engine)
    repository.create()
    return repository


class Follower:
    """What a subscription in a thread has handled."""

    def __init__(self, repository, poll):
        self.handled, self.said = [], threading.Condition()
        self.stop = threading.Event()
        self.subscription = Subscription(repository, "follower", self.handle)
        self.subscription.create()
        self.subscription.run()
        self.thread = threading.Thread(
            target=self.subscription.follow, args=(self.stop,), kwargs={"poll": poll}
        )

    def handle(self, event, _session):
        with self.said:
            self.handled.append((event.context, event.seq))
            self.said.notify_all()

    def handles(self, *places):
        """Whether these were handled, and nothing else since the last time."""
        with self.said:
            self.said.wait_for(lambda: len(self.handled) >= len(places), PATIENCE)
            handled, self.handled = self.handled, []
        return handled == list(places)


@contextmanager
def following(repository, poll=HOUR):
    follower = Follower(repository, poll)
    follower.thread.start()
    try:
        yield follower
    finally:
        follower.stop.set()
        follower.thread.join(PATIENCE)
        assert not follower.thread.is_alive()


def listening(engine, count=1):
    """The processes of the connections that listen now, when there are so many."""
    query = text(
        "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN sqla_osiris' AND datname = current_database()"
    )

    def found():
        with engine.connect() as connection:
            pids = connection.scalars(query).all()
        return [pids] if len(pids) == count else []

    return waited_for(found)[0]


def waited_for(look):
    """What is found, when something is."""
    for _ in range(PATIENCE * 50):
        found = look()
        if found:
            return found
        threading.Event().wait(0.02)
    raise AssertionError


def flushed(engine):
    with Session(engine) as session:
        session.add(Guard(id="bob", overtime=1))
        session.commit()


WRITERS = {
    "append": lambda engine: SQLRepository(Guard, engine).append("bob", overtime=1),
    "flush": flushed,
    "append_many": lambda engine: SQLRepository(Guard, engine).append_many(
        [NewEvent("bob", {"overtime": 1})]
    ),
    "expected_seq": lambda engine: SQLRepository(Guard, engine).append("bob", overtime=1, expected_seq=0),
    "sessionmaker": lambda engine: SQLRepository(Guard, sessionmaker(engine)).append("bob", overtime=1),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_whoever_appends_wakes_the_subscription(engine, guards, writer):
    with following(guards) as follower:
        listening(engine)
        WRITERS[writer](engine)
        assert follower.handles(("bob", 1))


def test_it_is_woken_again_and_again_and_by_a_batch_once(engine, guards):
    with following(guards) as follower:
        for seq in range(1, 4):
            listening(engine)
            guards.append("bob", overtime=1)
            assert follower.handles(("bob", seq))
        listening(engine)
        guards.append_many(NewEvent("jane", {"overtime": 1}) for _ in range(300))
        assert follower.handles(*(("jane", seq) for seq in range(1, 301)))


def test_an_event_behind_a_transaction_of_somebody_else_is_handled_when_that_has_ended(engine, guards):
    """Nobody notifies then: a listener that only looked when it is told would wait for an hour."""
    other = Table("waking_other", MetaData(), Column("id", Integer))
    other.create(engine)
    with following(guards) as follower, engine.connect() as slow:
        listening(engine)
        slow.execute(insert(other).values(id=1))
        guards.append("bob", overtime=1)
        follower.stop.wait(0.2)
        assert follower.handled == []
        slow.commit()
        assert follower.handles(("bob", 1))


def test_what_was_appended_before_it_listened_is_handled(engine, guards):
    guards.append("bob", overtime=1)
    worker = Subscription(guards, "later", lambda *_: None)
    worker.create()
    worker.run()
    stop = threading.Event()
    channel = guards.channel()
    hints = Hints(channel, stop.is_set, stop.wait, HOUR)
    guards.append("bob", overtime=1)
    assert hints.wait(PATIENCE)  # It listens from now on: look.
    assert not hints.wait(0.01)
    guards.append("bob", overtime=1)
    assert hints.wait(PATIENCE)
    hints.close()
    assert listening(engine, 0) == []


def test_a_listener_whose_connection_was_ended_looks_at_once_and_listens_again(engine, guards, caplog):
    with following(guards) as follower:
        (listener,) = listening(engine)
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": listener})
        guards.append("bob", overtime=1)
        assert follower.handles(("bob", 1))
        listening(engine)
        guards.append("bob", overtime=1)
        assert follower.handles(("bob", 2))
    assert len(broken(caplog)) == 1


def test_no_event_is_left_behind_while_listeners_are_ended_at_random(engine, guards, caplog):
    """Whatever falls between two connections: the last event of each writer must be told of, or looked for."""
    end = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query = 'LISTEN sqla_osiris' AND datname = current_database()"
    )
    dice = random.Random(7)

    def pause(seconds):
        follower.stop.wait(dice.uniform(0, seconds))

    def write(context):
        for _ in range(10):
            pause(0.2)
            guards.append(context, overtime=1)

    with following(guards) as follower:
        listening(engine)
        with engine.connect() as connection:
            assert connection.execute(end).all() == [(True,)]
        writers = [threading.Thread(target=write, args=(f"c{number}",)) for number in range(2)]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            with engine.connect() as connection:
                connection.execute(end)
            pause(0.1)
        with follower.said:
            assert follower.said.wait_for(lambda: len(follower.handled) == 20, PATIENCE)
    assert broken(caplog)


def test_a_listener_that_cannot_connect_polls(engine, guards, caplog):
    """As where a pooler stands between, or the role has no connection left."""
    nowhere = create_engine(engine.url.set(port=1))
    guards.channel = lambda: PostgreSQLChannel(nowhere, Guard.__osiris__)
    with following(guards, poll=0.05) as follower:
        waited_for(lambda: broken(caplog))
        for seq in range(1, 4):
            guards.append("bob", overtime=1)
            assert follower.handles(("bob", seq))
    assert broken(caplog) == ["no word of new events (OperationalError): the feed is polled"]


def test_restored_events_wake_nobody_twice(engine, guards):
    """They are inserted again, behind the checkpoint."""
    guards.append("bob", overtime=1)
    with following(guards) as follower:
        guards.snapshot("bob")
        assert guards.archive(keep=0) == 1
        listening(engine)
        assert guards.restore() == 1
        listening(engine)
        guards.append("bob", overtime=2)
        assert follower.handles(("bob", 1), ("bob", 2))


def test_other_models_other_databases_and_other_drivers_are_polled(
    engine, postgresql_database, sqlite_database
):
    assert SQLRepository(Silent, engine).channel() is None
    sqlite = create_engine(sqlite_database)
    _write_without_waiting(sqlite)
    guards = SQLRepository(Guard, sqlite)
    guards.create()
    assert guards.channel() is None
    with following(guards, poll=0.01) as follower:
        guards.append("bob", overtime=1)
        assert follower.handles(("bob", 1))
    sqlite.dispose()
