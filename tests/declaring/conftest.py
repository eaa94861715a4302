"""Databases that stand for a whole module (hundreds of cases on a fresh one each would take minutes), and a base."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Session

from tests.compiled import compile_once
from tests.conftest import DATABASES, new_database

# Until Python 3.14 a class evaluates its annotations as it is made.
collect_ignore = [] if sys.version_info >= (3, 14) else ["test_deferred_annotations.py"]


@pytest.fixture(scope="module")
def standing_postgresql(postgresql_admin: Engine) -> Iterator[str]:
    """The URL of a PostgreSQL database, dropped after the module."""
    with new_database(postgresql_admin) as url:
        yield url


@pytest.fixture(scope="module")
def standing_mariadb(mariadb_admin: Engine) -> Iterator[str]:
    """The URL of a MariaDB database, dropped after the module."""
    with new_database(mariadb_admin) as url:
        yield url


@pytest.fixture(scope="module")
def standing_mysql(mysql_admin: Engine) -> Iterator[str]:
    """The URL of a MySQL database, dropped after the module."""
    with new_database(mysql_admin) as url:
        yield url


@pytest.fixture(scope="module")
def standing_sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a SQLite file of the module's own."""
    folder: Path = tmp_path_factory.mktemp("standing")
    return f"sqlite:///{folder / 'osiris.db'}"


@pytest.fixture(scope="module", params=DATABASES)
def standing_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine on a database that keeps its tables between the module's tests, once on each of the databases."""
    engine = compile_once(create_engine(request.getfixturevalue(f"standing_{request.param}")))
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_database(standing_postgresql: str) -> Iterator[str]:
    """The module's PostgreSQL database, emptied after the test instead of dropped."""
    yield standing_postgresql
    engine = create_engine(standing_postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS hr CASCADE"))
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def base():
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.fixture
def saved(engine):
    """Saves an instance in a session of its own and loads its state in another."""

    def save_and_load(instance, context):
        model = type(instance)
        model.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.add(instance)
        with Session(engine) as session:
            return session.get(model, context)

    return save_and_load
