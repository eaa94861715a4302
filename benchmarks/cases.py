"""Every measurement beside its floor: the two alternate within one run, so that noise hits both alike."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from stores import Account, Ledger, Row, Server, Store, known_rows, new_events

from sqla_osiris import ConcurrentAppend, repository

__all__ = [
    "Result",
    "Size",
    "append",
    "append_many",
    "fold",
    "get",
    "hot_context",
    "select_all",
    "throughput",
    "unit_of_work",
]

CONTEXTS = 10_000


@dataclass(frozen=True)
class Size:
    """How much is measured; ``QUICK`` only proves that everything runs."""

    contexts: int = CONTEXTS
    commits: int = 300
    changed: int = 1_000
    batches: int = 7
    gets: int = 2_000
    rounds: int = 9
    folded: int = 1_000_000
    imported: int = 100_000
    hot_seconds: float = 2.0


@dataclass(frozen=True)
class Result:
    """A pair of medians and the bar between them."""

    case: str
    store: str
    floor: float
    ours: float
    unit: str  # "s" and "MB": less is better; "/s": more is better
    bar: float
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def at_most(self) -> bool:
        return self.unit != "/s"

    @property
    def met(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar

    @property
    def used(self) -> float:
        """How much of the allowance is used up: 1 is the bar itself, less is better, for both kinds."""
        return self.ratio / self.bar if self.at_most else self.bar / self.ratio


Timed = Callable[[int], float]


def interleaved(floor: Timed, ours: Timed, rounds: int) -> tuple[float, float]:
    """Medians over ``rounds`` of A B A B …, after a few that are not counted."""
    warm_up = max(1, rounds // 10)
    pairs = [(floor(turn), ours(turn)) for turn in range(-warm_up, rounds)][warm_up:]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def rates(seconds: tuple[float, float], operations: int = 1) -> tuple[float, float]:
    return operations / seconds[0], operations / seconds[1]


def fill(store: Store, size: Size) -> None:
    """Accounts of three events each, and as many ordinary rows that equal their states."""
    store.recreate()
    repository(Account, store.engine).append_many(new_events(size.contexts, 3))
    with Session(store.engine) as session:
        columns = Account.id, Account.company, Account.title, Account.salary
        states = session.execute(select(*columns)).mappings().all()
        session.add_all(Row(**state) for state in states)
        session.commit()
    assert len(states) == size.contexts
    store.settle()


def unit_of_work(store: Store, size: Size) -> list[Result]:
    """Change loaded objects and commit. Loading is not timed: it has a measurement of its own."""
    with Session(store.engine) as session:
        one = [_change_and_commit(session, model, 1) for model in (Row, Account)]
        many = [_change_and_commit(session, model, size.changed) for model in (Row, Account)]
        single = interleaved(one[0], one[1], size.commits)
        batch = interleaved(many[0], many[1], size.batches)
    return [
        Result("commit of 1 changed object / ORM update of a row", store.name, *single, "s", 1.5),
        Result(
            f"commit of {size.changed:,} changed objects / ORM update of rows", store.name, *batch, "s", 2.0
        ),
    ]


def _change_and_commit(session: Session, model: type[Row] | type[Account], how_many: int) -> Timed:
    def timed(turn: int) -> float:
        session.expunge_all()
        loaded = session.scalars(select(model).order_by(model.id).limit(how_many)).all()
        start = perf_counter()
        for each in loaded:
            each.title = f"title {model.__name__} {turn}"
            each.salary = each.salary + 1
        session.commit()
        return perf_counter() - start

    return timed


def append(store: Store, size: Size) -> Result:
    """One event a commit: ``repository(Model, engine).append`` and a bare driver's INSERT of a known row."""
    accounts = repository(Account, store.engine)
    raw = store.connect()

    def floor(turn: int) -> float:
        start = perf_counter()
        raw.execute(store.insert, (f"c{turn % 100:06}", turn + 1_000, "company", "title", 3))
        raw.commit()
        return perf_counter() - start

    def ours(turn: int) -> float:
        start = perf_counter()
        accounts.append(f"c{turn % 100:06}", company="company", title="title", salary=3)
        return perf_counter() - start

    measured = rates(interleaved(floor, ours, size.commits))
    raw.close()
    case = "append / hand-written INSERT, one a commit"
    return Result(case, store.name, *measured, "/s", store.append_bar)


