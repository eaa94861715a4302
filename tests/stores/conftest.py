"""The stores that the contract runs on. A store joins with one line in STORES; in COMPLETE once it has every method."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine

from sqla_osiris import MemoryRepository, MongoRepository, SQLRepository
from tests import selection
from tests.stores.dynamo_fixtures import (
    async_dynamodb,
    costs,
    dynamodb,
    dynamodb_resource,
    dynamodb_url,
    on_dynamodb,
    open_repository,
    prefix,
    racers,
)

__all__ = [
    "async_dynamodb",
    "costs",
    "dynamodb",
    "dynamodb_resource",
    "dynamodb_url",
    "open_repository",
    "prefix",
    "racers",
]

Opens = Callable[[type[Any]], Any]


def on_memory(request: pytest.FixtureRequest) -> Iterator[Opens]:
    yield MemoryRepository


def on_sql(request: pytest.FixtureRequest, database: str) -> Iterator[Opens]:
    engine = create_engine(request.getfixturevalue(database))

    def opened(model: type[Any]) -> Any:
        repository = SQLRepository(model, engine)
        repository.create()
        return repository

    yield opened
    engine.dispose()


def on_mongodb(request: pytest.FixtureRequest) -> Iterator[Opens]:
    database = request.getfixturevalue("mongodb_database")

    def opened(model: type[Any]) -> Any:
        repository = MongoRepository(model, database)
        repository.create()
        return repository

    yield opened


STORES: dict[str, Callable[[pytest.FixtureRequest], Iterator[Opens]]] = {
    "memory": on_memory,
    "sqlite": lambda request: on_sql(request, "sqlite_database"),
    "postgresql": lambda request: on_sql(request, "postgresql_database"),
    "mongodb": on_mongodb,
    "dynamodb": on_dynamodb,
}

IN_SQL = ["memory", "sqlite", "postgresql"]
COMPLETE = selection.STORES

collect_ignore_glob = [] if COMPLETE else ["test_complete.py", "test_agreement.py", "test_kit.py"]
if "mongodb" not in COMPLETE:
    collect_ignore_glob.append("test_mongo_*.py")
if "dynamodb" not in COMPLETE:
    collect_ignore_glob.append("test_dynamo_*.py")


@pytest.fixture(params=[*IN_SQL, *COMPLETE])
def opens(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Opens a repository of a model in an empty store, once on each store."""
    yield from STORES[request.param](request)


@pytest.fixture(params=COMPLETE)
def complete(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """As `opens`, on the stores that have the feed, time travel, the archive, erasure and verification."""
    yield from STORES[request.param](request)
