"""time_travel: inside it a session's every query of event-sourced models sees one moment, and writes none of them."""

from datetime import datetime

import pytest
from sqlalchemy import event, func, insert, select, union, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    Session,
    aliased,
    joinedload,
    scoped_session,
    selectinload,
    sessionmaker,
    subqueryload,
)

from sqla_osiris import InvalidValue, NewEvent, NotExpressible, as_of, repository, time_travel
from tests.past.hr import Badge, Base, Department, Employee, InlinePython, Team, day, play
from tests.statements import counted

JOINED = (
    select(Employee.id, Employee.overtime, Team.title, Department.name)
    .join(Employee.team)
    .join(Employee.department)
    .order_by(Employee.id)
)


def test_a_join_of_two_models_and_an_ordinary_one_gives_the_rows_of_the_moment(session):
    found = []
    for number in (0, 1, 2, 3):
        with time_travel(session, day(number)):
            found.append([tuple(row) for row in session.execute(JOINED)])
    now = [tuple(row) for row in session.execute(JOINED)]

    assert found == [
        [],
        [("bob", 1, "old", "sales"), ("jane", 1, "old", "sales")],
        [("bob", 11, "new", "sales"), ("jane", 1, "new", "sales")],
        [("bob", 11, "new", "sales")],
    ]
    assert now == found[-1]


def test_every_way_to_ask_sees_the_moment(session):
    other = aliased(Employee)
    with time_travel(session, day(1)):
        assert session.get(Employee, "jane").overtime == 1
        assert session.scalar(select(func.sum(Employee.overtime))) == 2
        assert session.scalars(select(other.overtime).where(other.id == "bob")).all() == [1]
        assert session.query(Employee).filter_by(company="Hooly").count() == 2
        inside = select(Employee.id).where(Employee.overtime == 1).subquery()
        assert session.scalar(select(func.count()).select_from(inside)) == 2
        both = union(select(Employee.overtime), select(Employee.overtime))
        assert session.scalars(both).all() == [1]
        cte = select(Employee.id).where(Employee.company == "Hooly").cte()
        assert session.scalar(select(func.count()).select_from(cte)) == 2
        assert repository(Employee, session).state("bob").overtime == 1
        assert {state.id for state in repository(Employee, session).states()} == {"bob", "jane"}
    assert session.get(Employee, "jane") is None


def test_get_does_not_give_the_present_object_nor_change_it(session):
    now = session.get(Employee, "bob")
    with time_travel(session, day(1)):
        then = session.get(Employee, "bob")
        assert then is session.get(Employee, "bob")
        assert session.scalars(select(Employee).where(Employee.id == "bob")).one() is then
    assert session.get(Employee, "bob") is now is not then
    assert (now.overtime, then.overtime) == (11, 1)


def test_lazy_loads_from_event_sourced_and_ordinary_objects_see_the_moment(session):
    team, department = session.get(Team, "red"), session.get(Department, 1)
    with time_travel(session, day(1)):
        then = session.get(Employee, "bob")
        assert (then.team.title, then.department.name) == ("old", "sales")
        assert [member.overtime for member in then.team.members] == [1, 1]
        assert [member.overtime for member in department.members] == [1, 1]
        assert [member.overtime for member in team.members] == [1, 1]
    assert [member.overtime for member in department.members] == [11]
    assert [member.overtime for member in team.members] == [11]
    assert (team.title, session.get(Employee, "bob").team) == ("new", team)


def test_a_many_to_one_does_not_find_the_present_object_that_is_loaded(session):
    now = session.get(Employee, "bob")
    assert now.team.title == "new"
    session.expire(now, ["team"])
    with time_travel(session, day(1)):
        assert session.get(Employee, "bob").team.title == "old"
        assert now.team.title == "old"
    assert now.team.title == "new"


@pytest.mark.parametrize("load", [selectinload, joinedload, subqueryload])
def test_eager_loads_see_the_moment(session, load):
    session.scalars(select(Team).options(load(Team.members))).unique().all()
    for number, overtimes in ((1, [1, 1]), (2, [11, 1]), (1, [1, 1])):
        with time_travel(session, day(number)):
            query = select(Department).options(load(Department.members).options(load(Employee.team)))
            department = session.scalars(query).unique().one()
            with counted(session.get_bind()) as statements:
                titles = {member.team.title for member in department.members}
                assert sorted(m.overtime for m in department.members) == sorted(overtimes)
            assert titles == {"old" if number == 1 else "new"}
            assert statements == []


