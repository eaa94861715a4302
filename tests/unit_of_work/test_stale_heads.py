"""A flush onto heads that another version of the model folded: they are folded anew, whatever they held."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sqla_osiris import ConcurrentAppend, repository
from tests.unit_of_work.hr import Employee

HEADS = Employee.Snapshot.__table__
OTHERS = 7
"""The fingerprint of another version of the model."""


@pytest.fixture
def crew(session):
    """Five employees; the heads of the first two are not this model's."""
    session.add_all([Employee(id=f"e{number}", overtime=number, company="Hooly") for number in range(5)])
    session.commit()
    make_stale(session, "e0", "e1")
    return session.scalars(select(Employee).order_by(Employee.id)).all()


def make_stale(session, *contexts):
    garbage = {"osiris_fingerprint": OTHERS, "overtime": None, "company": "garbage"}
    session.execute(update(HEADS).where(HEADS.c.id.in_(contexts)).values(garbage))
    session.commit()


def states(engine):
    with Session(engine) as session:
        return session.execute(
            select(Employee.overtime, Employee.title, Employee.seq).order_by(Employee.id)
        ).all()


def test_a_flush_of_fresh_and_stale_heads_folds_all_of_them(hr_engine, session, crew):
    for employee in crew:
        employee.overtime += 10
        employee.title = "VP"
    session.commit()

    assert states(hr_engine) == [(10 + number, "VP", 2) for number in range(5)]
    assert OTHERS not in session.scalars(select(HEADS.c.osiris_fingerprint)).all()
    assert set(session.scalars(select(HEADS.c.company))) == {"Hooly"}


@pytest.mark.parametrize("overtaken", ["e0", "e4"])
def test_a_lost_race_among_stale_heads_is_told_of_the_one_that_lost(hr_engine, session, crew, overtaken):
    assert all(employee.seq == 1 for employee in crew)
    session.rollback()
    before = states(hr_engine)
    with Session(hr_engine, expire_on_commit=False) as late:
        loaded = late.scalars(select(Employee).order_by(Employee.id)).all()
        late.commit()
        repository(Employee, hr_engine).append(overtaken, company="Acme")
        make_stale(session, "e0", "e1")
        for employee in loaded:
            employee.overtime += 10

        with pytest.raises(ConcurrentAppend) as lost:
            late.commit()

    assert (lost.value.context, lost.value.expected_seq, lost.value.found_seq) == (overtaken, 1, 2)
    assert [row.overtime for row in states(hr_engine)] == [row.overtime for row in before]


def test_an_ended_stream_among_stale_heads_is_a_lost_race(hr_engine, session, crew):
    with Session(hr_engine, expire_on_commit=False) as late:
        loaded = late.scalars(select(Employee).order_by(Employee.id)).all()
        late.commit()
        session.delete(crew[3])
        session.commit()
        for employee in loaded:
            employee.overtime += 10

        with pytest.raises(ConcurrentAppend, match=r"e3.*gone"):
            late.commit()


def test_objects_that_end_leave_no_stale_head(session, crew):
    for employee in crew:
        session.delete(employee)
    session.commit()

    assert session.scalars(select(Employee)).all() == []
    assert OTHERS not in session.scalars(select(HEADS.c.osiris_fingerprint)).all()
