"""What ``repository(Model, url)`` opens it closes; what it was given stays open."""

import asyncio
import gc
from warnings import catch_warnings

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import InvalidOperation
from sqlalchemy import Integer, String
from sqlalchemy.exc import SAWarning

from sqla_osiris import (
    Aggregate,
    AsyncDynamoRepository,
    AsyncMongoRepository,
    AsyncSQLRepository,
    Context,
    EventSourced,
    OsirisError,
    SQLRepository,
    repository,
)


class Reading(EventSourced):
    __tablename__ = "closing_reading"
    id = Context(String(9))
    level = Aggregate(Integer)


def closed(readings):
    readings.append("a", level=1)
    readings.close()
    readings.close()


def left(readings):
    with readings as same:
        assert same is readings
        readings.append("a", level=1)


def forgotten(readings):
    readings.append("a", level=1)


@pytest.mark.filterwarnings("ignore")  # the test looks at each of them itself
@pytest.mark.parametrize("end", [closed, left, forgotten])
def test_a_repository_of_a_url_leaves_no_connection_open(database_url, end):
    with catch_warnings(record=True, action="always") as told:
        readings = repository(Reading, database_url)
        readings.create()
        end(readings)
        assert readings.state("a").level == 1
        del readings
        gc.collect()

    assert [str(each.message) for each in told if each.category is ResourceWarning] == []


def test_an_iterator_outlives_the_name_of_its_repository(database_url):
    repository(Reading, database_url).create()
    repository(Reading, database_url).append("a", level=1)

    states = repository(Reading, database_url).states()
    gc.collect()

    assert [state.level for state in states] == [1]


def test_an_engine_that_was_given_stays_open(engine):
    with SQLRepository(Reading, engine) as readings:
        readings.create()
    before = engine.pool

    readings.close()

    assert engine.pool is before


@pytest.mark.parametrize("url", ["memory://", "dynamodb://localhost:1?region=eu-west-1"])
def test_every_store_can_be_closed(url):
    with repository(Reading, url) as readings:
        assert readings.model is Reading


def test_mongodbs_client_is_closed(mongodb_url):
    with repository(Reading, mongodb_url.replace("/?", "/closing?")) as readings:
        readings.create()

    with pytest.raises(InvalidOperation):
        readings.state("a")


def test_a_mongodb_that_was_given_stays_open(mongodb_database):
    with repository(Reading, mongodb_database) as readings:
        readings.create()
    readings.close()

    assert readings.append("a", level=1).seq == 1


@pytest.mark.filterwarnings("ignore")  # the test looks at each of them itself
async def test_what_is_awaited_closes_what_it_opened_for_a_url(async_url):
    with catch_warnings(record=True, action="always") as told:
        async with AsyncSQLRepository(Reading, async_url) as readings:
            await readings.create()
            await readings.append("a", level=1)
        await readings.close()
        assert (await readings.state("a")).level == 1
        await readings.close()
        del readings
        gc.collect()

    unclosed = [each for each in told if issubclass(each.category, ResourceWarning | SAWarning)]
    assert [str(each.message) for each in unclosed] == []


async def test_an_engine_that_was_given_to_be_awaited_stays_open(async_engine):
    async with AsyncSQLRepository(Reading, async_engine) as readings:
        await readings.create()
    before = async_engine.pool

    await readings.close()

    assert async_engine.pool is before


@pytest.mark.parametrize(
    "url", ["sqlite:///a.db", "sqlite+nothing:///a.db", "nothing", "mysql+asyncmy://u:secret@h:x/d"]
)
async def test_a_url_that_cannot_be_awaited_is_refused(url):
    with pytest.raises(OsirisError) as refused:
        AsyncSQLRepository(Reading, url)

    assert "secret" not in str(refused.value)


async def test_mongodbs_awaited_client_is_closed_if_it_was_opened_for_a_url(mongodb_url, mongodb_database):
    async with AsyncMongoRepository(Reading, mongodb_url.replace("/?", "/closing?")) as readings:
        await readings.create()
    await readings.close()
    with pytest.raises(InvalidOperation):
        await readings.state("a")

    async with AsyncMongoClient(mongodb_url) as client:
        async with AsyncMongoRepository(Reading, client[mongodb_database.name]) as readings:
            await readings.create()
        assert (await readings.append("a", level=1)).seq == 1

    with pytest.raises(OsirisError, match="names no database"):
        AsyncMongoRepository(Reading, mongodb_url)


async def test_dynamodbs_awaited_client_is_opened_by_the_first_call_and_closed(dynamodb_url, prefix):
    url = f"{dynamodb_url}&table_prefix={prefix}"
    async with AsyncDynamoRepository(Reading, url) as unused:
        pass
    await unused.close()
    async with AsyncDynamoRepository(Reading, url) as readings:
        await readings.create()
        await asyncio.gather(*(readings.append(context, level=1) for context in "abc"))
    await readings.close()

    with repository(Reading, url) as same:
        assert sorted(state.id for state in same.states()) == ["a", "b", "c"]
