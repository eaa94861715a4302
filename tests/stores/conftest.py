"""The stores that the contract runs on. A store joins with one line in STORES; in COMPLETE once it has every method."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from sqlalchemy import create_engine

from sqla_osiris import MemoryRepository, MongoRepository, SQLRepository
from tests import selection
from tests.conftest import DATABASES, _write_without_waiting
from tests.stores.dynamo_fixtures import (
    async_dynamodb,
    costs,
    dynamodb,
    dynamodb_resource,
    dynamodb_url,
    new_client,
    on_dynamodb,
    open_repository,
    prefix,
)
from tests.stores.racing import ready

__all__ = [
    "async_dynamodb",
    "costs",
    "dynamodb",
    "dynamodb_resource",
    "dynamodb_url",
    "new_client",
    "open_repository",
    "prefix",
]

RACERS = 8

Opens = Callable[[type[Any]], Any]


def on_memory(request: pytest.FixtureRequest) -> Iterator[Opens]:
    opened: dict[type[Any], Any] = {}
    yield lambda model: opened.setdefault(model, MemoryRepository(model))


def on_sql(request: pytest.FixtureRequest, database: str) -> Iterator[Opens]:
    engine = create_engine(request.getfixturevalue(f"{database}_database"))
    _write_without_waiting(engine)

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
    "sqlite": lambda request: on_sql(request, "sqlite"),
    "postgresql": lambda request: on_sql(request, "postgresql"),
    "mariadb": lambda request: on_sql(request, "mariadb"),
    "mongodb": on_mongodb,
    "dynamodb": on_dynamodb,
}

TESTED = ["memory", *DATABASES, *selection.STORES]
COMPLETE = TESTED

collect_ignore_glob: list[str] = []
if "mongodb" not in TESTED:
    collect_ignore_glob.append("test_mongo_*.py")
if "dynamodb" not in TESTED:
    collect_ignore_glob.append("test_dynamo_*.py")


@pytest.fixture(scope="session")
def racers() -> Iterator[ProcessPoolExecutor]:
    """Eight processes that are not forked from this one. Unlike a Pool's, they are not replaced when a run is ended."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(RACERS)
    with ProcessPoolExecutor(RACERS, mp_context=context, initializer=ready, initargs=(barrier,)) as pool:
        yield pool


@pytest.fixture(params=TESTED)
def opens(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Opens a repository of a model in an empty store, once on each store."""
    yield from STORES[request.param](request)


@pytest.fixture(params=COMPLETE)
def complete(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """As `opens`, on the stores that have the feed, time travel, the archive, erasure and verification."""
    yield from STORES[request.param](request)
