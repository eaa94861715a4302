"""The asynchronous repository: the same calls, awaited, on aioboto3's client and resource."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from sqla_osiris import (
    AsyncDynamoRepository,
    ConcurrentAppend,
    ContextErased,
    DynamoRepository,
    InvalidValue,
    NewEvent,
)
from tests.repositories.dynamo.models import Profile


@pytest_asyncio.fixture
async def profiles(async_dynamodb, prefix):
    repository = AsyncDynamoRepository(Profile, async_dynamodb, table_prefix=prefix)
    await repository.create()
    return repository


async def test_every_call_works_awaited(profiles, dynamodb, prefix):
    identity = uuid4()
    first = await profiles.append("bob", title="VP", salary=3, event_id=identity)
    assert await profiles.append("bob", title="VP", salary=3, event_id=identity) == first
    with pytest.raises(ConcurrentAppend):
        await profiles.append("bob", expected_seq=0)

    async def source() -> AsyncIterator[NewEvent]:
        for n in range(120):
            yield NewEvent(f"c{n % 3}", {"salary": 1})

    assert await profiles.append_many(source()) == 120
    assert await profiles.append_many([NewEvent("bob", {"salary": 4})]) == 1
    assert (await profiles.state("bob")).salary == 7
    assert (await profiles.state("bob", at=1)).salary == 3
    assert [state.salary async for state in profiles.states(["c0", "nobody", "bob"])] == [40, 7]
    assert sorted([state.id async for state in profiles.states()]) == ["bob", "c0", "c1", "c2"]
    assert [event.seq async for event in profiles.history("bob", after=1)] == [2]
    feed = await profiles.feed(limit=50)
    feed += await profiles.feed(after=feed[-1].position)
    assert [event.position for event in feed] == list(range(1, 123))
    assert await profiles.snapshot("bob") == 2
    assert await profiles.snapshots() >= 1
    assert await profiles.archive(before=datetime.now(UTC) + timedelta(hours=1)) == 122
    assert await profiles.verify()
    assert (await profiles.redact("bob", 1, "title", reason="asked")).seq == 3
    assert (await profiles.state("bob")).title is None
    assert await profiles.erase("bob") == 3
    with pytest.raises(ContextErased):
        await profiles.append("bob", salary=1)

    blocking = DynamoRepository(Profile, dynamodb, table_prefix=prefix)
    assert sorted(state.salary for state in blocking.states()) == [40, 40, 40]


async def test_racing_tasks_lose_nothing(profiles, async_dynamodb, prefix):
    others = [AsyncDynamoRepository(Profile, async_dynamodb, table_prefix=prefix) for _ in range(8)]
    told = await asyncio.gather(*(other.append("bob", salary=1) for other in others for _ in range(5)))

    assert sorted(event.seq for event in told) == list(range(1, 41))
    assert (await profiles.state("bob")).salary == 40


async def test_a_task_that_is_cancelled_leaves_a_whole_log(profiles):
    def cancel(_: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    events = (NewEvent("bob", {"salary": 1}) for _ in range(500))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.gather(profiles.append_many(events, progress=cancel))
    await profiles.append("bob", salary=1)

    seqs = [event.seq async for event in profiles.history("bob")]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) < 500


async def test_what_is_of_another_kind_is_refused_as_by_the_blocking_one(profiles):
    for refused in (
        profiles.append_many(5),
        profiles.append_many([NewEvent("bob", {"salary": 1}), 5]),
        profiles.append_many([NewEvent("bob", {"salary": 1})], progress=5),
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
