"""How many statements each use costs, beside BEGIN and COMMIT."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, repository
from tests.statements import counted
from tests.unit_of_work.hr import Desk, Employee

MANY = 1_000


OF_ONE = {"mysql": 3}
"""MySQL's INSERT returns nothing: the head is read between its statement and the event's."""


@pytest.fixture
def employees(hr_engine):
    """A thousand employees, each with one event."""
    repository(Employee, hr_engine).append_many(
        NewEvent(f"e{number:04}", {"company": "Hooly", "overtime": number}) for number in range(MANY)
    )


def test_loading_an_object_is_one_statement(hr_engine, employees):
    with Session(hr_engine) as session, counted(hr_engine) as statements:
        assert session.get(Employee, "e0007").overtime == 7

    assert len(statements) == 1


def test_a_state_from_the_repository_is_one_statement(hr_engine, employees):
    with counted(hr_engine) as statements:
        assert repository(Employee, hr_engine).state("e0007").overtime == 7

    assert len(statements) == 1


def test_refreshing_an_object_is_one_statement(hr_engine, employees):
    with Session(hr_engine) as session:
        employee = session.get(Employee, "e0007")
        with counted(hr_engine) as statements:
            session.refresh(employee)

    assert len(statements) == 1


def test_a_commit_of_one_changed_object_is_at_most_two_statements(hr_engine, employees):
    with Session(hr_engine) as session:
        session.get(Employee, "e0007").overtime += 1
        with counted(hr_engine) as statements:
            session.commit()

    assert 1 <= len(statements) <= OF_ONE.get(hr_engine.dialect.name, 2)


def test_a_commit_of_one_added_object_is_at_most_two_statements(hr_engine, employees):
    with Session(hr_engine) as session:
        session.add(Employee(id="bob", company="Hooly"))
        with counted(hr_engine) as statements:
            session.commit()

    assert 1 <= len(statements) <= OF_ONE.get(hr_engine.dialect.name, 2)


def test_a_commit_of_one_deleted_object_is_at_most_two_statements(hr_engine, employees):
    with Session(hr_engine) as session:
        session.delete(session.get(Employee, "e0007"))
        with counted(hr_engine) as statements:
            session.commit()

    assert 1 <= len(statements) <= OF_ONE.get(hr_engine.dialect.name, 2)


def test_a_commit_of_a_thousand_changed_objects_is_a_bounded_number_of_statements(hr_engine, employees):
    with Session(hr_engine) as session:
        for employee in session.scalars(select(Employee)).all():
            employee.overtime += 1
        with counted(hr_engine) as statements:
            session.commit()

    assert len(statements) <= 20


def test_a_commit_of_a_thousand_added_objects_is_a_bounded_number_of_statements(hr_engine):
    with Session(hr_engine) as session:
        session.add_all([Employee(id=f"e{number}", overtime=number) for number in range(MANY)])
        with counted(hr_engine) as statements:
            session.commit()

    assert len(statements) <= 20


def test_an_append_is_one_statement_on_postgresql_and_two_elsewhere(hr_engine, employees):
    with counted(hr_engine) as statements:
        repository(Employee, hr_engine).append("e0007", overtime=1)

    assert len(statements) <= {"postgresql": 1, **OF_ONE}.get(hr_engine.dialect.name, 2)


def test_appending_many_events_is_a_bounded_number_of_statements(hr_engine):
    with counted(hr_engine) as statements:
        repository(Employee, hr_engine).append_many(
            NewEvent(f"e{number % 100}", {"overtime": 1}) for number in range(MANY)
        )

    assert len(statements) <= 20


def test_reading_a_thousand_states_is_one_statement(hr_engine, employees):
    with counted(hr_engine) as statements:
        states = list(repository(Employee, hr_engine).states())

    assert len(states) == MANY
    assert len(statements) == 1


def test_a_commit_of_a_thousand_changed_objects_that_had_expired_loads_their_seqs_together(
    hr_engine, employees
):
    with Session(hr_engine) as session:
        everyone = session.scalars(select(Employee)).all()
        session.commit()
        for employee in everyone:
            employee.title = "VP"
        with counted(hr_engine) as statements:
            session.commit()

    # MariaDB's upsert returns nothing: the heads are read after it.
    assert len(statements) <= {"mariadb": 6, "mysql": 6}.get(hr_engine.dialect.name, 5)


def test_a_transfer_by_atomic_expressions_is_one_statement_on_postgresql(hr_engine, employees):
    with Session(hr_engine) as session:
        payer, payee = session.scalars(select(Employee).limit(2))
        payer.overtime, payee.overtime = Employee.overtime - 1, Employee.overtime + 1
        with counted(hr_engine) as statements:
            session.commit()

    # SQLite's, MariaDB's and MySQL's statements return nothing: the heads are read after theirs.
    assert len(statements) == {"postgresql": 1, "mariadb": 3, "mysql": 3, "sqlite": 4}[hr_engine.dialect.name]


def test_an_event_that_can_begin_no_stream_costs_no_further_statement(hr_engine):
    desks = repository(Desk, hr_engine)
    desks.append("d1", floor="1")
    with counted(hr_engine) as whole:
        desks.append("d1", floor="2")
    with counted(hr_engine) as lacking:
        assert desks.append("d1").seq == 3

    assert len(lacking) == len(whole)


def test_a_batch_of_events_that_can_begin_no_stream_costs_a_savepoint_at_most(hr_engine):
    desks = repository(Desk, hr_engine)
    whole = [NewEvent(f"d{number:04}", {"floor": "1"}) for number in range(MANY)]
    desks.append_many(whole)
    with counted(hr_engine) as complete:
        desks.append_many(whole)
    with counted(hr_engine) as lacking:
        desks.append_many(NewEvent(event.context, {}) for event in whole)

    assert len(lacking) <= len(complete) + 3
