"""What is awaited takes what blocks takes, on every store; and what it goes over may arrive asynchronously."""

import inspect
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from sqla_osiris import (
    AsyncDynamoRepository,
    AsyncMongoRepository,
    AsyncSQLRepository,
    DynamoRepository,
    InvalidValue,
    MongoRepository,
    NewEvent,
    Repository,
    SQLRepository,
    event_context,
)
from tests import selection
from tests.conftest import DATABASES
from tests.stores.models import Employee

PAIRS = {
    "sql": (SQLRepository, AsyncSQLRepository),
    "mongodb": (MongoRepository, AsyncMongoRepository),
    "dynamodb": (DynamoRepository, AsyncDynamoRepository),
}
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "mariadb": "mariadb+asyncmy",
    "mysql": "mysql+asyncmy",
}
NOT_AWAITED = {
    "checkpoints", "channel",  # a subscription calls them on what blocking() gives
    "within",  # an AsyncSession is a target itself
    "closed_by",  # only repository() opens what it hands in
    "append_columns", "column_pages", "state_rows", "state_rows_of", "reads_apart",  # of copy(), which blocks
}  # fmt: skip


@pytest_asyncio.fixture
async def new_engine():
    engines = []

    def open_one(url):
        engines.append(create_async_engine(url))
        return engines[-1]

    yield open_one
    for engine in engines:
        await engine.dispose()


@pytest_asyncio.fixture
async def on_mongodb(mongodb_url, mongodb_database):
    async with AsyncMongoClient(mongodb_url) as client:
        yield AsyncMongoRepository(Employee, client[mongodb_database.name])


@pytest.fixture
def on_dynamodb(async_dynamodb, prefix):
    return AsyncDynamoRepository(Employee, async_dynamodb, table_prefix=prefix)


@pytest.fixture(params=[*DATABASES, *selection.STORES])
def employees(request, new_engine):
    """An asynchronous repository on each store; create it first."""
    if request.param not in DRIVERS:
        return request.getfixturevalue(f"on_{request.param}")
    url = make_url(request.getfixturevalue(f"{request.param}_database"))
    url = url.set(drivername=DRIVERS[request.param]).difference_update_query(["ssl_disabled"])
    return AsyncSQLRepository(Employee, new_engine(url))


async def arriving(*items: Any) -> Any:
    for item in items:
        yield item


async def all_of(items: Any) -> list[Any]:
    return [item async for item in items]


def public(kind: type[Any]) -> dict[str, Any]:
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


def arguments(call: Any) -> list[tuple[Any, ...]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(call).parameters.values()]


@pytest.mark.parametrize("store", PAIRS)
def test_every_call_is_awaited_with_the_blocking_one_s_arguments(store):
    blocking, awaited = map(public, PAIRS[store])
    calls = blocking.keys() - NOT_AWAITED

    assert calls <= awaited.keys()
    assert awaited.keys() - blocking.keys() == {"blocking"}
    for name in filter(lambda name: callable(blocking[name]), calls):
        assert arguments(awaited[name]) == arguments(blocking[name]), name


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_every_store_has_the_calls_of_the_interface(pair):
    promised = public(Repository).keys() - {"model"}

    for kind in pair:
        assert promised <= public(kind).keys()
        for name in promised - {"capabilities"}:
            assert arguments(getattr(kind, name)) == arguments(getattr(Repository, name)), (kind, name)


@pytest.mark.parametrize("store", ["mongodb", "dynamodb"])
def test_both_can_do_the_same(store):
    blocking, awaited = PAIRS[store]

    assert awaited.capabilities == blocking.capabilities


async def test_what_is_gone_over_may_arrive_asynchronously(employees):
    await employees.create()
    events = [NewEvent(f"e{number % 7}", {"overtime": 1}) for number in range(234)]
    told = []

    assert await employees.append_many(arriving(*events), progress=told.append) == 234
    assert told[-1] == 234
    assert [state.overtime for state in await all_of(employees.states(arriving("e3", "none", "e1")))] == [
        33,
        34,
    ]
    assert await all_of(employees.states(arriving())) == []
    assert await employees.append_many(arriving()) == 0


async def test_events_that_arrive_are_written_in_the_context_of_the_call(employees):
    await employees.create()

    async def events():
        with event_context(by="a source's own"):
            yield NewEvent("bob", {"overtime": 1})
            yield NewEvent("bob", {"overtime": 2}, event_meta={"why": "asked"})

    with event_context(by="jane"):
        await employees.append_many(events())

    metas = [event.event_meta async for event in employees.history("bob")]
    assert metas == [{"by": "jane"}, {"by": "jane", "why": "asked"}]


async def test_what_arrives_is_refused_as_what_is_there(employees):
    await employees.create()
    good = NewEvent("bob", {"overtime": 1})

    for items in (
        [good, 5],
        [good, None],
        [good, NewEvent(["bob"], {"overtime": 1})],
        [good, NewEvent("ann", 5)],
    ):
        with pytest.raises(InvalidValue):
            await employees.append_many(arriving(*items))
    with pytest.raises(InvalidValue):
        await all_of(employees.states(arriving("bob", ["bob"])))
    assert await all_of(employees.history("bob")) == []


async def test_an_error_of_what_arrives_is_the_call_s(employees):
    await employees.create()

    async def broken():
        yield NewEvent("bob", {"overtime": 1})
        raise LookupError("the source is gone")

    with pytest.raises(LookupError, match="the source is gone"):
        await employees.append_many(broken())
    assert await all_of(employees.history("bob")) == []


async def test_what_is_read_can_be_left_early(employees):
    await employees.create()
    await employees.append_many(NewEvent(f"e{number % 3}", {"overtime": 1}) for number in range(30))

    for items in (employees.states(), employees.history("e1"), employees.erased()):
        async with aclosing(items):
            async for _ in items:
                break
    assert (await employees.append("e1", overtime=1)).seq == 11


def test_what_blocks_refuses_what_arrives_asynchronously(opens):
    blocking = opens(Employee)

    with pytest.raises(InvalidValue, match="an iterable of NewEvent was expected"):
        blocking.append_many(arriving(NewEvent("bob", {"overtime": 1})))
    with pytest.raises(InvalidValue, match="an iterable of contexts was expected"):
        list(blocking.states(arriving("bob")))
