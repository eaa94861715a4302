"""``state(at=)`` beside a query of the log by hand: the same answer, in one open transaction."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from cases import Result, Size, Timed, interleaved
from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.orm import Session
from stores import Account, Store

from sqla_osiris import NewEvent, repository

__all__ = ["state_at"]

EVENTS = 100
START = datetime(2026, 1, 1, tzinfo=UTC)

BY_HAND = text("""
    WITH place AS (SELECT max(seq) AS seq FROM account_event WHERE id = :id AND recorded_at <= :at)
    SELECT place.seq,
        (SELECT company FROM account_event WHERE id = :id AND seq <= place.seq AND company IS NOT NULL
            ORDER BY seq DESC LIMIT 1) AS company,
        (SELECT title FROM account_event WHERE id = :id AND seq <= place.seq AND title IS NOT NULL
            ORDER BY seq DESC LIMIT 1) AS title,
        (SELECT sum(salary) FROM account_event WHERE id = :id AND seq <= place.seq) AS salary
    FROM place
""")


def events(contexts: int) -> Iterator[NewEvent]:
    """A day for each turn of every context."""
    for turn in range(EVENTS):
        for number in range(contexts):
            fields: dict[str, Any] = {"salary": turn + 1}
            if turn % 3 == 0:
                fields["company"] = f"company {turn}"
            if turn % 4 == 0:
                fields["title"] = f"title {turn}"
            yield NewEvent(f"c{number:06}", fields, recorded_at=START + timedelta(days=turn))


def state_at(store: Store, size: Size) -> Iterator[Result]:
    """Contexts of 100 events, at the middle of their time; the present is all that is stored of them."""
    contexts = max(size.contexts // 10, 10)
    store.recreate()
    repository(Account, store.engine).append_many(events(contexts))
    store.settle()
    at = START + timedelta(days=EVENTS / 2)
    order = random.Random(1)
    keys = [f"c{order.randrange(contexts):06}" for _ in range(size.gets)]
    typed = DateTime(timezone=store.engine.dialect.name == "postgresql")
    by_hand = BY_HAND.bindparams(bindparam("at", type_=typed))
    moment = at if typed.timezone else at.replace(tzinfo=None)
    with Session(store.engine) as session:
        accounts = repository(Account, session)

        def hand_written(turn: int) -> float:
            start = perf_counter()
            found = session.execute(by_hand, {"id": keys[turn], "at": moment}).one()
            elapsed = perf_counter() - start
            assert found.salary == sum(range(1, EVENTS // 2 + 2))
            return elapsed

        def ours(turn: int) -> float:
            start = perf_counter()
            found = accounts.state(keys[turn], at=at)
            elapsed = perf_counter() - start
            assert found is not None
            assert found.salary == sum(range(1, EVENTS // 2 + 2))
            return elapsed

        measures: tuple[Timed, Timed] = (hand_written, ours)
        measured = interleaved(*measures, size.gets)
    yield Result(
        "state(at=) / a query by hand", store.name, *measured, "s", 1.5, f"{EVENTS} events a context"
    )
