"""Repositories of any model on an empty store, once on each SQL database and on the memory."""

import pytest
from sqlalchemy import create_engine

from sqla_osiris import MemoryRepository, SQLRepository
from tests.compiled import compile_once
from tests.conftest import DATABASES, _write_without_waiting


@pytest.fixture
def open_store(request):
    """Opens a repository of a model in a store of a kind; each kind's store is empty, and the same within a test."""
    engines = {}

    def open_(kind, model):
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


@pytest.fixture(params=[*DATABASES, "memory"])
def open_repository(request, open_store):
    """Opens a repository of a model, once on each store."""
    return lambda model: open_store(request.param, model)


@pytest.fixture
def sql(engine):
    """Opens a repository of a model on an engine, once on each of the databases."""

    def open_(model):
        repository = SQLRepository(model, engine)
        repository.create()
        return repository

    return open_
