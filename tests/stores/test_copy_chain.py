"""Real salaries copied from store to store and back: the log that comes home is the one that left.

`OSIRIS_TEST_CHAIN_EVENTS=26428 bash tests/run -n 0 tests/stores/test_copy_chain.py` copies all of them: minutes, most of
them DynamoDB Local's.
"""

import hashlib
import json
import os
from contextlib import ExitStack, contextmanager
from itertools import islice
from uuid import UUID

import pytest
from sqlalchemy import create_engine

from sqla_osiris import NewEvent, SQLRepository, copy
from tests.opening import STORES, TESTED

EVENTS = int(os.environ.get("OSIRIS_TEST_CHAIN_EVENTS", "240"))
SERVERS = [store for store in ("postgresql", "mariadb", "mysql", "mongodb", "dynamodb") if store in TESTED]
CHAINS = [SERVERS]
if "mysql" in TESTED:
    CHAINS.append([store for store in ("mysql", "mongodb", "mysql") if store in TESTED])


def salaries(payroll):
    """The salaries, some of them under an id of their own, and some careers that end; one of those begins again."""
    ended = []
    for number, new in enumerate(islice(payroll.seasons(), EVENTS)):
        identity = UUID(int=number) if number % 40 == 0 else None
        if identity:
            ended.append(new.context)
        yield NewEvent(
            new.context,
            new.fields,
            event_id=identity,
            event_type=new.event_type,
            event_meta={**new.event_meta, "number": [number, 1.0, None]},
        )
    for context in dict.fromkeys(ended):
        yield NewEvent(context, {}, ends=True, event_type="retired")
    yield NewEvent(ended[0], {"salary": 1, "team": None}, event_type="came back")


def fingerprint(repository):
    """A hash over everything that a log says, each context's events in the order of seq."""
    events, after = [], None
    while page := repository.feed(after=after, limit=5_000):
        events += page
        after = page[-1].position
    said = hashlib.sha256()
    for event in sorted(events, key=lambda event: (event.context, event.seq)):
        content = [
            *(event.context, event.seq, event.recorded_at.isoformat(), sorted(event.fields.items())),
            *(str(event.event_id), event.event_type, event.event_meta, event.ends),
        ]
        said.update(json.dumps(content, ensure_ascii=False).encode())
    return len(events), said.hexdigest()


def states(repository):
    return {
        state.id: (state.seq, state.name, state.team, state.season, state.salary)
        for state in repository.states()
    }


@pytest.mark.parametrize("chain", CHAINS, ids="-".join)
def test_the_salaries_come_home_as_they_left(request, payroll, tmp_path, chain):
    with ExitStack() as stack:
        stops = []
        for place, store in enumerate(["sqlite", *chain]):
            if store in chain[: max(place - 1, 0)]:
                stops.append(created(stack, request.getfixturevalue(f"{store}_database"), payroll.Player))
            else:
                stops.append(stack.enter_context(contextmanager(STORES[store])(request))(payroll.Player))
        home = created(stack, f"sqlite:///{tmp_path / 'home.db'}", payroll.Player)
        written = stops[0].append_many(salaries(payroll))
        expected, present = fingerprint(stops[0]), states(stops[0])

        for source, target in zip(stops, [*stops[1:], home], strict=True):
            assert copy(source, target) == written
            assert fingerprint(target) == expected
            assert states(target) == present
        assert home.verify()


def created(stack, url, model):
    """A database of its own, for the second visit too."""
    engine = create_engine(url)
    stack.callback(engine.dispose)
    repository = SQLRepository(model, engine)
    repository.create()
    return repository
