"""replay against the states that a repository gives, and on an asynchronous one; tests/stores has both on every store."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import create_async_engine

from sqla_osiris import AsyncSQLRepository, MemoryRepository, NewEvent, areplay, replay
from tests.past.hr import EveryPython, InlineOne
from tests.repositories.models import values
from tests.repositories.test_laws import TOUCHES


async def test_an_asynchronous_repository_is_replayed():
    engine = create_async_engine("sqlite+aiosqlite://")
    repository = AsyncSQLRepository(InlineOne, engine)
    await repository.create()
    await repository.append("bob", overtime=3)
    await repository.append("bob", overtime=4)

    assert [each.state.overtime async for each in areplay(repository, "bob")] == [3, 7]
    await engine.dispose()


touches = st.fixed_dictionaries({}, optional={key: TOUCHES[key] for key in EveryPython.__osiris__.reducers})
logs = st.lists(st.tuples(touches, st.integers(0, 7).map(lambda number: number == 0)), max_size=8)


@settings(max_examples=40)
@given(logs)
def test_each_replayed_state_is_that_of_its_seq(log):
    memory = MemoryRepository(EveryPython)
    memory.append_many(NewEvent("bob", {} if ends else fields, ends=ends) for fields, ends in log)

    for each in replay(memory, "bob"):
        assert values(each.state) == values(memory.state("bob", at=each.event.seq))
