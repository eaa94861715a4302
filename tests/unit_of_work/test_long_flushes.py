"""A flush of many objects asks for what it must know some hundreds at a time, and keeps what belongs together in order."""

import pytest
from sqlalchemy import select

from sqla_osiris.databases import base, postgresql
from tests.unit_of_work.hr import Employee, Note


@pytest.fixture
def team(session, monkeypatch):
    """Five employees, of whom two are asked for at a time."""
    monkeypatch.setattr(base, "CONTEXTS_A_STATEMENT", 2)
    monkeypatch.setattr(postgresql, "CONTEXTS_AN_ARRAY", 2)
    employees = [Employee(id=f"e{n}", company="Hooly", overtime=n) for n in range(5)]
    session.add_all(employees)
    session.commit()
    return employees


def test_what_stood_in_expired_objects_is_loaded(session, team):
    for n, employee in enumerate(team):
        employee.overtime = 10 * n
    session.commit()

    touches = select(Employee.Event.overtime).where(Employee.Event.seq == 2).order_by(Employee.Event.id)
    assert session.scalars(touches).all() == [9 * n for n in range(1, 5)]


def test_what_expired_objects_hold_already_is_no_change(session, team):
    for employee in team:
        employee.company = "Hooly"
    session.commit()

    assert session.scalars(select(Employee.Event.seq)).all() == [1] * 5


def test_documents_that_changed_in_place_and_were_replaced_differ_from_what_is_stored(session, team):
    notes = [Note(id=f"n{n}", draft={"kept": n, "left": n}) for n in range(5)]
    session.add_all(notes)
    session.commit()
    with session.no_autoflush:
        for n, note in enumerate(notes):
            note.draft["new"] = n
            note.draft = {"kept": n}
    session.commit()

    assert [note.draft for note in notes] == [{"kept": n} for n in range(5)]


def test_where_their_streams_stand_is_loaded(session, team):
    for employee in team:
        employee.company = "Acme"
    session.commit()
    for employee in team:
        session.delete(employee)
    session.commit()

    seqs = select(Employee.Event.id, Employee.Event.seq).order_by(Employee.Event.id, Employee.Event.seq)
    assert [tuple(row) for row in session.execute(seqs)] == [
        (f"e{n}", seq) for n in range(5) for seq in (1, 2, 3)
    ]


def test_an_object_takes_another_ones_place_beside_new_ones(session, team):
    session.delete(team[3])
    session.add_all(Employee(id=each, company="Acme") for each in ("a", "e3", "z"))
    session.commit()

    companies = select(Employee.id).where(Employee.company == "Acme").order_by(Employee.id)
    assert session.scalars(companies).all() == ["a", "e3", "z"]
    assert (session.get(Employee, "e3").seq, session.get(Employee, "e3").overtime) == (3, 0)
