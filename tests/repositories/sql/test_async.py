"""AsyncSQLRepository: the same calls, awaited, on each asynchronous driver and each kind of target."""

from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from sqla_osiris import AsyncSQLRepository, ConcurrentAppend, ContextErased, NewEvent, UnknownField
from tests.repositories.models import InlineEmployee, values

pytestmark = pytest.mark.asyncio
FAR = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["engine", "sessionmaker"])
async def repository(request, async_engine):
    target = async_engine if request.param == "engine" else async_sessionmaker(async_engine)
    repository = AsyncSQLRepository(InlineEmployee, target)
    await repository.create()
    return repository


async def all_of(items):
    return [item async for item in items]


async def test_every_call_is_awaited_and_answers_as_the_blocking_one(repository):
    first = await repository.append("bob", overtime=3)
    assert (
        await repository.append_many([NewEvent("bob", {"overtime": 4}), NewEvent("jane", {"overtime": 1})])
        == 2
    )

    bob = await repository.state("bob")

    assert (bob.seq, bob.overtime) == (2, 7)
    assert (await repository.state("bob", at=1)).overtime == 3
    assert [event.seq for event in await all_of(repository.history("bob"))] == [1, 2]
    assert [event.seq for event in await all_of(repository.history("bob", after=1))] == [2]
    assert sorted(state.id for state in await all_of(repository.states())) == ["bob", "jane"]
    assert [state.id for state in await all_of(repository.states(["jane", "x", "bob"]))] == ["jane", "bob"]
    feed = await repository.feed(limit=2)
    assert feed[0] == first
    assert len(await repository.feed(after=feed[-1].position)) == 1
    assert await repository.snapshot("bob") == 2
    assert await repository.snapshots() == 0
    assert await repository.archive(before=FAR) == 3
    assert await repository.verify()
    assert await repository.erase("bob") == 2
    assert await repository.state("bob") is None
    assert "feed" in repository.capabilities


async def test_errors_are_the_blocking_one_s(repository):
    await repository.append("bob", overtime=1)
    with pytest.raises(ConcurrentAppend):
        await repository.append("bob", overtime=1, expected_seq=7)
    await repository.erase("bob")
    with pytest.raises(ContextErased):
        await repository.append("bob", overtime=1)
    with pytest.raises(ContextErased):
        await repository.append_many([NewEvent("jane", {"overtime": 1}), NewEvent("bob", {"overtime": 1})])
    assert await repository.state("jane") is None


@pytest.mark.parametrize("name", ["self", "call", "context", "arguments"])
async def test_a_field_is_taken_for_no_argument_of_ours(repository, name):
    with pytest.raises(UnknownField):
        await repository.append("bob", **{name: 1})


async def test_events_and_contexts_may_be_asynchronous(repository):
    async def events():
        for number in range(1_234):
            yield NewEvent(f"e{number % 7}", {"overtime": 1})

    async def contexts():
        for number in range(3):
            yield f"e{number}"

    assert await repository.append_many(events()) == 1_234
    assert [state.id for state in await all_of(repository.states(contexts()))] == ["e0", "e1", "e2"]


async def test_a_long_history_is_streamed_and_can_be_left_early(repository, async_engine):
    await repository.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(2_600))

    assert [event.seq async for event in repository.history("bob")] == list(range(1, 2_601))
    async with aclosing(repository.history("bob")) as history:
        async for event in history:
            if event.seq == 700:
                break
    assert async_engine.pool.checkedout() == 0


async def test_within_a_session_it_belongs_to_its_transaction(repository, async_engine):
    await repository.append("bob", overtime=1)
    async with AsyncSession(async_engine) as session:
        mine = AsyncSQLRepository(InlineEmployee, session)
        await mine.append("bob", overtime=2)
        assert (await mine.state("bob")).overtime == 3
        assert [event.seq for event in await all_of(mine.history("bob"))] == [1, 2]
        await session.rollback()

    assert (await repository.state("bob")).overtime == 1


async def test_a_sessionmaker_s_own_session_class_is_used(async_engine):
    opened = []

    class Counting(Session):
        def __init__(self, *args, **options):
            opened.append(options["info"])
            super().__init__(*args, **options)

    maker = async_sessionmaker(async_engine, sync_session_class=Counting, info={"of": "the app"})
    repository = AsyncSQLRepository(InlineEmployee, maker)
    await repository.create()
    await repository.append("bob", overtime=1)

    assert opened
    assert all(info == {"of": "the app"} for info in opened)
    assert values(await repository.state("bob"))["overtime"] == 1


async def test_another_target_is_refused(engine):
    with pytest.raises(TypeError, match="AsyncEngine"):
        AsyncSQLRepository(InlineEmployee, engine)
