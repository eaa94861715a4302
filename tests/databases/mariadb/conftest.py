"""Engines on an empty MariaDB database, with a connection per thread that may ask for more."""

import pytest
from sqlalchemy import create_engine, event

from tests.compiled import compile_once

SETTING = "innodb_snapshot_isolation"
"""On by default from 11.6.2 on. Servers from 10.6.18 and 10.11.8 on have it, but off; older ones have none."""


@pytest.fixture
def engine(mariadb_database):
    """As the server is by default."""
    yield from _opened(mariadb_database)


@pytest.fixture
def older(mariadb_database):
    """As MariaDB was by default before 11.6.2, whichever runs."""
    yield from _opened(mariadb_database, isolates="OFF")


@pytest.fixture
def newer(mariadb_database):
    """As MariaDB is by default from 11.6.2 on, where the server has the setting."""
    yield from _opened(mariadb_database, isolates="ON")


@pytest.fixture(params=["older", "newer"])
def either(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def has_setting(newer):
    """Whether ``newer`` is."""
    with newer.connect() as connection:
        return bool(connection.exec_driver_sql(f"SHOW VARIABLES LIKE '{SETTING}'").all())


def _opened(url, isolates=None):
    engine = compile_once(create_engine(url))
    if isolates is not None:

        @event.listens_for(engine, "connect")
        def isolate(connection, _record):
            with connection.cursor() as cursor:
                if cursor.execute(f"SHOW VARIABLES LIKE '{SETTING}'"):
                    cursor.execute(f"SET SESSION {SETTING} = {isolates}")

    yield engine
    engine.dispose()
