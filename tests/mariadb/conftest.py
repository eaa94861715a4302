"""An engine on an empty MariaDB database, with a connection per thread that may ask for more."""

import pytest
from sqlalchemy import create_engine


@pytest.fixture
def engine(mariadb_database):
    engine = create_engine(mariadb_database)
    yield engine
    engine.dispose()
