"""Eight processes write in every way at once, at the defaults of engine and server: no event is lost, and no seq missing.

`OSIRIS_RACE_WRITES` says how many steps all of them do together: some tens of thousands are the long form.
"""

import os
from collections import Counter

import pytest
from sqlalchemy import create_engine, select

from sqla_osiris import repository
from tests.conftest import DATABASES
from tests.databases.mixed_process import HANDLED, MODELS, Account, Base, subscription, work
from tests.opening import RACERS

STEPS = int(os.environ.get("OSIRIS_RACE_WRITES", "320")) // RACERS


@pytest.fixture(params=[name for name in DATABASES if name != "sqlite"])
def url(request):
    url = request.getfixturevalue(f"{request.param}_database")
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    HANDLED.create(engine)
    engine.dispose()
    return url


def test_nothing_is_lost_and_nothing_of_our_own_raises(url, racers):
    racing = [racers.submit(work, url, seed, STEPS) for seed in range(RACERS)]
    counts, outcomes = (
        sum(them, Counter()) for them in zip(*(each.result() for each in racing), strict=True)
    )

    # A snapshot that falls due in a session locks the gap behind the tail that it folds, and may meet a deadlock.
    assert {name for name in outcomes if name.startswith("blind")} <= {"blind Meter lost"}, outcomes
    engine = create_engine(url)
    for model in MODELS:
        opened = repository(model, engine)
        found = {state.id: state.count for state in opened.states()}
        assert found == {
            context: count for (name, context), count in counts.items() if name == model.__name__
        }
        histories = {context: list(opened.history(context)) for context in found}
        for context, history in histories.items():
            assert [event.seq for event in history] == list(range(1, len(history) + 1))
            assert sum(event.fields.get("count", 0) for event in history) == found[context]
        assert opened.verify().differences == ()
        read = [(event.context, event.seq) for event in feed(opened)]
        assert Counter(read) == Counter((e.context, e.seq) for history in histories.values() for e in history)
    subscription(engine).run()
    with engine.connect() as connection:
        handled = connection.execute(select(HANDLED).where(HANDLED.c.who.not_like("gone%"))).all()
    log = repository(Account, engine)
    assert Counter(map(tuple, handled)) == Counter((event.context, event.seq) for event in feed(log))
    engine.dispose()


def feed(opened):
    events, after = [], None
    while page := opened.feed(after=after, limit=500):
        events += page
        after = page[-1].position
    return events