def test_a_past_object_stays_of_its_moment_after_the_travel(session):
    with time_travel(session, day(1)):
        then = session.get(Employee, "bob")
    session.commit()

    assert (then.overtime, then.team.title) == (1, "old")
    session.refresh(then)
    assert then.overtime == 1
    then.overtime += 1
    with pytest.raises(NotExpressible, match="read-only"):
        session.commit()


def test_a_refresh_inside_loads_the_moment_and_never_onto_a_present_object(session):
    now = session.get(Employee, "bob")
    with time_travel(session, day(1)):
        then = session.get(Employee, "bob")
        session.expire_all()
        session.refresh(then)
        assert then.overtime == 1
        with pytest.raises(NotExpressible, match=r"Employee \('bob',\) was loaded in the present"):
            session.refresh(now)
    session.refresh(now)
    assert now.overtime == 11


def _add(session):
    session.add(Employee(id="cid"))


def _change(session):
    session.get(Employee, "bob").overtime += 1


def _delete(session):
    session.delete(session.get(Employee, "bob"))


@pytest.mark.any_database
@pytest.mark.parametrize("write", [_add, _change, _delete])
@pytest.mark.parametrize("flushed", [True, False], ids=["flushed", "left to the end"])
def test_a_write_inside_is_refused(session, write, flushed):
    with pytest.raises(NotExpressible, match="read-only"), time_travel(session, day(1)):  # noqa: PT012  (the end of the travel raises, too)
        write(session)
        if flushed:
            session.flush()
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Employee.Event)) == 4


@pytest.mark.any_database
def test_a_change_of_a_present_object_inside_is_refused(session):
    now = session.get(Employee, "bob")
    with pytest.raises(NotExpressible, match="inside time_travel"), time_travel(session, day(1)):
        now.overtime += 1
    session.rollback()
    assert now.overtime == 11


@pytest.mark.parametrize(
    "append",
    [
        lambda employees: employees.append("bob", overtime=1),
        lambda employees: employees.append_many([]),
        lambda employees: employees.erase("bob"),
    ],
    ids=["append", "append_many", "erase"],
)
def test_a_repository_of_the_session_writes_nothing_inside(session, append):
    with time_travel(session, day(1)), pytest.raises(NotExpressible, match=r"Employee: .*inside time_travel"):
        append(repository(Employee, session))
    repository(Employee, session).append("bob", overtime=1)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "bulk",
    [
        lambda session: session.execute(update(Employee).values(overtime=0)),
        lambda session: session.execute(insert(Employee), [{"id": "cid"}]),
        lambda session: session.bulk_save_objects([Employee(id="cid")]),
    ],
    ids=["update", "insert", "bulk_save_objects"],
)
def test_bulk_writes_are_refused_inside(session, bulk):
    with time_travel(session, day(1)), pytest.raises(NotExpressible):
        bulk(session)


def test_ordinary_rows_can_be_written_inside(session):
    with time_travel(session, day(1)):
        session.get(Department, 1).name = "marketing"
        session.add(Department(id=2, name="legal"))
    session.commit()

    assert session.scalars(select(Department.name).order_by(Department.id)).all() == ["marketing", "legal"]


def test_what_an_ordinary_object_is_given_to_refer_to_inside_stays(session):
    repository(Employee, session).append("ann", overtime=1)
    ann, badge = session.get(Employee, "ann"), Badge(number=1, employee_id="bob")
    session.add(badge)
    session.commit()
    with time_travel(session, day(1)):
        assert badge.employee.overtime == 1
        badge.employee = ann
    session.commit()

    assert (badge.employee, badge.employee_id) == (ann, "ann")


def test_an_ordinary_update_by_a_subquery_of_a_model_sees_the_moment(session):
    with time_travel(session, day(1)):
        leavers = select(Employee.department_id).where(Employee.id == "jane")
        session.execute(
            update(Department).where(Department.id.in_(leavers)).values(name="was jane's"),
            execution_options={"synchronize_session": False},
        )

    assert session.scalar(select(Department.name)) == "was jane's"


