"""An engine on an empty MariaDB database, with a connection per thread that may ask for more."""

import pytest
from sqlalchemy import create_engine

from tests.compiled import compile_once


@pytest.fixture
def engine(mariadb_database):
    engine = compile_once(create_engine(mariadb_database))
    yield engine
    engine.dispose()
