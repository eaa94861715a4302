"""MySQL's positions become visible out of order: for which missing ones the feed waits, looking who may fill them."""

import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from sqla_osiris import OsirisError, SQLRepository
from tests.databases.clerks import Clerk, contexts, leave_a_hole
from tests.statements import counted


def test_a_steady_stream_of_writers_delays_no_feed_for_ever(clerks, engine):
    """At no moment is nobody writing; those who wrote when a position was seen are gone soon."""
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)
    sessions = [Session(engine) for _ in range(3)]
    found: list[str] = []
    for number in range(12):
        one = sessions[number % 3]
        one.rollback()
        SQLRepository(Clerk, one).append(f"w{number}", overtime=1)
        found = contexts(clerks.feed())
        if found:
            break
    for one in sessions:
        one.close()

    assert found[:1] == ["bob"]


def test_no_writer_waits_for_a_feed_that_waits(clerks, engine):
    slow = Session(engine)
    SQLRepository(Clerk, slow).append("slow", overtime=1)
    clerks.append("quick", overtime=1)
    reads = threading.Thread(target=lambda: [clerks.feed() for _ in range(10)])
    reads.start()
    longest = 0.0
    for _ in range(50):
        began = time.monotonic()
        clerks.append("writer", overtime=1)
        longest = max(longest, time.monotonic() - began)
    reads.join()
    slow.rollback()

    # A lock that is waited for costs a whole second.
    assert longest < 1


def test_what_was_settled_is_not_looked_up_again(clerks, engine):
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)
    assert contexts(clerks.feed()) == ["bob"]

    with counted(engine) as statements:
        assert contexts(clerks.feed()) == ["bob"]

    assert not any("metadata_locks" in each for each in statements)


@contextmanager
def reader_of(engine, admin, *grants):
    """A user who may read the database, and what else is granted."""
    name = f"'reader_{engine.url.database[-12:]}'@'%'"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE USER {name}"))
        for granted in (f"SELECT ON {engine.url.database}.*", *grants):
            connection.execute(text(f"GRANT {granted} TO {name}"))
    reading = create_engine(make_url(str(engine.url)).set(username=name.split("'")[1]))
    yield SQLRepository(Clerk, reading)
    reading.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP USER {name}"))


def test_without_the_privilege_a_hole_is_an_error_that_names_it(clerks, engine, mysql_admin):
    clerks.append("first", overtime=1)
    leave_a_hole(engine)
    clerks.append("second", overtime=1)
    with reader_of(engine, mysql_admin) as reader:
        (first,) = reader.feed()
        with pytest.raises(OsirisError, match=r"GRANT SELECT ON performance_schema\.metadata_locks"):
            reader.feed(after=first.position)


def test_with_the_privilege_a_hole_is_passed(clerks, engine, mysql_admin):
    leave_a_hole(engine)
    clerks.append("second", overtime=1)
    with reader_of(engine, mysql_admin, "SELECT ON performance_schema.metadata_locks") as reader:
        assert contexts(reader.feed()) == ["second"]


INSTRUMENT = (
    "UPDATE performance_schema.setup_instruments SET enabled = :to WHERE name = 'wait/lock/metadata/sql/mdl'"
)


def test_locks_that_are_not_shown_are_not_taken_for_none(clerks, engine, mysql_admin):
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)
    with mysql_admin.connect() as connection:
        connection.execute(text(INSTRUMENT), {"to": "NO"})
        try:
            engine.dispose()
            with pytest.raises(OsirisError, match="wait/lock/metadata/sql/mdl"):
                clerks.feed()
        finally:
            connection.execute(text(INSTRUMENT), {"to": "YES"})


def test_a_server_that_does_not_take_the_writes_is_refused(clerks, engine, mysql_admin):
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)
    with mysql_admin.connect() as connection:
        connection.execute(text("SET GLOBAL read_only = ON"))
        try:
            with pytest.raises(OsirisError, match="read_only"):
                clerks.feed()
        finally:
            connection.execute(text("SET GLOBAL read_only = OFF"))


def test_an_engine_that_commits_by_itself_reads_the_feed_too(clerks, engine):
    leave_a_hole(engine)
    clerks.append("bob", overtime=1)

    assert contexts(SQLRepository(Clerk, engine.execution_options(isolation_level="AUTOCOMMIT")).feed()) == [
        "bob"
    ]