def hot_context(store: Server, size: Size, clients: int = 8) -> Result:
    """Eight threads append to one context: ours, and ``max(seq) + 1`` with a retry."""
    connections = [store.connect()] + [store.connect_again() for _ in range(clients - 1)]
    accounts = repository(Account, store.engine)
    retries: list[int] = []
    conflicts: list[int] = []

    def max_plus_one(client: int) -> None:
        connection = connections[client]
        while True:
            try:
                connection.execute(
                    "INSERT INTO raw_event (id, seq, company, title, salary)"
                    " SELECT %s, coalesce(max(seq), 0) + 1, %s, %s, %s FROM raw_event WHERE id = %s",
                    ("hot", "company", "title", 3, "hot"),
                )
                connection.commit()
                return
            except store.lost_races:
                connection.rollback()
                retries.append(client)

    def ours(client: int) -> None:
        try:
            accounts.append("hot", company="company", title="title", salary=3)
        except ConcurrentAppend:
            conflicts.append(client)

    def timed(action: Callable[[int], None]) -> Timed:
        return lambda _turn: 1 / throughput(action, clients, size.hot_seconds)

    measured = rates(interleaved(timed(max_plus_one), timed(ours), 3))
    for connection in connections:
        connection.close()
    assert not conflicts, f"{len(conflicts)} appends raised ConcurrentAppend"
    note = f"no conflict; the floor had to retry {len(retries):,} times"
    return Result(
        f"append, {clients} clients on 1 context / max(seq)+1, retried",
        store.name,
        *measured,
        "/s",
        2.0,
        note,
    )


def throughput(action: Callable[[int], None], clients: int, seconds: float) -> float:
    """How often a second so many threads did it, each with its own number."""
    done = [0] * clients
    failures: list[BaseException] = []
    end = perf_counter() + seconds

    def work(client: int) -> None:
        try:
            while perf_counter() < end:
                action(client)
                done[client] += 1
        except BaseException as failure:  # noqa: BLE001 raised again in the main thread
            failures.append(failure)

    start = perf_counter()
    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / (perf_counter() - start)


def get(store: Store, size: Size) -> Result:
    """``session.get`` with nothing in the identity map, inside an open transaction."""
    order = random.Random(1)
    keys = [f"c{order.randrange(size.contexts):06}" for _ in range(size.gets)]
    with Session(store.engine) as session:

        def timed(model: type[Row] | type[Account]) -> Timed:
            def look_up(turn: int) -> float:
                session.expunge_all()
                start = perf_counter()
                found = session.get(model, keys[turn])
                elapsed = perf_counter() - start
                assert found is not None
                return elapsed

            return look_up

        measured = interleaved(timed(Row), timed(Account), size.gets)
    return Result("session.get / of an ordinary row", store.name, *measured, "s", store.get_bar)


def select_all(store: Store, size: Size) -> Result:
    """All states as objects, and all ordinary rows as objects."""
    with Session(store.engine) as session:

        def timed(model: type[Row] | type[Account]) -> Timed:
            def read(_turn: int) -> float:
                session.expunge_all()
                start = perf_counter()
                found = session.scalars(select(model)).all()
                elapsed = perf_counter() - start
                assert len(found) >= size.contexts
                return elapsed

            return read

        measured = interleaved(timed(Row), timed(Account), size.rounds)
    return Result(f"select of {size.contexts:,} states / of ordinary rows", store.name, *measured, "s", 1.3)


def fold(store: Store, size: Size) -> Result:
    """Fold the whole log in the database (three fields, no snapshot), beside one SUM over the same table."""
    contexts = max(1, size.folded // 100)
    repository(Ledger, store.engine).append_many(new_events(contexts, 100))
    store.settle()
    event = Ledger.Event
    one_sum = select(event.id, func.sum(event.salary)).group_by(event.id)
    all_states = select(Ledger.id, Ledger.company, Ledger.title, Ledger.salary)
    measured = interleaved(
        _rows(store.engine, one_sum), _rows(store.engine, all_states), max(3, size.rounds // 2)
    )
    with Session(store.engine) as session:
        sums = dict(session.execute(one_sum).tuples().all())
        assert sums == {state.id: state.salary for state in session.execute(all_states)}
    assert len(sums) == contexts
    store.empty(Ledger)
    return Result(f"fold of {size.folded:,} events / GROUP BY with one SUM", store.name, *measured, "s", 3.0)


def _rows(engine: Engine, statement: Any) -> Timed:
    def timed(_turn: int) -> float:
        with Session(engine) as session:
            start = perf_counter()
            session.execute(statement).all()
            return perf_counter() - start

    return timed


def append_many(store: Store, size: Size) -> Result:
    """An import into empty tables in one transaction, beside the driver's own bulk load of finished rows."""
    contexts = max(1, size.imported // 10)
    events = list(new_events(contexts, 10))
    rows = list(known_rows(contexts, 10))
    accounts = repository(Account, store.engine)
    raw = store.connect()

    def floor(_turn: int) -> float:
        raw.execute(f"{store.emptying} raw_event")
        raw.commit()
        start = perf_counter()
        store.bulk_load(raw, rows)
        raw.commit()
        return perf_counter() - start

    def ours(_turn: int) -> float:
        store.empty(Account)
        start = perf_counter()
        assert accounts.append_many(events) == len(events)
        return perf_counter() - start

    measured = rates(interleaved(floor, ours, max(3, size.rounds // 2)), len(events))
    raw.close()
    case = f"append_many of {len(events):,} events / {store.bulk} of known rows"
    return Result(case, store.name, *measured, "/s", store.many_bar)
