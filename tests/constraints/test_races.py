"""Eight writers try to break a unique and a check, and the database never holds a state that violates one."""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from sqla_osiris import ConcurrentAppend, NewEvent, repository
from tests.constraints.bank import Account, Base

WRITERS = 8
WRITES = int(os.environ.get("OSIRIS_RACE_WRITES", "320")) // WRITERS
CONTEXTS = [f"account {number}" for number in range(6)]
IBANS = [f"IBAN {number}" for number in range(5)]


def flush(engine, context, touches):
    with Session(engine) as session:
        state = session.get(Account, context)
        if state is None:
            session.add(Account(id=context, **touches))
        elif random.random() < 0.2:
            session.delete(state)
        else:
            for name, value in touches.items():
                setattr(state, name, state.balance + value if name == "balance" else value)
        session.commit()


def append(engine, context, touches):
    repository(Account, engine).append(context, **touches)


def append_many(engine, context, touches):
    others = random.sample(CONTEXTS, 2)
    events = [NewEvent(other, {"balance": 1}) for other in others]
    repository(Account, engine).append_many([*events, NewEvent(context, touches)])


def touches_of(chosen):
    touches = {}
    if chosen.random() < 0.5:
        touches["iban"] = chosen.choice([*IBANS, None])
    if not touches or chosen.random() < 0.7:
        touches["balance"] = chosen.randint(-9, 8)
    return touches


def write(engine, seed):
    chosen, outcomes = random.Random(seed), Counter()
    for _ in range(WRITES):
        way = chosen.choice([flush, append, append_many])
        try:
            way(engine, chosen.choice(CONTEXTS), touches_of(chosen))
        except IntegrityError:
            outcomes["refused"] += 1
        except ConcurrentAppend:
            outcomes["lost"] += 1
        except DBAPIError as error:
            # A lock that was not granted in time.
            outcomes[type(error.orig).__name__ + str(error.orig)[:80]] += 1
        else:
            outcomes["written"] += 1
    return outcomes


def violations(engine):
    heads = Account.Snapshot.__table__.c
    with engine.connect() as connection:
        shared = (
            select(heads.iban).where(heads.iban.is_not(None)).group_by(heads.iban).having(func.count() > 1)
        )
        overdrawn = select(heads.id).where(heads.balance < 0)
        return [*connection.execute(shared), *connection.execute(overdrawn)]


@pytest.mark.parametrize("seed", [0])
def test_no_state_ever_violates_a_constraint(database_url, seed):
    # SQLite's writers wait for their turn without an order, and give up after five seconds.
    patience = {"timeout": 60} if database_url.startswith("sqlite") else {}
    engine = create_engine(database_url, pool_size=WRITERS, connect_args=patience)
    Base.metadata.create_all(engine)
    accounts = repository(Account, engine)
    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = sum(
            pool.map(lambda number: write(engine, seed * WRITERS + number), range(WRITERS)), Counter()
        )

    assert outcomes.keys() <= {"written", "refused", "lost"}, outcomes
    assert outcomes["written"] > outcomes["lost"]
    assert outcomes["refused"]
    assert violations(engine) == []
    assert accounts.verify()
    # Each state is the fold of its history, and each of its prefixes would have been allowed.
    for context in CONTEXTS:
        balance = 0
        for event in accounts.history(context):
            balance = 0 if event.ends else balance + event.fields.get("balance", 0)
            assert balance >= 0
        with engine.connect() as connection:
            heads = Account.Snapshot.__table__.c
            assert connection.scalar(select(heads.balance).where(heads.id == context)) in (balance, None)
    engine.dispose()
