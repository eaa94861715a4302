"""What ``repository(Model, url)`` opens it closes; what it was given stays open."""

import gc
from warnings import catch_warnings

import pytest
from pymongo.errors import InvalidOperation
from sqlalchemy import Integer, String

from sqla_osiris import Aggregate, Context, EventSourced, SQLRepository, repository


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