def test_the_inner_travel_counts_until_it_ends(session):
    with time_travel(session, day(2)):
        outer = session.get(Employee, "bob")
        with time_travel(session, day(1)):
            assert session.get(Employee, "bob").overtime == 1
        assert session.get(Employee, "bob") is outer
        assert outer.overtime == 11


def test_as_of_inside_is_of_its_own_moment(session):
    past = as_of(Employee, day(1))
    with time_travel(session, day(2)):
        query = select(past.overtime, Employee.overtime).join(Employee, Employee.id == past.id)
        assert session.execute(query.where(past.id == "bob")).one() == (1, 11)
        then = session.scalars(select(past).where(past.id == "bob")).one()
        assert (then.overtime, session.get(Employee, "bob").overtime, then.team.title) == (1, 11, "old")


def test_an_error_inside_passes_through_and_the_session_is_back(session):
    with pytest.raises(KeyError), time_travel(session, day(1)):
        raise KeyError
    assert session.get(Employee, "bob").overtime == 11


def test_changes_from_before_are_flushed_first(session):
    session.get(Employee, "bob").overtime += 1
    with time_travel(session, day(1)):
        assert session.get(Employee, "bob").overtime == 1
    session.commit()
    assert session.get(Employee, "bob").overtime == 12


def test_no_other_session_travels_nor_is_listened_to(session, hr_engine):
    with Session(hr_engine) as other, time_travel(session, day(1)):
        assert other.get(Employee, "bob").overtime == 11
        assert not other.dispatch.do_orm_execute
        assert "_identity_lookup" not in vars(other)
    assert not event.contains(Session, "do_orm_execute", Session)


def test_one_text_serves_all_moments(session):
    texts = set()
    for number in (1, 2, 3):
        with time_travel(session, day(number)), counted(session.get_bind()) as statements:
            session.scalars(select(Employee)).all()
        texts.update(statements)

    assert len(texts) == 1


def test_a_scoped_session_travels(hr_engine):
    scope = scoped_session(sessionmaker(hr_engine))
    with time_travel(scope, day(1)):
        assert scope.get(Employee, "bob").overtime == 1
    scope.remove()


@pytest.mark.any_database
@pytest.mark.parametrize("when", [datetime(2026, 1, 3), "monday", None])  # noqa: DTZ001  (it is what is refused)
def test_what_is_no_moment_is_refused(session, when):
    with pytest.raises(InvalidValue, match=r"time_travel\(when\)="), time_travel(session, when):
        pass


def test_what_is_no_session_is_refused():
    with (
        pytest.raises(TypeError, match="a Session or an AsyncSession was expected"),
        time_travel("hr", day(1)),
    ):
        pass


async def test_an_async_session_travels(async_engine):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(play)
    async with AsyncSession(async_engine) as session:
        now = await session.get(Employee, "bob")
        with time_travel(session, day(1)):
            then = await session.get(Employee, "bob", options=[selectinload(Employee.team)])
            assert (then.overtime, then.team.title) == (1, "old")
            assert [tuple(row) for row in await session.execute(JOINED.limit(1))] == [
                ("bob", 1, "old", "sales")
            ]
            then.overtime += 1
            with pytest.raises(NotExpressible, match="read-only"):
                await session.flush()
            session.expunge(then)
        now.overtime += 1
        with pytest.raises(NotExpressible, match="not flushed"), time_travel(session, day(1)):
            pass


def test_what_python_folds_is_selected_as_it_was_and_comparing_it_is_an_error_of_the_database(hr_engine):
    repository(InlinePython, hr_engine).append_many(
        NewEvent("bob", {"notes": [number], "skills": [number]}, recorded_at=day(number)) for number in (1, 2)
    )
    with Session(hr_engine) as session:
        with time_travel(session, day(1)):
            then = session.get(InlinePython, "bob")
            assert (then.notes, then.skills) == ([1], {1})
            assert session.execute(select(InlinePython.notes)).scalars().all() == [[1]]
            with pytest.raises(DBAPIError):
                session.scalars(select(InlinePython.id).where(InlinePython.notes == [1])).all()
        session.rollback()
        assert session.get(InlinePython, "bob").notes == [1, 2]
        assert then.notes == [1]
