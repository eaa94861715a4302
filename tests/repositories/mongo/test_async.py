"""MongoDB through pymongo's asynchronous client: the same calls give the same answers."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from sqla_osiris import (
    AsyncMongoRepository,
    ConcurrentAppend,
    ContextErased,
    InvalidValue,
    MongoRepository,
    NewEvent,
)
from tests.stores.models import Profiled

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def profiles(mongodb_url, mongodb_database):
    async with AsyncMongoClient(mongodb_url) as client:
        repository = AsyncMongoRepository(Profiled, client[mongodb_database.name])
        await repository.create()
        yield repository


async def test_it_does_all_that_the_blocking_one_does(profiles, mongodb_database):
    identity = uuid4()
    first = await profiles.append("bob", profile={"a": 1}, overtime=1, event_id=identity)
    assert (await profiles.append("bob", event_id=identity)).seq == first.seq == 1
    assert await profiles.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(1500)) == 1500
    assert await profiles.append_many([NewEvent("jane", {"profile": {"b": 2}})]) == 1
    with pytest.raises(ConcurrentAppend):
        await profiles.append("bob", expected_seq=1)

    assert (await profiles.state("bob")).overtime == 1501
    assert (await profiles.state("bob", at=2)).overtime == 2
    assert await profiles.state("nobody") is None
    assert {state.id async for state in profiles.states()} == {"bob", "jane"}
    assert [state.id async for state in profiles.states(["jane", "nobody"])] == ["jane"]
    assert [event.seq async for event in profiles.history("bob", after=1499)] == [1500, 1501]
    assert len([event async for event in profiles.history("bob")]) == 1501
    assert len(await profiles.feed(limit=5000)) == 1502
    assert await profiles.snapshot("bob") == 1501
    assert await profiles.snapshots() == 0
    assert await profiles.archive(before=FUTURE) == 1501
    assert (await profiles.verify()).events == 1502
    blocking = MongoRepository(Profiled, mongodb_database)
    assert (blocking.state("bob").overtime, blocking.verify()) == (1501, await profiles.verify())
    assert (await profiles.redact("bob", 1, "overtime", reason="asked")).seq == 1502
    assert (await profiles.state("bob")).overtime == 1500
    assert await profiles.erase("jane") == 1
    with pytest.raises(ContextErased):
        await profiles.append("jane", overtime=1)
    assert await profiles.lay_tombstone("nobody") == 0
    assert {context async for context in profiles.erased()} == {"jane", "nobody"}


async def test_tasks_race_on_one_context(profiles):
    async def write():
        for _ in range(10):
            await profiles.append("bob", overtime=1)

    await asyncio.gather(*(write() for _ in range(8)))

    assert [event.seq async for event in profiles.history("bob")] == list(range(1, 81))
    assert (await profiles.state("bob")).overtime == 80


async def test_what_is_of_another_kind_is_refused_as_by_the_blocking_one(profiles):
    for refused in (
        profiles.append_many(5),
        profiles.append_many([NewEvent("bob", {"overtime": 1}), 5]),
        profiles.append_many([NewEvent("bob", {"overtime": 1})], progress=5),
        profiles.append("bob", expected_seq=[1]),
        profiles.snapshots(progress=5),
        profiles.archive(keep=0, progress=5),
        profiles.restore(progress=5),
        anext(aiter(profiles.states(5))),
        anext(aiter(profiles.states([["bob"]]))),
    ):
        with pytest.raises(InvalidValue, match="expected"):
            await refused
    assert [each async for each in profiles.history("bob")] == []
