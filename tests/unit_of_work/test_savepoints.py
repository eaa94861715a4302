"""What a savepoint that is rolled back leaves of the objects whose streams were written inside it: nothing."""

import gc

import pytest

from sqla_osiris import ConcurrentAppend, NewEvent, repository
from tests.conftest import DATABASES
from tests.unit_of_work.hr import Employee


@pytest.fixture
def employees(hr_engine):
    employees = repository(Employee, hr_engine)
    employees.append("bob", title="Clerk", overtime=1)
    return employees


def flush(session):
    session.get(Employee, "bob").overtime += 5
    session.flush()


def append(session):
    repository(Employee, session).append("bob", title="VP", overtime=5)


def append_many(session):
    repository(Employee, session).append_many([NewEvent("bob", {"overtime": 5})])


def redact(session):
    repository(Employee, session).redact("bob", 1, "title", reason="asked")


WRITES = [flush, append, append_many, redact]


@pytest.mark.parametrize("write", WRITES)
def test_an_object_is_as_before(employees, session, write):
    bob = session.get(Employee, "bob")
    with session.begin_nested() as savepoint:
        write(session)
        assert bob.seq == 2
        savepoint.rollback()

    assert (bob.seq, bob.title, bob.overtime) == (1, "Clerk", 1)


@pytest.mark.parametrize("write", WRITES)
def test_an_object_that_was_loaded_inside_is_as_before(employees, session, write):
    with session.begin_nested() as savepoint:
        write(session)
        session.expunge_all()
        gc.collect()
        bob = session.get(Employee, "bob")
        assert bob.seq == 2
        savepoint.rollback()

    assert (bob.seq, bob.title, bob.overtime) == (1, "Clerk", 1)


def test_an_inner_savepoint_that_is_kept_goes_with_the_outer_one(employees, session):
    bob = session.get(Employee, "bob")
    with session.begin_nested() as outer:
        with session.begin_nested():
            append(session)
        assert bob.seq == 2
        outer.rollback()

    assert bob.seq == 1


def test_a_savepoint_that_is_kept_keeps_what_was_written(employees, session):
    bob = session.get(Employee, "bob")
    with session.begin_nested():
        append(session)
    session.commit()

    assert (bob.seq, bob.title, bob.overtime) == (2, "VP", 6)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_race_that_is_lost_afterwards_is_told(employees, session, write):
    bob = session.get(Employee, "bob")
    with session.begin_nested() as savepoint:
        write(session)
        assert bob.seq == 2
        savepoint.rollback()
    title = bob.title
    employees.append("bob", title="CEO")
    bob.title = f"{title}!"

    with pytest.raises(ConcurrentAppend):
        session.commit()
