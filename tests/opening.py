"""Repositories of any model in an empty store, for every folder's tests; a plugin of tests/conftest.py.

`opens` is one store at a time, all of them in turns: a store joins with one line in STORES. `sql` is a SQL database.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from sqlalchemy import Engine, create_engine

from sqla_osiris import MemoryRepository, MongoRepository, SQLRepository
from tests import selection
from tests.compiled import compile_once
from tests.conftest import (
    DATABASES,
    _write_without_waiting,
    new_database,
)
from tests.processes import processes
from tests.repositories.dynamo.fixtures import on_dynamodb
from tests.stores.kept import KeptDatabase, Opens, emptied_collections
from tests.stores.racing import ready

__all__ = ["RACERS", "STORES", "TESTED", "url_of"]

RACERS = 8
EXAMPLE = Path(__file__).parents[1] / "examples" / "payroll.py"


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
    "mysql": lambda request: on_sql(request, "mysql"),
    "mongodb": on_mongodb,
    "dynamodb": on_dynamodb,
}

TESTED = ["memory", *DATABASES, *selection.STORES]
LEFT_OUT = {store.removesuffix("db") for store in selection.KNOWN if store not in TESTED}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the folder of a store that is not tested."""
    return True if collection_path.name in LEFT_OUT else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks for MySQL by itself where it is not among the databases: it is not by default."""
    if "mysql" in DATABASES:
        return
    asking = [item for item in items if "mysql_admin" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=asking)
    left = set(asking)
    items[:] = [item for item in items if item not in left]


def url_of(store: str, request: pytest.FixtureRequest) -> str:
    """The URL of a test's own place in a store, where nothing is: on a running server, or in a file."""
    if store == "dynamodb":
        return (
            f"{request.getfixturevalue('dynamodb_url')}&table_prefix={request.getfixturevalue('new_prefix')}"
        )
    if store == "mongodb":
        server, _, options = request.getfixturevalue("mongodb_url").partition("/?")
        return f"{server}/{request.getfixturevalue('new_mongodb').name}?{options}"
    return str(request.getfixturevalue(f"{store}_database"))


@pytest.fixture(params=TESTED)
def opens(request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Opens a repository of a model in an empty store, once on each store."""
    yield from STORES[request.param](request)


@pytest.fixture
def open_store(request: pytest.FixtureRequest) -> Iterator[Callable[[str, type[Any]], Any]]:
    """Opens a repository of a model in a store of a kind; each kind's store is empty, and the same within a test."""
    engines: dict[str, Engine] = {}

    def open_(kind: str, model: type[Any]) -> Any:
        if kind == "memory":
            return MemoryRepository(model)
        if kind not in engines:
            engines[kind] = compile_once(create_engine(request.getfixturevalue(f"{kind}_database")))
            _write_without_waiting(engines[kind])
        repository = SQLRepository(model, engines[kind])
        repository.create()
        return repository

    yield open_
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def sql(engine: Engine) -> Opens:
    """Opens a repository of a model on an engine, once on each of the databases."""

    def open_(model: type[Any]) -> Any:
        repository = SQLRepository(model, engine)
        repository.create()
        return repository

    return open_


@pytest.fixture(scope="session")
def payroll() -> ModuleType:
    """The payroll example as a module, imported once in a process: its model registers itself once."""
    spec = spec_from_file_location("payroll_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def kept_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptDatabase]:
    yield from _kept(f"sqlite:///{tmp_path_factory.mktemp('kept') / 'osiris.db'}")


@pytest.fixture(scope="session")
def kept_postgresql(postgresql_admin: Engine) -> Iterator[KeptDatabase]:
    with new_database(postgresql_admin) as url:
        yield from _kept(url)


@pytest.fixture(scope="session")
def kept_mariadb(mariadb_admin: Engine) -> Iterator[KeptDatabase]:
    with new_database(mariadb_admin) as url:
        yield from _kept(url)


@pytest.fixture(scope="session")
def kept_mysql(mysql_admin: Engine) -> Iterator[KeptDatabase]:
    with new_database(mysql_admin) as url:
        yield from _kept(url)


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
