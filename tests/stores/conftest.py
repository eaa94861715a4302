"""The stores that the contract runs on. A store joins with one line in STORES; in COMPLETE once it has every method."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from sqlalchemy import Engine, create_engine

from sqla_osiris import MemoryRepository, MongoRepository
from tests import selection
from tests.conftest import (
    DATABASES,
    _create,
    _drop,
    _write_without_waiting,
    create_on_mariadb,
    drop_on_mariadb,
)
from tests.processes import processes
from tests.stores.dynamo_fixtures import (
    async_dynamodb,
    costs,
    dynamodb,
    dynamodb_resource,
    dynamodb_url,
    modules_models,
    modules_prefix,
    new_client,
    new_prefix,
    on_dynamodb,
    open_repository,
    prefix,
)
from tests.stores.kept import KeptDatabase, Opens, emptied_collections
from tests.stores.racing import ready

__all__ = [
    "async_dynamodb",
    "costs",
    "dynamodb",
    "dynamodb_resource",
    "dynamodb_url",
    "modules_models",
    "modules_prefix",
    "new_client",
    "new_prefix",
    "open_repository",
    "prefix",
]

RACERS = 8


def on_memory(request: pytest.FixtureRequest) -> Iterator[Opens]:
    opened: dict[type[Any], Any] = {}
    yield lambda model: opened.setdefault(model, MemoryRepository(model))


def on_sql(request: pytest.FixtureRequest, database: str) -> Iterator[Opens]:
    kept: KeptDatabase = request.getfixturevalue(f"kept_{database}")
    with kept.opening() as opens:
        yield opens


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
def kept_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptDatabase]:
    yield from _kept(f"sqlite:///{tmp_path_factory.mktemp('kept') / 'osiris.db'}")


@pytest.fixture(scope="session")
def kept_postgresql(postgresql_admin: Engine) -> Iterator[KeptDatabase]:
    url = _create(postgresql_admin)
    yield from _kept(url)
    _drop(postgresql_admin, url)


@pytest.fixture(scope="session")
def kept_mariadb(mariadb_admin: Engine) -> Iterator[KeptDatabase]:
    url = create_on_mariadb(mariadb_admin)
    yield from _kept(url)
    drop_on_mariadb(mariadb_admin, url)


def _kept(url: str) -> Iterator[KeptDatabase]:
    engine = create_engine(url)
    _write_without_waiting(engine)
    yield KeptDatabase(engine)
    engine.dispose()


@pytest.fixture
def new_mongodb(mongodb_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    """A database of a replica set that does not exist yet, and is dropped after the test."""
    yield from _mongodb(mongodb_client)


@pytest.fixture(scope="module")
def modules_mongodb(mongodb_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    """A database of a replica set, of one module's tests."""
    yield from _mongodb(mongodb_client)


def _mongodb(client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    database = client[f"osiris_{uuid4().hex}"]
    yield database
    client.drop_database(database.name)


@pytest.fixture
def mongodb_database(modules_mongodb: Database[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    """An empty database, though with the collections and indexes that other tests of the module created."""
    with emptied_collections(modules_mongodb) as database:
        yield database


@pytest.fixture(scope="session")
def racers() -> Iterator[ProcessPoolExecutor]:
    """Eight processes that are not forked from this one. Unlike a Pool's, they are not replaced when a run is ended."""
    context = processes()
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
