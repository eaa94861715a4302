"""Eight writers try to break a unique and a check, and the database never holds a state that violates one.

Who won could have won one after the other; who was refused would have been refused at some moment of the call.
"""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from sqla_osiris import ConcurrentAppend, NewEvent, event_context, repository
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


@dataclass
class Refused:
    """A write that a constraint refused, and when it was called and answered."""

    context: str
    touches: dict[str, Any]
    called: datetime
    answered: datetime
    why: str

    def violates(self, states):
        """Whether it would be refused in these states."""
        balance = states.get(self.context, State()).balance + self.touches.get("balance", 0)
        iban = self.touches.get("iban")
        others = [state.iban for context, state in states.items() if context != self.context]
        return balance < 0 or (iban is not None and iban in others)


@dataclass
class State:
    """An account's; that of none where it does not live."""

    balance: int = 0
    iban: str | None = None

    def followed_by(self, event):
        if event.ends:
            return State()
        fields = event.fields
        return State(self.balance + fields.get("balance", 0), fields.get("iban", self.iban))


def write(engine, seed, refused, answered):
    chosen, outcomes = random.Random(seed), Counter()
    for number in range(WRITES):
        way = chosen.choice([flush, append, append_many])
        context, touches = chosen.choice(CONTEXTS), touches_of(chosen)
        called = datetime.now(UTC)
        try:
            with event_context(event_type=f"{seed} {number}"):
                way(engine, context, touches)
        except ConcurrentAppend:
            outcomes["lost"] += 1
        except IntegrityError as error:
            why = f"{way.__name__}: {error.orig}"  # for a reader of a failure
            refused.append(Refused(context, touches, called, datetime.now(UTC), why))
            outcomes["refused"] += 1
        except DBAPIError as error:
            # A lock that was not granted in time.
            outcomes[type(error.orig).__name__ + str(error.orig)[:80]] += 1
        else:
            outcomes["written"] += 1
            answered[f"{seed} {number}"] = datetime.now(UTC)
    return outcomes


CLOCKS: timedelta = timedelta(milliseconds=5)
"""How far a server's clock and its precision may be off the test's."""


def serially(accounts, answered):
    """All states, as if one event had been written after the other, and from when to when each may have been the present.

    An event is recorded with all locks held that its states need, so that its moment lies between those of the events that
    it had to wait for, and those that waited for it. Until its transaction is committed, others find what was before: what
    a batch gives back, for one, it writes after the events' time.
    """
    states: dict[str, State] = {}
    begins, moments = datetime.min.replace(tzinfo=UTC), []
    for event in sorted(
        accounts.feed(limit=1_000_000), key=lambda event: (event.recorded_at, event.position)
    ):
        moments.append((begins, answered[event.event_type], states))
        begins = event.recorded_at
        states = {**states, event.context: states.get(event.context, State()).followed_by(event)}
    return [*moments, (begins, datetime.max.replace(tzinfo=UTC), states)]


def refusable(write, moments):
    """Whether the write would have been refused at some moment of its call."""
    return any(
        begins <= write.answered + CLOCKS and ends >= write.called - CLOCKS and write.violates(states)
        for begins, ends, states in moments
    )


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
    accounts, refused, answered = repository(Account, engine), [], {}
    with ThreadPoolExecutor(WRITERS) as pool:
        seeds = range(seed * WRITERS, (seed + 1) * WRITERS)
        outcomes = sum(pool.map(lambda each: write(engine, each, refused, answered), seeds), Counter())

    assert outcomes.keys() <= {"written", "refused", "lost"}, outcomes
    assert outcomes["written"] > outcomes["lost"]
    assert outcomes["refused"]
    assert violations(engine) == []
    assert accounts.verify()
    moments = serially(accounts, answered)
    for *_, states in moments:
        held = [state.iban for state in states.values() if state.iban is not None]
        assert len(held) == len(set(held))
        assert all(state.balance >= 0 for state in states.values())
    assert [write for write in refused if not refusable(write, moments)] == []
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
