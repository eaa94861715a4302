"""An append on a MariaDB or MySQL engine is sent at once, and does all that the ordinary way does."""

import logging
from contextlib import contextmanager

import pymysql
import pytest
from pymysql.constants import CLIENT, COMMAND
from sqlalchemy import Integer, String, create_engine, make_url, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    Every,
    InvalidValue,
    Latest,
    repository,
)


class Base(DeclarativeBase):
    pass


class Employee(EventSourced, Base):
    __tablename__ = "employee"
    id = Context(String(40))
    company = Latest(String(40), nullable=True)
    overtime = Aggregate(Integer)


class Shift(EventSourced, Base):
    __tablename__ = "shift"
    __snapshot__ = Every(2)
    site = Context(String(8))
    day = Context(Integer)
    hours = Aggregate(Integer)


@pytest.fixture
def employees(engine):
    Base.metadata.create_all(engine)
    return repository(Employee, engine)


@contextmanager
def round_trips(monkeypatch):
    """The commands that PyMySQL sends inside the block."""
    sent = []
    send = pymysql.connections.Connection._execute_command

    def note(self, command, statement):
        sent.append((command, statement))
        return send(self, command, statement)

    with monkeypatch.context() as patch:
        patch.setattr(pymysql.connections.Connection, "_execute_command", note)
        yield sent


AROUND = {"mariadb": [], "mysql": [COMMAND.COM_SET_OPTION]}
"""What is sent before it and after it."""


@pytest.mark.parametrize("expected_seq", [None, 1])
def test_it_is_one_round_trip_and_on_mysql_two_around_it(employees, database, monkeypatch, expected_seq):
    employees.append("bob", overtime=1)

    with round_trips(monkeypatch) as sent:
        assert employees.append("bob", overtime=2, expected_seq=expected_seq).seq == 2

    around = AROUND[database]
    assert [command for command, _ in sent] == [*around, COMMAND.COM_QUERY, *around]
    assert employees.state("bob").overtime == 3


def test_it_is_one_round_trip_where_connections_take_several_statements(employees, url, monkeypatch):
    taking = create_engine(make_url(url).update_query_dict({"client_flag": str(CLIENT.MULTI_STATEMENTS)}))
    repository(Employee, taking).append("bob", overtime=1)

    with round_trips(monkeypatch) as sent:
        assert repository(Employee, taking).append("bob", overtime=2).seq == 2

    assert [command for command, _ in sent] == [COMMAND.COM_QUERY]
    taking.dispose()
    assert employees.state("bob").overtime == 3


@pytest.mark.parametrize("refused", [False, True])
def test_no_connection_is_left_that_takes_several_statements(employees, engine, refused):
    employees.append("bob", overtime=1)
    if refused:
        with pytest.raises(ConcurrentAppend):
            employees.append("bob", overtime=1, expected_seq=0)

    with engine.connect() as connection, pytest.raises(ProgrammingError, match="1064"):
        connection.execute(text("SELECT 1; SELECT 2"))


def test_values_end_no_statement(employees):
    company = "'; DROP TABLE employee_event; -- \\"
    employees.append("bob';", company=company, overtime=1)

    assert employees.state("bob';").company == company


def test_the_event_returned_is_the_event_stored(employees):
    employees.append("ann", overtime=1)
    fields = {"company": None, "overtime": 3}
    returned = employees.append("bob", event_type="worked late", event_meta={"by": "jane"}, **fields)

    assert [returned] == list(employees.history("bob"))
    assert returned.fields == fields
    assert (returned.seq, returned.position) == (1, 2)


def test_a_composite_context_and_its_snapshot(employees, engine):
    shifts = repository(Shift, engine)
    for hours in (3, 4, 5):
        shifts.append(("north", 7), hours=hours)

    assert shifts.state(("north", 7)).hours == 12
    with engine.connect() as connection:
        heads = Shift.Snapshot.__table__.c
        assert connection.execute(select(heads.seq, heads.osiris_folded)).one() == (3, 2)


@pytest.mark.parametrize(("expected_seq", "found_seq"), [(7, 1), (0, 1)])
def test_a_lost_race_is_told_and_changes_nothing(employees, engine, expected_seq, found_seq):
    employees.append("bob", overtime=3)

    with pytest.raises(ConcurrentAppend) as refused:
        employees.append("bob", overtime=4, expected_seq=expected_seq)

    assert refused.value.found_seq == found_seq
    assert employees.append("bob", overtime=1).seq == 2
    assert engine.pool.checkedout() == 0


def test_an_erased_stream_and_a_sum_out_of_range_are_told(employees):
    employees.append("bob", overtime=2**31 - 1)
    for _ in range(3):
        employees.append("gone", overtime=1)
    employees.erase("gone")

    for expected_seq in (None, 0, 3):
        with pytest.raises(ContextErased, match="'gone'"):
            employees.append("gone", overtime=1, expected_seq=expected_seq)
    with pytest.raises(InvalidValue, match="overtime"):
        employees.append("bob", overtime=2**31)
    with pytest.raises(InvalidValue, match="40"):
        employees.append("b" * 41, overtime=1)
    assert employees.append("bob", overtime=0).seq == 2


@pytest.mark.parametrize("isolation_level", ["REPEATABLE READ", "AUTOCOMMIT"])
def test_an_event_that_is_refused_leaves_no_head(employees, engine, isolation_level):
    with engine.begin() as connection:
        refusing = "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'guarded'"
        connection.execute(text(f"CREATE TRIGGER guard BEFORE INSERT ON employee_event {refusing}"))
    guarded = create_engine(engine.url, isolation_level=isolation_level, hide_parameters=True)

    with pytest.raises(OperationalError, match="guarded") as raised:
        repository(Employee, guarded).append("bob", overtime=13, company="Hooly")

    assert "Hooly" not in str(raised.value)
    guarded.dispose()
    with Session(engine) as session:
        assert session.scalars(select(Employee.Snapshot)).all() == []


def test_a_lost_connection_is_told_and_the_event_is_not_sent_again(employees, engine, database, request):
    employees.append("bob", overtime=1)
    with engine.connect() as connection:
        mine = connection.scalar(text("SELECT connection_id()"))
    with request.getfixturevalue(f"{database}_admin").connect() as connection:
        connection.execute(text(f"KILL {mine:d}"))

    with pytest.raises(OperationalError) as raised:
        employees.append("bob", overtime=1)

    assert raised.value.connection_invalidated
    assert employees.append("bob", overtime=1).seq == 2


def test_a_log_shows_the_ordinary_statements(employees, caplog):
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        employees.append("bob", overtime=3)

    assert "INSERT INTO employee_event" in caplog.text
