"""Snapshots of views while others write: a late commit is not lost, nothing erased comes back, nothing is folded twice."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from sqla_osiris import SQLRepository, repository
from tests.conftest import DATABASES
from tests.repositories.races import somebody_else
from tests.views.stored_views import Person, falsify, hire, totals

SERVERS = [name for name in DATABASES if name != "sqlite"]
"""Those that have several writers at once."""


@pytest.mark.parametrize("database_url", SERVERS, indirect=True)
def test_an_event_that_commits_after_a_later_one_was_stored_is_not_lost(people, engine):
    hire(people, 1)
    people.snapshots()
    with Session(engine) as slow:
        repository(Person, slow).append("slow", company="acme", salary=10)
        people.append("quick", company="acme", salary=100)
        people.snapshots()
        assert totals(engine) == {"acme": 101}
        slow.commit()
    assert totals(engine) == {"acme": 111}
    people.snapshots()
    falsify(engine)
    assert totals(engine) == {"acme": 1_000_111}


INSERTION = "INSERT INTO stored_snapshot"


@contextmanager
def held_after(engine, part):
    """Has whoever has sent a statement with this part wait; gives what says that it is there, and what lets it go."""
    reached, go_on = Event(), Event()

    def hold(_connection, _cursor, statement, *_):
        if part in statement and not reached.is_set():
            reached.set()
            assert go_on.wait(20)

    event.listen(engine, "after_cursor_execute", hold)
    try:
        yield reached, go_on
    finally:
        go_on.set()
        event.remove(engine, "after_cursor_execute", hold)


def during_a_refresh(people, engine, other):
    """Begins the other call while a refresh has folded and not committed, and lets both end."""
    with ThreadPoolExecutor(2) as pool, held_after(engine, INSERTION) as (reached, go_on):
        refresh = pool.submit(people.snapshots)
        assert reached.wait(20)
        begun = pool.submit(other)
        with suppress(TimeoutError):
            begun.result(timeout=0.3)
        go_on.set()
        refresh.result()
        begun.result()


@pytest.mark.parametrize("database_url", SERVERS, indirect=True)
def test_an_erasure_during_a_refresh_comes_after_it(people, engine):
    hire(people, 1)
    people.append("jane", company="acme", salary=10)
    during_a_refresh(people, engine, lambda: people.erase("bob"))
    assert totals(engine) == {"acme": 10}


@pytest.mark.parametrize("first_ever", [True, False])
@pytest.mark.parametrize("database_url", SERVERS, indirect=True)
def test_a_refresh_during_an_erasure_waits_for_it(people, engine, first_ever):
    hire(people, 1)
    people.append("jane", company="acme", salary=10)
    if not first_ever:
        people.snapshots()
    with ThreadPoolExecutor(1) as pool, Session(engine) as session:
        repository(Person, session).erase("bob")
        refresh = pool.submit(people.snapshots)
        with suppress(TimeoutError):
            refresh.result(timeout=0.3)
        session.commit()
        refresh.result()
    assert totals(engine) == {"acme": 10}


@pytest.mark.parametrize("database_url", SERVERS, indirect=True)
def test_two_refreshes_at_once_fold_nothing_twice(people, engine):
    hire(people, 1)
    people.snapshots()
    hire(people, 10)
    during_a_refresh(people, engine, SQLRepository(Person, engine).snapshots)
    assert totals(engine) == {"acme": 11}


@pytest.mark.parametrize("database_url", SERVERS, indirect=True)
def test_a_refresh_keeps_nobody_from_appending(people, engine):
    """It reads what is committed: folding locks no events, nor the gap behind them."""
    hire(people, 1)
    with (
        ThreadPoolExecutor(1) as pool,
        somebody_else(engine) as other,
        held_after(engine, INSERTION) as (reached, go_on),
    ):
        refresh = pool.submit(people.snapshots)
        assert reached.wait(20)
        late = SQLRepository(Person, other).append("late", company="acme", salary=10)
        go_on.set()
        refresh.result(timeout=20)

    assert late.seq == 1
    assert totals(engine) == {"acme": 11}
