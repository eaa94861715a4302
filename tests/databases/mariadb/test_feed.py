"""MariaDB's positions become visible out of order: which of the missing ones the feed waits for, and which it passes."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, event, make_url, select, text
from sqlalchemy.orm import Session

from sqla_osiris import OsirisError, SQLRepository
from tests.databases.clerks import Clerk, contexts, leave_a_hole


@pytest.fixture
def locks(engine):
    """The statements that lock tables, as they are sent."""
    sent: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("LOCK"):
            sent.append(statement)

    return sent


def test_a_feed_that_has_events_to_return_waits_for_no_lock(clerks, engine, locks):
    clerks.append("first", overtime=1)
    with Session(engine) as slow:
        SQLRepository(Clerk, slow).append("slow", overtime=1)
        clerks.append("quick", overtime=1)

        assert contexts(clerks.feed()) == ["first"]
        assert [lock.split()[-1] for lock in locks] == ["NOWAIT"]


def test_an_event_id_that_two_writers_bring_leaves_a_hole_that_is_passed(clerks, engine):
    identity = uuid4()
    with Session(engine) as session:
        # Its transaction sees the log before the other's event, and finds out when it inserts its own.
        session.scalars(select(Clerk.Event)).all()
        clerks.append("bob", overtime=1, event_id=identity)
        SQLRepository(Clerk, session).append("bob", overtime=1, event_id=identity)
        session.commit()
    clerks.append("bob", overtime=2)

    events = clerks.feed()

    assert [each.seq for each in events] == [1, 2]
    assert events[1].position > events[0].position + 1


def test_an_old_log_full_of_holes_is_settled_once(clerks, engine, locks):
    for number in range(12):
        clerks.append(f"e{number}", overtime=1)
        if number % 3 == 0:
            leave_a_hole(engine)
    for number in range(1, 12, 4):
        clerks.erase(f"e{number}")

    events, after = [], None
    for _ in range(20):
        page = clerks.feed(after=after, limit=2)
        events += page
        after = page[-1].position if page else after

    assert contexts(events) == [f"e{number}" for number in range(12) if number % 4 != 1]
    assert len(locks) == 1


def test_archived_events_fill_their_positions(clerks, locks):
    for number in range(6):
        clerks.append(f"e{number}", overtime=1)
    clerks.archive(before=datetime(2200, 1, 1, tzinfo=UTC))
    clerks.append("last", overtime=1)

    assert contexts(clerks.feed()) == ["e0", "e1", "e2", "e3", "e4", "e5", "last"]
    assert locks == []


def test_a_session_reads_what_is_committed_and_not_its_own_events(clerks, engine):
    clerks.append("before", overtime=1)
    with Session(engine) as session:
        mine = SQLRepository(Clerk, session)
        # From here on its own transaction sees the past.
        assert session.get(Clerk, "before").overtime == 1
        clerks.append("meanwhile", overtime=1)
        mine.append("own", overtime=1)
        clerks.append("after", overtime=1)

        early = mine.feed()
        assert contexts(early) == ["before", "meanwhile"]
        assert mine.feed(after=early[-1].position) == []
        session.commit()
        assert contexts(mine.feed(after=early[-1].position)) == ["own", "after"]


def test_no_lock_is_left_behind_and_the_pool_is_as_before(clerks, engine):
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)
    assert contexts(clerks.feed()) == ["bob"]

    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT @@max_statement_time")) == 0
    clerks.append("bob", overtime=2)


def test_without_the_privilege_a_hole_is_an_error_that_names_it(clerks, engine, mariadb_admin):
    database = engine.url.database
    with mariadb_admin.connect() as connection:
        connection.execute(text(f"CREATE USER 'reader_{database}'@'%'"))
        connection.execute(text(f"GRANT SELECT ON {database}.* TO 'reader_{database}'@'%'"))
    reading = create_engine(make_url(str(engine.url)).set(username=f"reader_{database}"))
    reader = SQLRepository(Clerk, reading)
    clerks.append("bob", overtime=1)
    assert contexts(reader.feed()) == ["bob"]
    leave_a_hole(engine)
    clerks.append("bob", overtime=2)
    assert contexts(reader.feed()) == ["bob"]
    with pytest.raises(OsirisError, match="GRANT LOCK TABLES"):
        reader.feed(after=1)

    reading.dispose()
    with mariadb_admin.connect() as connection:
        connection.execute(text(f"DROP USER 'reader_{database}'@'%'"))


def test_a_server_that_does_not_take_the_writes_cannot_tell_a_hole(clerks, engine, mariadb_admin):
    clerks.append("bob", overtime=1)
    leave_a_hole(engine)
    clerks.append("bob", overtime=2)
    with mariadb_admin.connect() as connection:
        connection.execute(text("SET GLOBAL read_only = 1"))
        try:
            assert contexts(clerks.feed()) == ["bob"]
            with pytest.raises(OsirisError, match="READ_ONLY"):
                clerks.feed(after=1)
        finally:
            connection.execute(text("SET GLOBAL read_only = 0"))


def test_a_steady_load_of_overlapping_writers_does_not_starve_the_feed(clerks, engine):
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)
    done = threading.Event()

    def overlap(number: int) -> None:
        while not done.is_set():
            with Session(engine) as session:
                SQLRepository(Clerk, session).append(f"e{number}", overtime=1)
                done.wait(0.03)
                session.commit()

    writers = [threading.Thread(target=overlap, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    try:
        read = []
        while not read:
            read = clerks.feed(limit=1)
    finally:
        done.set()
        for writer in writers:
            writer.join()

    assert contexts(read) == ["bob"]


def test_threads_that_share_a_repository_read_every_event(clerks, engine):
    """What one thread settles says nothing of rows that another has read before."""
    reader, pages = [], []
    has_read, goes_on = threading.Event(), threading.Event()

    @event.listens_for(engine, "after_cursor_execute")
    def pause(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.current_thread() in reader and "clerk_event" in statement and not has_read.is_set():
            has_read.set()
            goes_on.wait(10)

    reader.append(threading.Thread(target=lambda: pages.append([each.position for each in clerks.feed()])))
    with Session(engine) as slow:
        clerks.append("a", overtime=1)
        SQLRepository(Clerk, slow).append("slow", overtime=1)
        clerks.append("b", overtime=1)
        reader[0].start()
        assert has_read.wait(10)
        slow.commit()
    leave_a_hole(engine)
    clerks.append("c", overtime=1)
    clerks.feed()
    goes_on.set()
    reader[0].join()

    (page,) = pages
    assert page + [each.position for each in clerks.feed(after=page[-1])] == [1, 2, 3, 5]


def test_empty_feeds_beside_an_open_transaction_hold_writers_up_once(clerks, engine, locks):
    with Session(engine) as session:
        SQLRepository(Clerk, session).append("slow", overtime=1)
        clerks.append("b", overtime=1)
        for _ in range(4):
            assert clerks.feed() == []

    assert len([each for each in locks if "CONCURRENT" in each]) == 1
