"""What MySQL does in its own way, and what of a server's settings is refused or does not matter."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, Integer, String, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Inline,
    Latest,
    Merge,
    Never,
    NewEvent,
    OsirisError,
    SQLRepository,
)


class Base(DeclarativeBase):
    pass


class Employee(EventSourced, Base):
    __tablename__ = "employee"
    __append_only__ = True
    __snapshots__ = Inline()
    id = Context(String(40))
    title: Mapped[str | None] = Latest()
    overtime = Aggregate(Integer)
    papers: Mapped[Any | None] = Latest(JSON)


class Customer(EventSourced, Base):
    __tablename__ = "customer"
    __snapshot_table__ = "customer"
    __append_only__ = True
    __snapshots__ = Inline()
    id = Context(String(40))
    name: Mapped[str | None] = Latest()


class Ticket(EventSourced, Base):
    __tablename__ = "ticket"
    id: Mapped[int] = Context()
    title: Mapped[str | None] = Latest()


class Note(EventSourced, Base):
    __tablename__ = "note"
    __snapshot__ = Never()
    id = Context(String(40))
    words = Aggregate(JSON, reducer=Merge())


@pytest.fixture
def employees(engine):
    Base.metadata.create_all(engine)
    return SQLRepository(Employee, engine)


PAPERS = {"z": 1, "a": [1.10, 18446744073709551616, 12345678901234567890123], "deep": {"b": None}}


def test_a_document_comes_back_as_it_was_given(employees):
    employees.append("bob", papers=PAPERS, event_meta=PAPERS)
    (event,) = employees.history("bob")

    assert repr(event.fields["papers"]) == repr(PAPERS) == repr(event.event_meta)
    assert repr(employees.state("bob").papers) == repr(PAPERS)


def test_what_is_no_document_is_refused_by_the_server(employees, engine):
    employees.append("bob", papers=PAPERS)
    with engine.begin() as connection:
        connection.execute(text("SET @sqla_osiris_unlocked = 1"))
        with pytest.raises(DBAPIError, match="3819"):
            connection.execute(text("UPDATE employee_event SET papers = '{'"))
        connection.execute(text("SET @sqla_osiris_unlocked = NULL"))


@pytest.mark.parametrize("statement", ["TRUNCATE employee_event", "TRUNCATE customer"])
def test_a_truncate_is_refused(employees, engine, statement):
    employees.append("bob", overtime=1)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="1701"):
        connection.execute(text(statement))


def test_all_of_it_is_dropped_again(employees, engine):
    Base.metadata.drop_all(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW TABLES")).all() == []


def test_a_session_in_another_time_zone_writes_the_same_moments(mysql_database, employees):
    away = create_engine(mysql_database, connect_args={"init_command": "SET time_zone = '+09:00'"})
    before = datetime.now(UTC)
    event = SQLRepository(Employee, away).append("bob", overtime=1)
    SQLRepository(Employee, away).append_many([NewEvent("ann", {"overtime": 1})])

    for (each,) in (employees.history("bob"), employees.history("ann")):
        assert timedelta(seconds=-5) < each.recorded_at - before < timedelta(seconds=5)
    assert next(iter(employees.history("bob"))).recorded_at == event.recorded_at
    away.dispose()


def test_a_server_that_cuts_off_what_does_not_fit_is_refused(mysql_database, employees):
    lenient = create_engine(mysql_database, connect_args={"init_command": "SET sql_mode = ''"})
    with pytest.raises(OsirisError, match="STRICT_TRANS_TABLES"):
        SQLRepository(Employee, lenient).append("bob", overtime=1)

    assert list(employees.history("bob")) == []
    lenient.dispose()


def test_tables_are_of_innodb_whatever_the_default_is(mysql_database):
    other = create_engine(
        mysql_database, connect_args={"init_command": "SET default_storage_engine = 'MyISAM'"}
    )
    Base.metadata.create_all(other)
    with other.connect() as connection:
        engines = connection.execute(
            text("SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = database()")
        )
        assert engines.scalars().all() == ["InnoDB"]
    other.dispose()


@pytest.mark.parametrize("table", ["ticket_event", "ticket_snapshot"])
def test_a_table_without_transactions_is_refused_and_says_what_to_run(engine, table):
    Base.metadata.create_all(engine)
    tickets = SQLRepository(Ticket, engine)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} ENGINE = MyISAM"))
    writes = {
        "append": lambda: tickets.append(1, title="broken"),
        "append_many": lambda: tickets.append_many([NewEvent(1, {"title": "broken"})]),
        "flush": lambda: flush(engine),
    }
    for write in writes.values():
        with pytest.raises(OsirisError, match=f"{table} is MyISAM's.* ALTER TABLE {table} ENGINE = InnoDB"):
            write()

    assert list(tickets.history(1)) == []
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} ENGINE = InnoDB"))
    assert tickets.append(1, title="broken").seq == 1


def flush(engine):
    with Session(engine) as session:
        session.add(Ticket(id=1, title="broken"))
        session.commit()


def test_a_packet_that_is_too_great_writes_nothing(employees, engine, mysql_admin):
    with mysql_admin.connect() as connection:
        greatest = connection.scalar(text("SELECT @@max_allowed_packet"))
    with pytest.raises(DBAPIError):
        employees.append("bob", title="x" * (greatest + 1))

    assert list(employees.history("bob")) == []
    assert employees.append("bob", title="x").seq == 1


def test_no_variable_cuts_off_what_python_folds(engine):
    notes = SQLRepository(Note, engine)
    notes.create()
    for number in range(30):
        notes.append("bob", words={f"key {number}": "x" * 50, "last": 12345678901234567890123})
    with Session(engine) as session:
        session.execute(text("SET group_concat_max_len = 4"))
        assert len(session.get(Note, "bob").words) == 31
        assert session.get(Note, "bob").words["last"] == 12345678901234567890123


def test_a_deadlock_undoes_the_whole_transaction_and_says_so(employees, engine):
    for name in ("ann", "bob"):
        employees.append(name, overtime=1)
    with Session(engine) as one, Session(engine) as other:
        SQLRepository(Employee, one).append("ann", overtime=1)
        SQLRepository(Employee, other).append("bob", overtime=1)
        outcomes: list[Any] = []

        def cross(session, name):
            try:
                SQLRepository(Employee, session).append(name, overtime=1)
                session.commit()
                outcomes.append(None)
            except ConcurrentAppend as error:
                outcomes.append(error)
                session.rollback()

        thread = threading.Thread(target=cross, args=(other, "ann"))
        thread.start()
        cross(one, "bob")
        thread.join()

    lost = [each for each in outcomes if each is not None]
    assert len(lost) == 1
    assert lost[0].undone
    assert sorted(len(list(employees.history(name))) for name in ("ann", "bob")) == [2, 2]


def test_keys_follow_one_another_in_the_order_of_the_flush(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        tickets = [Ticket(title=f"t{number}") for number in range(1_200)]
        session.add_all(tickets)
        session.commit()
        assert [each.id for each in tickets] == list(range(1, 1_201))
        assert session.get(Ticket, 700).title == "t699"


def test_keys_step_as_the_server_counts(mysql_database):
    stepping = create_engine(
        mysql_database,
        connect_args={"init_command": "SET auto_increment_increment = 10, auto_increment_offset = 3"},
    )
    Base.metadata.create_all(stepping)
    with Session(stepping) as session:
        tickets = [Ticket(title=f"t{number}") for number in range(4)]
        session.add_all(tickets)
        session.commit()
        assert [each.id for each in tickets] == [3, 13, 23, 33]
        titles = {each.id: each.title for each in session.query(Ticket).all()}
    assert titles == {3: "t0", 13: "t1", 23: "t2", 33: "t3"}
    stepping.dispose()


def test_how_far_the_positions_are_is_looked_up_anew(employees, engine):
    """Where somebody has looked at the tables, the server keeps what it told for a day."""
    employees.append("bob", overtime=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text("SELECT auto_increment FROM information_schema.tables WHERE table_schema = database()")
        )
    employees.append("bob", overtime=1)
    (*_, last) = employees.feed()

    assert employees.feed(after=last.position) == []
    with pytest.raises(OsirisError, match="has not come that far"):
        employees.feed(after=99)


def test_a_look_at_the_newest_statistics_leaves_the_session_as_it_was(mysql_database):
    asked = text("SELECT @@SESSION.information_schema_stats_expiry")
    one = create_engine(mysql_database, pool_size=1, max_overflow=0)
    Base.metadata.create_all(one)
    employees = SQLRepository(Employee, one)
    employees.append("bob", overtime=1)
    with one.begin() as connection:
        connection.execute(text("SET SESSION information_schema_stats_expiry = 7"))
    with pytest.raises(OsirisError, match="has not come that far"):
        employees.feed(after=99)
    with one.connect() as connection:
        assert connection.scalar(asked) == 7
    one.dispose()
