"""The feed beside open transactions: what sequences and AUTO_INCREMENT alone would lose. tests/stores has the rest."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sqla_osiris import ConcurrentAppend, NewEvent, OsirisError, SQLRepository
from sqla_osiris.databases import elements
from sqla_osiris.databases.postgresql.positions import position_expression
from sqla_osiris.databases.registry import database_of
from sqla_osiris.repositories.sql.reading import events_of
from tests.conftest import DATABASES
from tests.repositories.models import InlineEmployee, contents


@pytest.fixture(params=[kind for kind in ("postgresql", "mariadb", "mysql") if kind in DATABASES])
def many_writers(request, open_store):
    """On the databases that let several transactions write at a time."""
    return open_store(request.param, InlineEmployee)


@pytest.fixture
def postgresql(open_store):
    return open_store("postgresql", InlineEmployee)


def naive_feed(repository, after):
    """The reader that most logs have: by position, everything that is visible."""
    events = InlineEmployee.Event.__table__
    query = select(events).where(events.c.position > after).order_by(events.c.position)
    with repository._target.connect() as connection:
        rows = connection.execute(query).all()
    return rows, max([after, *(row.position for row in rows)])


def test_a_slow_transaction_that_took_its_position_early_is_read_when_it_commits(many_writers):
    with Session(many_writers._target) as slow:
        SQLRepository(InlineEmployee, slow).append("slow", overtime=1)
        many_writers.append("quick", overtime=2)

        first = many_writers.feed()
        naively, naive_position = naive_feed(many_writers, 0)
        slow.commit()

    # The naive reader has passed the slow one's position, and never sees its event: that is what it loses.
    assert [row.id for row in naively] == ["quick"]
    assert naive_feed(many_writers, naive_position)[0] == []
    # Ours waits for it.
    assert first == []
    assert [event.context for event in many_writers.feed()] == ["slow", "quick"]


def test_what_a_slow_transaction_rolled_back_holds_nothing_up(many_writers):
    with Session(many_writers._target) as slow:
        SQLRepository(InlineEmployee, slow).append("slow", overtime=1)
        many_writers.append("quick", overtime=2)
        first = many_writers.feed()
        slow.rollback()

    assert first == []
    assert [event.context for event in many_writers.feed()] == ["quick"]


def test_a_transaction_that_took_its_id_early_and_its_position_late_is_not_lost(postgresql):
    with Session(postgresql._target) as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        postgresql.append("quick", overtime=2)
        position = (postgresql.feed() or [None])[-1]
        SQLRepository(InlineEmployee, slow).append("slow", overtime=1)
        slow.commit()

    assert position is None
    assert {event.context for event in postgresql.feed()} == {"slow", "quick"}


def test_an_older_transaction_that_writes_the_later_event_of_a_context_keeps_the_order_of_seq(postgresql):
    # By transaction ids alone, bob's second event would stand before his first, and be read before it.
    with Session(postgresql._target) as older, Session(postgresql._target) as running:
        older.execute(text("SELECT pg_current_xact_id()"))
        running.execute(text("SELECT pg_current_xact_id()"))
        postgresql.append("bob", company="first")
        SQLRepository(InlineEmployee, older).append("bob", company="second")
        older.commit()
        while_running = postgresql.feed()
        running.rollback()

    assert [event.seq for event in while_running] == []
    assert [event.seq for event in postgresql.feed()] == [1, 2]


@pytest.mark.parametrize("in_batches", [False, True])
def test_a_batch_by_an_older_transaction_keeps_the_order_of_seq(postgresql, in_batches):
    with Session(postgresql._target) as older:
        older.execute(text("SELECT pg_current_xact_id()"))
        postgresql.append_many([NewEvent("bob", {"overtime": 1})] * 2)
        late = SQLRepository(InlineEmployee, older)
        if in_batches:
            late.append_many([NewEvent("bob", {"overtime": 2})] * 2)
        else:
            late.append("bob", overtime=2)
        older.commit()

    assert [event.seq for event in postgresql.feed()] == list(range(1, 5 if in_batches else 4))


def test_a_feed_of_a_session_shows_none_of_its_own_events(postgresql):
    postgresql.append("before", overtime=1)
    with Session(postgresql._target) as session:
        mine = SQLRepository(postgresql.model, session)
        mine.append("own", overtime=1)
        postgresql.append("after", overtime=1)
        assert [event.context for event in mine.feed()] == ["before"]
        session.rollback()

    assert [event.context for event in postgresql.feed()] == ["before", "after"]


def test_a_log_restored_from_another_server_is_told_until_its_epoch_is_raised(postgresql):
    first = postgresql.append("bob", overtime=1)
    engine = postgresql._target
    with engine.begin() as connection:
        # As a dump of a server whose transaction ids are far ahead leaves it.
        for table in ("inline_employee_event", "inline_employee_snapshot"):
            connection.execute(text(f"UPDATE {table} SET osiris_xid = osiris_xid + 1000000000"))
    with pytest.raises(OsirisError, match=r"sqla_osiris\.epoch"):
        postgresql.feed(after=first.position)

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET sqla_osiris.epoch = '1'"))
    engine.dispose()
    restored = postgresql.feed(after=first.position)
    later = postgresql.append("bob", overtime=2)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} RESET sqla_osiris.epoch"))

    assert [event.seq for event in restored] == [1]
    assert later.position > restored[0].position


@pytest.mark.parametrize("kind", DATABASES)
def test_readers_beside_writers_read_every_event_once(open_store, kind):
    repository = open_store(kind, InlineEmployee)
    writers, appends = 6, 40
    done = threading.Event()

    def write(number):
        for turn in range(appends):
            if turn % 3:
                repository.append(f"hot{turn % 2}", overtime=1)
                continue
            # MariaDB may find transactions that write several contexts in a deadlock.
            with suppress(ConcurrentAppend), Session(repository._target) as session:
                mine = SQLRepository(InlineEmployee, session)
                mine.append(f"own{number}", overtime=1)
                mine.append(f"hot{turn % 2}", overtime=1)
                session.commit() if turn % 2 else session.rollback()

    def follow():
        events, after = [], None
        while True:
            finished = done.is_set()
            page = repository.feed(after=after, limit=7)
            events += page
            after = page[-1].position if page else after
            if finished and not page:
                return events

    with ThreadPoolExecutor(writers + 2) as pool:
        readers = [pool.submit(follow) for _ in range(2)]
        try:
            list(pool.map(write, range(writers)))
        finally:
            done.set()
        read = [reader.result() for reader in readers]

    contexts = {"hot0", "hot1", *(f"own{number}" for number in range(writers))}
    for events in read:
        for context in contexts:
            mine = [event for event in events if event.context == context]
            assert contents(mine) == contents(repository.history(context))


def test_a_row_of_the_event_table_is_read_as_its_event(sql):
    repository = sql(InlineEmployee)
    appended = repository.append("bob", overtime=1, company=None)

    with repository._target.connect() as connection:
        row = connection.execute(select(InlineEmployee.Event.__table__)).one()

    columns = [(value,) for value in row]
    assert events_of(InlineEmployee.__osiris__, database_of(repository._target.dialect), columns) == [
        appended
    ]


def test_a_driver_s_error_amid_the_rows_comes_as_sqlalchemy_s(tmp_path):
    repository = SQLRepository(InlineEmployee, create_engine(f"sqlite:///{tmp_path / 'log.db'}"))
    repository.create()
    repository.append("bob", company="Hooly")
    with repository._target.begin() as connection:
        connection.execute(text("UPDATE inline_employee_event SET company = CAST(x'ff' AS TEXT)"))

    with pytest.raises(OperationalError, match="UTF-8"):
        repository.feed()
    repository._target.dispose()


def test_sqlalchemy_compiles_the_statements_of_appends_and_feeds_once(postgresql):
    events = InlineEmployee.Event.__table__.c
    parts = [
        elements.transaction_id(),
        elements.Horizon(),
        position_expression(events),
    ]
    assert all(part._generate_cache_key() is not None for part in parts)
    cache = postgresql._target._compiled_cache
    postgresql.append("bob", overtime=1)
    position = postgresql.feed()[-1].position
    postgresql.state("bob", at=1)
    compiled = set(cache)

    postgresql.append("bob", overtime=2)
    postgresql.feed(after=position, limit=1)
    postgresql.state("bob", at=2)

    assert set(cache) == compiled
    assert any("pg_snapshot_xmin" in str(found) for found in cache.values())
