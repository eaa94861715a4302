"""Engines on an empty MariaDB or MySQL database, for what both do; either's own folder has one of its own."""

import pytest
from sqlalchemy import create_engine

from sqla_osiris import SQLRepository
from tests.compiled import compile_once
from tests.conftest import DATABASES
from tests.databases.clerks import Clerk


@pytest.fixture(params=[name for name in DATABASES if name in {"mariadb", "mysql"}])
def database(request):
    return request.param


@pytest.fixture
def url(request, database):
    return request.getfixturevalue(f"{database}_database")


@pytest.fixture
def engine(url):
    engine = compile_once(create_engine(url))
    yield engine
    engine.dispose()


@pytest.fixture
def clerks(engine):
    repository = SQLRepository(Clerk, engine)
    repository.create()
    return repository
