"""Each store once, for a whole module: a type and a store have a table of their own there."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine

from sqla_osiris import DynamoRepository, MemoryRepository, MongoRepository, SQLRepository
from tests import selection
from tests.conftest import DATABASES, new_database

STORES = ["memory", *DATABASES, *selection.STORES]

Opens = Callable[[type[Any]], Any]


def _on_sql(engine: Engine) -> Iterator[Opens]:
    def opened(model: type[Any]) -> Any:
        repository = SQLRepository(model, engine)
        repository.create()
        return repository

    yield opened
    engine.dispose()


def _on_memory(_: Any) -> Iterator[Opens]:
    yield MemoryRepository


def _on_sqlite(request: Any) -> Iterator[Opens]:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("types")
    yield from _on_sql(create_engine(f"sqlite:///{folder / 'types.db'}"))


def _on_server(request: Any, name: str) -> Iterator[Opens]:
    with new_database(request.getfixturevalue(f"{name}_admin")) as url:
        yield from _on_sql(create_engine(url))


def _on_mongodb(request: Any) -> Iterator[Opens]:
    client = request.getfixturevalue("mongodb_client")
    database = client[f"osiris_{uuid4().hex}"]

    def opened(model: type[Any]) -> Any:
        repository = MongoRepository(model, database)
        repository.create()
        return repository

    yield opened
    client.drop_database(database.name)


def _on_dynamodb(request: Any) -> Iterator[Opens]:
    client, prefix = request.getfixturevalue("new_client")(), f"t{uuid4().hex[:16]}_"

    def opened(model: type[Any]) -> Any:
        repository = DynamoRepository(model, client, table_prefix=prefix)
        repository.create()
        return repository

    yield opened
    for page in client.get_paginator("list_tables").paginate(ExclusiveStartTableName=prefix):
        for name in page["TableNames"]:
            if name.startswith(prefix):
                client.delete_table(TableName=name)
    client.close()


_OPENED: dict[str, Callable[[Any], Iterator[Opens]]] = {
    "memory": _on_memory,
    "sqlite": _on_sqlite,
    **{name: partial(_on_server, name=name) for name in ("postgresql", "mariadb", "mysql")},
    "mongodb": _on_mongodb,
    "dynamodb": _on_dynamodb,
}


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    """The name of a store."""
    return request.param


@pytest.fixture(scope="module")
def opens(request: pytest.FixtureRequest, store: str) -> Iterator[Opens]:
    """Opens the repository of a model in that store."""
    yield from _OPENED[store](request)


WRITES_PAGE = bool(os.environ.get("OSIRIS_WRITE_TYPES"))
"""Whether docs/types.md is to be written anew, instead of being compared."""
