"""The unit of work of an `AsyncSession`, on each async driver."""

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sqla_osiris import ConcurrentAppend
from tests.unit_of_work.hr import Base, Employee, Team

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def hr_engine(async_engine):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return async_engine


@pytest_asyncio.fixture
async def session(hr_engine):
    async with AsyncSession(hr_engine, expire_on_commit=False) as session:
        yield session


@pytest_asyncio.fixture
async def bob(session):
    bob = Employee(id="bob", company="Hooly", overtime=5)
    session.add(bob)
    await session.commit()
    return bob


async def touched_titles(session):
    """The title that each event of bob's stream set."""
    query = select(Employee.Event.title).where(Employee.Event.id == "bob")
    return (await session.scalars(query.order_by(Employee.Event.seq))).all()


async def test_an_added_object_is_found_again(session, bob):
    session.expunge_all()

    found = await session.get(Employee, "bob")

    assert (found.seq, found.company, found.title, found.overtime) == (1, "Hooly", None, 5)


async def test_a_change_is_an_event(session, bob):
    bob.title = "VP"
    await session.commit()

    assert await touched_titles(session) == [None, "VP"]
    assert bob.seq == 2


async def test_a_changed_sum_adds_up_in_the_database(session, bob):
    bob.overtime += 3
    await session.commit()
    session.expunge_all()

    assert (await session.get(Employee, "bob")).overtime == 8


async def test_states_are_selected_by_folded_values(session, bob):
    session.add(Employee(id="jane", overtime=50))
    await session.commit()

    found = await session.scalars(select(Employee).where(Employee.overtime > 40))

    assert [employee.id for employee in found] == ["jane"]


async def test_a_new_object_shows_its_seq_and_identities_without_a_query(session):
    bob = Employee(id="bob")
    session.add(bob)
    await session.flush()

    assert (bob.seq, bob.company, bob.overtime) == (1, None, 0)


async def test_a_deleted_object_is_found_no_more(session, bob):
    await session.delete(bob)
    await session.commit()

    assert await session.get(Employee, "bob") is None


async def test_an_object_is_refreshed(session, bob, hr_engine):
    async with AsyncSession(hr_engine) as other:
        (await other.get(Employee, "bob")).title = "VP"
        await other.commit()

    await session.refresh(bob)

    assert (bob.seq, bob.title) == (2, "VP")


async def test_an_object_is_merged(session, bob):
    session.expunge_all()
    await session.merge(Employee(id="bob", title="VP"))
    await session.commit()

    assert await touched_titles(session) == [None, "VP"]


async def test_a_rolled_back_change_leaves_nothing(session, bob):
    bob.title = "VP"
    await session.flush()
    await session.rollback()

    assert await touched_titles(session) == [None]


async def test_a_lost_race_is_a_concurrent_append(session, bob, hr_engine):
    async with AsyncSession(hr_engine) as other:
        (await other.get(Employee, "bob")).title = "VP"
        await other.commit()
    bob.title = "CEO"

    with pytest.raises(ConcurrentAppend) as lost:
        await session.commit()

    assert (lost.value.expected_seq, lost.value.found_seq) == (1, 2)


async def test_a_context_that_is_live_cannot_be_added(session, bob):
    session.expunge_all()
    session.add(Employee(id="bob"))

    with pytest.raises(ConcurrentAppend, match="bob"):
        await session.commit()


async def test_an_ordinary_row_of_the_same_flush_gives_its_key_to_the_event(session):
    bob = Employee(id="bob", team=Team(name="Rocket"))
    session.add(bob)
    await session.commit()

    event = await session.scalar(select(Employee.Event))

    assert event.team_id == bob.team_id is not None


async def test_a_bulk_update_and_delete_are_events(session, bob):
    result = await session.execute(update(Employee).values(title="VP", overtime=Employee.overtime + 1))

    assert (result.rowcount, bob.title, bob.overtime, bob.seq) == (1, "VP", 6, 2)
    assert (await session.execute(delete(Employee))).rowcount == 1
    await session.commit()
    assert await touched_titles(session) == [None, "VP", None]


async def test_a_thousand_objects_are_changed_in_one_commit(session):
    employees = [Employee(id=f"e{number}", overtime=number) for number in range(1_000)]
    session.add_all(employees)
    await session.commit()
    for employee in employees:
        employee.overtime += 1
    await session.commit()
    session.expunge_all()

    states = (await session.scalars(select(Employee))).all()

    assert sum(state.overtime for state in states) == sum(range(1_001))
