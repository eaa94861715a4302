"""Subscriptions on every store: how often events are handled, by whom, and what becomes of those that fail."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import (
    MetaData,
    create_engine,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris import (
    InvalidValue,
    MemoryRepository,
    NewEvent,
    OsirisError,
    SQLRepository,
    Subscription,
    subscription_table,
)
from sqla_osiris.subscriptions import subscription as subscriptions
from tests.repositories.models import InlineEmployee
from tests.subscriptions.subscription_process import HANDLED


@pytest.fixture
def filled(opens):
    repository = opens(InlineEmployee)
    repository.append_many(NewEvent(f"e{number % 3}", {"overtime": number}) for number in range(10))
    return repository


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, open_store):
    """As `filled`, on the stores that have transactions, with a table for the handler."""
    repository = open_store(request.param, InlineEmployee)
    repository.append_many(NewEvent(f"e{number % 3}", {"overtime": number}) for number in range(10))
    HANDLED.create(repository._target)
    return repository


def subscribed(repository, name, handler=None, **options):
    subscription = Subscription(repository, name, handler, **{"backoff": 0.001} | options)
    subscription.create()
    return subscription


def places(events):
    return [(event.context, event.seq) for event in events]


def into_table(event, session):
    session.execute(insert(HANDLED).values(who=event.context, seq=event.seq))


def in_table(repository):
    with repository._target.connect() as connection:
        return [tuple(row) for row in connection.execute(select(HANDLED))]


@pytest.mark.once_on_servers
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_every_event_is_handled_once_in_the_order_of_the_feed_and_a_restart_goes_on(filled, batch):
    handled = []
    worker = subscribed(filled, "all", lambda event, _: handled.append(event), batch=batch)
    assert worker.run_once() == min(batch, 10)
    assert worker.run() == 10 - min(batch, 10)
    assert (worker.run(), worker.lag().events) == (0, 0)

    filled.append("late", overtime=1)
    assert worker.lag().events == 1
    assert worker.lag().oldest == filled.feed()[-1].recorded_at
    assert subscribed(filled, "all", lambda event, _: handled.append(event)).run() == 1
    assert handled == filled.feed()


def test_a_lag_is_counted_up_to_its_limit_whatever_a_page_holds(filled, monkeypatch):
    monkeypatch.setattr(subscriptions, "_LAG_A_PAGE", 3)
    worker = subscribed(filled, "slow", print)
    worker.create()
    assert worker.run_once() == 10
    filled.append_many(NewEvent("late", {"overtime": number}) for number in range(8))
    assert [worker.lag(limit=limit).events for limit in (0, 1, 3, 7, 8, 9)] == [0, 1, 3, 7, 8, 8]


def test_subscriptions_are_each_other_s_strangers_and_one_may_begin_later(filled):
    seen = {"first": [], "second": []}
    fifth = filled.feed()[4].position
    subscribed(filled, "first", lambda event, _: seen["first"].append(event)).run()
    subscribed(filled, "second", lambda event, _: seen["second"].append(event), after=fifth).run()

    assert seen == {"first": filled.feed(), "second": filled.feed()[5:]}


def test_what_the_handler_writes_and_the_checkpoint_are_there_or_neither(database):
    failing = [True]

    def handler(event, session):
        into_table(event, session)
        if event.seq == 3 and failing:
            raise ValueError

    worker = subscribed(database, "table", handler, attempts=10, batch=4)
    for _ in range(5):
        worker.run_once()
    assert in_table(database) == places(database.feed())[:6]
    failing.clear()
    worker.run()

    assert in_table(database) == places(database.feed())


def test_a_sessionmaker_will_do_and_a_session_will_not(database):
    engine = database._target
    assert subscribed(SQLRepository(InlineEmployee, sessionmaker(engine)), "maker", into_table).run() == 10
    assert in_table(database) == places(database.feed())
    with Session(engine) as session, pytest.raises(OsirisError, match="Engine or a sessionmaker"):
        Subscription(SQLRepository(InlineEmployee, session), "bound", into_table)


def test_a_poison_event_is_tried_again_then_parked_and_the_others_are_handled(filled):
    calls, good = [], threading.Event()

    def handler(event, _):
        calls.append((event.context, event.seq))
        if event.seq == 2 and event.context == "e1" and not good.is_set():
            raise ValueError("no")

    worker = subscribed(filled, "picky", handler, attempts=3, batch=4)
    assert worker.run() == 9
    (parked,) = worker.parked()
    poison = next(event for event in filled.feed() if (event.context, event.seq) == ("e1", 2))
    assert (parked.position, parked.error, parked.attempts) == (poison.position, "ValueError: no", 3)
    assert calls.count(("e1", 2)) >= 3
    assert set(calls) == set(places(filled.feed()))

    with pytest.raises(ValueError, match="no"):
        worker.retry(parked.position)
    assert worker.parked() == [parked]
    good.set()
    worker.retry(parked.position)
    assert worker.parked() == []
    with pytest.raises(InvalidValue, match="no event is parked at"):
        worker.skip(parked.position)


def test_an_erased_event_that_was_parked_can_be_skipped_alone(filled):
    def handler(event, _):
        if event.context == "e1":
            raise ValueError

    worker = subscribed(filled, "picky", handler, attempts=1)
    worker.run()
    filled.erase("e1")
    first, *_ = worker.parked()
    with pytest.raises(OsirisError, match="erased"):
        worker.retry(first.position)
    for parked in worker.parked():
        worker.skip(parked.position)
    assert worker.parked() == []


def test_the_attempts_wait_longer_each_time(filled):
    def handler(event, session):
        raise ValueError

    worker = subscribed(filled, "slow", handler, backoff=30, attempts=9)
    assert [worker.run_once() for _ in range(3)] == [0, 0, 0]
    checkpoint = worker._checkpoints.read("slow")
    assert checkpoint.attempts == 1
    assert 20 < checkpoint.retry_at - time.time() < 31


@pytest.mark.parametrize("attempts", [3, 2_000])
def test_the_longest_wait_is_an_hour(attempts):
    repository = MemoryRepository(InlineEmployee)
    repository.append("bob", overtime=1)

    def handler(event, session):
        raise ValueError

    worker = subscribed(repository, "slow", handler, backoff=3000, attempts=9_999)
    with worker._checkpoints.turn("slow", None, 60) as turn:
        turn.checkpoint.attempts = attempts
    assert worker.run_once() == 0
    checkpoint = worker._checkpoints.read("slow")
    assert checkpoint.attempts == attempts + 1
    assert 3590 < checkpoint.retry_at - time.time() < 3601


def test_what_is_parked_is_retried_wherever_its_event_is_now(filled):
    failing, handled = [True], []

    def handler(event, _):
        if failing:
            raise ValueError
        handled.append((event.context, event.seq, event.fields))

    worker = subscribed(filled, "mail", handler, attempts=1)
    worker.run()
    failing.clear()
    positions = {(event.context, event.seq): event.position for event in filled.feed()}
    filled.archive(keep=1)
    filled.redact("e0", 2, "overtime", reason="asked for")
    filled.erase("e2")
    for place in [("e0", 1), ("e0", 2), ("e1", 3)]:
        worker.retry(positions[place])
    assert handled == [("e0", 1, {"overtime": 0}), ("e0", 2, {}), ("e1", 3, {"overtime": 7})]
    with pytest.raises(OsirisError, match="its stream was erased"):
        worker.retry(positions["e2", 1])
    for parked in worker.parked():
        worker.skip(parked.position)
    assert worker.parked() == []


def test_a_handler_that_takes_nothing_stops_its_subscription(opens, monkeypatch):
    monkeypatch.setattr("sqla_osiris.subscriptions.subscription._MOST_PARKED", 2)
    repository = opens(InlineEmployee)
    repository.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(5))

    def handler(event, session):
        raise ValueError

    worker = subscribed(repository, "broken", handler, attempts=1)
    with pytest.raises(OsirisError, match="2 events are parked already"):
        worker.run()
    assert len(worker.parked()) == 2
    assert worker.lag().events == 3


def test_workers_take_turns_and_no_event_is_handled_twice(database):
    overlapping, active = [], threading.Lock()

    def handler(event, session):
        if not active.acquire(blocking=False):
            overlapping.append(event)
            return
        into_table(event, session)
        time.sleep(0.002)
        active.release()

    subscribed(database, "shared", handler)
    with ThreadPoolExecutor(4) as pool:
        workers = [subscribed(database, "shared", handler, batch=2) for _ in range(4)]
        handled = sum(pool.map(Subscription.run, workers))

    assert (handled, overlapping) == (10, [])
    assert in_table(database) == places(database.feed())


def test_workers_take_turns_on_every_store(filled):
    handled = []

    def handler(event, _):
        handled.append(event.position)
        time.sleep(0.005)

    subscribed(filled, "shared")
    with ThreadPoolExecutor(3) as pool:
        workers = [subscribed(filled, "shared", handler, batch=2) for _ in range(3)]
        assert sum(pool.map(Subscription.run, workers)) == 10

    assert handled == [event.position for event in filled.feed()]


def test_a_lease_ends_and_the_worker_who_lost_it_is_told():
    repository = MemoryRepository(InlineEmployee)
    repository.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(2))
    handled = []
    other = Subscription(repository, "leased", lambda event, _: handled.append(event))

    def slow(event, _):
        assert other.run_once() == 0  # not its turn
        time.sleep(0.05)
        assert other.run() == 2

    with pytest.raises(OsirisError, match="longer than the lease"):
        Subscription(repository, "leased", slow, lease=0.02).run()
    assert handled == repository.feed()
    assert other.lag().events == 0


def test_follow_handles_what_comes_until_it_is_stopped(filled):
    handled, stop, woken = [], threading.Event(), []

    def wake(seconds):
        woken.append(seconds)
        if len(woken) == 1:
            filled.append("late", overtime=1)
        else:
            stop.set()

    subscribed(filled, "follower", lambda event, _: handled.append(event)).follow(stop, poll=7, wake=wake)

    assert woken == [7, 7]
    assert handled == filled.feed()


def test_a_slow_transaction_is_not_passed_over(open_store):
    """Loses the slow event with a feed that reads whatever is visible: see test_feed."""
    repository = open_store("postgresql", InlineEmployee)
    handled = []
    worker = subscribed(repository, "slow", lambda event, _: handled.append(event.context))
    with Session(repository._target) as slow:
        SQLRepository(InlineEmployee, slow).append("slow", overtime=1)
        repository.append("quick", overtime=2)
        worker.run()
        slow.commit()
    worker.run()

    assert handled == ["slow", "quick"]


# What is refused


def test_an_unknown_subscription_is_told_with_those_that_are_known(filled):
    subscribed(filled, "mailer", print).run()
    for call in (Subscription.lag, Subscription.parked, lambda s: s.skip(1)):
        with pytest.raises(OsirisError, match=r"'mialer' of InlineEmployee never ran.*'mailer'"):
            call(subscribed(filled, "mialer"))


def test_a_checkpoint_of_another_store_is_refused(filled):
    worker = subscribed(filled, "moved", lambda *_: None)
    worker.run()
    with worker._checkpoints.turn("moved", None, 1) as turn:
        turn.checkpoint.position = "elsewhere"

    with pytest.raises(InvalidValue, match="'moved' of InlineEmployee: its checkpoint 'elsewhere'"):
        worker.run()
    with pytest.raises(InvalidValue, match=r"position of this store|the position of an event"):
        Subscription(filled, "new", print, after="elsewhere")


@pytest.mark.parametrize("handler", ["print", 7, object()])
def test_a_handler_that_cannot_be_called_is_refused(handler):
    with pytest.raises(InvalidValue, match="cannot be called"):
        Subscription(MemoryRepository(InlineEmployee), "mailer", handler)


@pytest.mark.parametrize("options", [{"batch": 0}, {"attempts": 1.5}])
def test_other_bad_options_are_refused(options):
    with pytest.raises(InvalidValue, match="subscription"):
        Subscription(MemoryRepository(InlineEmployee), **{"name": "mailer", "handler": print} | options)


def test_without_a_handler_it_cannot_run():
    with pytest.raises(OsirisError, match="without a handler"):
        subscribed(MemoryRepository(InlineEmployee), "mailer").run()


def test_the_table_is_declared_once_and_made_by_create_all(tmp_path):
    metadata = MetaData()
    table = subscription_table(metadata)
    assert subscription_table(metadata) is table
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(engine)

    assert inspect(engine).has_table("osiris_subscription")
    with engine.begin() as connection:
        connection.execute(update(table).values(error=None))
    engine.dispose()
