"""Repositories of any model on an empty store, once on each of SQLite, PostgreSQL and the memory."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from sqla_osiris import MemoryRepository, SQLRepository
from tests.conftest import _write_without_waiting


def pytest_collection_modifyitems(config, items):
    """MariaDB has neither feed nor archive nor erasure yet: what needs them is not run there."""
    items[:] = [item for item in items if not (_needs_all(item) and re.search("mariadb|mysql", item.name))]


def _needs_all(item):
    here = Path(__file__).parent in item.path.parents
    return here and not {"sql", "async_engine"}.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture
def open_store(request):
    """Opens a repository of a model in a store of a kind; each kind's store is empty, and the same within a test."""
    engines = {}

    def open_(kind, model):
        if kind == "memory":
            return MemoryRepository(model)
        if kind not in engines:
            engines[kind] = create_engine(request.getfixturevalue(f"{kind}_database"))
            _write_without_waiting(engines[kind])
        repository = SQLRepository(model, engines[kind])
        repository.create()
        return repository

    yield open_
    for engine in engines.values():
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def open_repository(request, open_store):
    """Opens a repository of a model, once on each store."""
    return lambda model: open_store(request.param, model)


@pytest.fixture
def sql(engine):
    """Opens a repository of a model on an engine, once on each of the two databases."""

    def open_(model):
        repository = SQLRepository(model, engine)
        repository.create()
        return repository

    return open_
