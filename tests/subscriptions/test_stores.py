"""Subscriptions on every store: checkpoints, turns and parked events are in the store of the log."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sqla_osiris import InvalidValue, NewEvent, OsirisError, Subscription
from tests.stores.models import Employee


@pytest.fixture
def filled(opens):
    repository = opens(Employee)
    repository.append_many([NewEvent(f"e{number % 3}", {"overtime": number}) for number in range(8)])
    return repository


def subscribed(repository, name, handler=None, **options):
    subscription = Subscription(repository, name, handler, **{"backoff": 0.001} | options)
    subscription.create()
    return subscription


def test_every_event_is_handled_and_what_fails_is_parked(filled):
    handled = []

    def handler(event, _):
        if (event.context, event.seq) == ("e1", 2):
            raise ValueError("no")
        handled.append(event.position)

    worker = subscribed(filled, "mailer", handler, attempts=2, batch=3)
    assert worker.run() == 7
    everything = [event.position for event in filled.feed()]
    (parked,) = worker.parked()
    assert set(handled) == set(everything) - {parked.position}
    again = subscribed(filled, "mailer", lambda event, _: handled.append(event.position))
    assert (again.lag().events, again.run(), again.parked()) == (0, 0, [parked])
    again.retry(parked.position)
    assert (again.parked(), handled[-1]) == ([], parked.position)


def test_workers_take_turns(filled):
    handled = []

    def handler(event, _):
        handled.append(event.position)
        time.sleep(0.005)

    subscribed(filled, "shared")
    with ThreadPoolExecutor(3) as pool:
        workers = [subscribed(filled, "shared", handler, batch=2) for _ in range(3)]
        assert sum(pool.map(Subscription.run, workers)) == 8

    assert handled == [event.position for event in filled.feed()]


def test_an_unknown_subscription_and_a_checkpoint_from_elsewhere_are_refused(filled):
    worker = subscribed(filled, "mailer", lambda *_: None)
    worker.run()
    with pytest.raises(OsirisError, match=r"'mialer' of Employee never ran. Those that did: 'mailer'"):
        subscribed(filled, "mialer").lag()
    with worker._checkpoints.turn("mailer", None, 1) as turn:
        turn.checkpoint.position = "elsewhere"
    with pytest.raises(InvalidValue, match="its checkpoint 'elsewhere' is no position of this store"):
        worker.run()
