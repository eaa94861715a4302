"""A worker that is killed at any moment loses nothing: OSIRIS_TEST_KILLS=50 kills as often, the suite a few times."""

import os
import random
import time
from contextlib import suppress

import pytest

from sqla_osiris import NewEvent, Subscription
from tests.processes import processes
from tests.repositories.models import InlineEmployee
from tests.subscriptions.subscription_process import HANDLED, follow
from tests.subscriptions.test_subscriptions import in_table, into_table, places

KILLS = int(os.environ.get("OSIRIS_TEST_KILLS", "3"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_workers_that_are_killed_at_random_handle_every_event_exactly_once(open_store, kind):
    repository = open_store(kind, InlineEmployee)
    repository.append_many(NewEvent(f"e{number % 7}", {"overtime": number}) for number in range(20 * KILLS))
    HANDLED.create(repository._target)
    after_kills = Subscription(repository, "killed", into_table)
    after_kills.create()
    url = repository._target.url.render_as_string(hide_password=False)
    chance = random.Random(KILLS)
    told = set()
    for _ in range(KILLS):
        here, there = processes().Pipe(duplex=False)
        worker = processes().Process(target=follow, args=(url, there))
        worker.start()
        there.close()
        with here, suppress(EOFError):
            for _ in range(chance.randrange(12)):
                told.add(here.recv())
            time.sleep(chance.random() * 0.004)
        worker.kill()
        worker.join()
        assert worker.exitcode == -9

    handled = after_kills.run()

    expected = places(repository.feed(limit=10_000))
    assert in_table(repository) == expected
    assert 0 < handled <= len(expected)
    assert told <= set(expected)
