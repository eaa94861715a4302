"""The databases of the tests: each test that asks for one gets a fresh one, on SQLite and on real servers."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, find, settings, strategies
from pymongo import MongoClient
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.combinations import pytest_collection_modifyitems
from tests.compiled import compile_once
from tests.missing import pytest_runtest_makereport, pytest_sessionfinish
from tests.servers import mariadb_server, mongodb_server, mysql_server, postgresql_server

__all__ = ["pytest_collection_modifyitems", "pytest_runtest_makereport", "pytest_sessionfinish"]

pytest_plugins = ["tests.repositories.dynamo.fixtures", "tests.opening", "tests.kept_tables"]

# A shared machine stalls now and then: no deadline, and slow generation is not a fault of the strategy.
# A fresh database for each test function, not for each example, is meant.
# So is a seed with which a strategy's filters turn many draws away.
settings.register_profile(
    "dev",
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
# A third of what `dev` draws, the same ones each time.
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=30, derandomize=True, print_blob=True
)
# As many as `ci`, others each time, or those of a `--hypothesis-seed`.
settings.register_profile("random", settings.get_profile("ci"), derandomize=False)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=100_000)
# Mutation testing runs the tests once per mutant: see docs/mutation.md.
settings.register_profile(
    "mutants",
    settings.get_profile("ci"),
    max_examples=30,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # a mutant need not be killed by the smallest example
)
# The suite says the same each time it is run; whoever looks for what it has not seen asks for `dev` or `deep`.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# As Python has it, the collector looks ten times a second at what tests leave, which costs each tenth second.
gc.set_threshold(50_000, 20, 50)

KNOWN = ["sqlite", "postgresql", "mariadb", "mysql"]
DATABASES = os.environ.get("OSIRIS_TEST_DATABASES", "sqlite,postgresql,mariadb").split(",")
"""The databases that the fixtures offer; a test of one alone is not collected without it."""
if not set(DATABASES) <= set(KNOWN):
    raise pytest.UsageError(
        f"OSIRIS_TEST_DATABASES={','.join(DATABASES)}: each must be one of {', '.join(KNOWN)}"
    )

collect_ignore = [f"databases/{name}" for name in KNOWN if name not in DATABASES]


@pytest.fixture(scope="session", autouse=True)
def _hypothesis_is_ready() -> None:
    """Have it look once for who refers to its random numbers: among what is frozen below it would find nobody."""
    find(strategies.none(), lambda _: True, settings=settings(database=None))


@pytest.fixture(scope="module", autouse=True)
def _models_are_kept() -> Iterator[None]:
    """Have the collector look no more at what a module leaves: models live on, and millions of objects cost it minutes.

    Nor once more now, but at what is young.
    """
    yield
    gc.collect(1)
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A running PostgreSQL's maintenance database. Tests take `postgresql_database` instead, and leave this one clean."""
    given = os.environ.get("OSIRIS_TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    with postgresql_server(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_admin(postgresql_url: str) -> Iterator[Engine]:
    """An autocommitting engine that creates and drops the tests' databases."""
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_pool(postgresql_admin: Engine) -> Iterator[list[Engine]]:
    """Empty databases that no test uses now: emptying one is far cheaper than creating one.

    Each is an autocommitting engine, whose one connection is kept: the next one would look up the catalog again.
    """
    free: list[Engine] = []
    yield free
    for kept in free:
        kept.dispose()
        drop_database(postgresql_admin, _text(kept.url))


@pytest.fixture
def postgresql_database(postgresql_admin: Engine, postgresql_pool: list[Engine]) -> Iterator[str]:
    """The URL (psycopg) of an empty PostgreSQL database, emptied after the test."""
    kept = postgresql_pool.pop() if postgresql_pool else keeper(create_database(postgresql_admin))
    url = _text(kept.url)
    yield url
    try:
        with kept.connect() as connection:
            connection.exec_driver_sql(EMPTY)
    except Exception:
        drop_database(postgresql_admin, url)
        raise
    postgresql_pool.append(kept)


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A running MariaDB's own database. Tests take `mariadb_database` instead, and leave this one alone."""
    given = os.environ.get("OSIRIS_TEST_MARIADB_URL")
    if given:
        yield given
        return
    with mariadb_server(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_admin(mariadb_url: str) -> Iterator[Engine]:
    """An autocommitting engine that creates and drops the tests' databases."""
    engine = create_engine(mariadb_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture
def mariadb_database(mariadb_admin: Engine) -> Iterator[str]:
    """The URL (PyMySQL) of an empty MariaDB database, dropped after the test: creating one is cheap."""
    with new_database(mariadb_admin) as url:
        yield url


@pytest.fixture(scope="session")
def mysql_url() -> Iterator[str]:
    """A running MySQL's own database. Tests take `mysql_database` instead, and leave this one alone."""
    given = os.environ.get("OSIRIS_TEST_MYSQL_URL")
    if given:
        yield given
        return
    with mysql_server(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def mysql_admin(mysql_url: str) -> Iterator[Engine]:
    """An autocommitting engine that creates and drops the tests' databases."""
    engine = create_engine(mysql_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture
def mysql_database(mysql_admin: Engine) -> Iterator[str]:
    """The URL (PyMySQL) of an empty MySQL database, dropped after the test."""
    with new_database(mysql_admin) as url:
        yield url


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'osiris.db'}"


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """A running replica set. Tests take `mongodb_database` instead."""
    given = os.environ.get("OSIRIS_TEST_MONGODB_URL")
    if given:
        yield given
        return
    with mongodb_server() as url:
        yield url


@pytest.fixture(scope="session")
def mongodb_client(mongodb_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """A client that creates and drops the tests' databases."""
    with MongoClient[dict[str, Any]](mongodb_url) as client:
        yield client


@pytest.fixture(scope="session")
def standalone() -> Iterator[MongoClient[dict[str, Any]]]:
    """The client of a MongoDB without transactions."""
    with mongodb_server(replica_set=False) as url, MongoClient[dict[str, Any]](url) as client:
        yield client


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once on each of the databases."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database, once on each of the databases."""
    engine = compile_once(create_engine(database_url))
    _write_without_waiting(engine)
    yield engine
    engine.dispose()


ASYNC_DRIVERS = {
    "sqlite+aiosqlite": "sqlite",
    "postgresql+asyncpg": "postgresql",
    "postgresql+psycopg_async": "postgresql",
    "mariadb+asyncmy": "mariadb",
    "mysql+asyncmy": "mysql",
    "mysql+aiomysql": "mysql",
}


@pytest.fixture(params=[driver for driver, database in ASYNC_DRIVERS.items() if database in DATABASES])
def async_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once for each asynchronous driver."""
    url = make_url(request.getfixturevalue(f"{ASYNC_DRIVERS[request.param]}_database"))
    return _text(url.set(drivername=request.param).difference_update_query(["ssl_disabled"]))  # PyMySQL's own


@pytest_asyncio.fixture
async def async_engine(async_url: str) -> AsyncIterator[AsyncEngine]:
    """An asynchronous engine on an empty database, once for each asynchronous driver."""
    engine = create_async_engine(async_url)
    compile_once(engine.sync_engine)
    _write_without_waiting(engine.sync_engine)
    yield engine
    await engine.dispose()


@contextmanager
def new_database(admin: Engine) -> Iterator[str]:
    """The URL of an empty database on a server, dropped with the block."""
    url = create_database(admin)
    try:
        yield url
    finally:
        drop_database(admin, url)


def create_database(admin: Engine) -> str:
    """Create an empty database on a server and return its URL."""
    name = f"osiris_{uuid4().hex}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return _text(admin.url.set(database=name))


def drop_database(admin: Engine, url: str) -> None:
    """Drop it. What a test leaves connected may hold locks, and ends first."""
    name = make_url(url).database
    with admin.connect() as connection:
        if admin.dialect.name == "postgresql":
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            return
        end_connections(connection, name)
        connection.execute(text(f"DROP DATABASE {name}"))


def end_connections(connection: Connection, name: str | None) -> None:
    """End what else is connected to the database, on MariaDB or MySQL."""
    own = connection.scalar(text("SELECT connection_id()"))
    for row in connection.execute(text("SHOW PROCESSLIST")).all():
        if row.db == name and row.Id != own:
            with suppress(OperationalError):
                connection.execute(text(f"KILL {row.Id:d}"))


# What a test leaves connected may hold locks: it ends first, and is waited for, at most a second.
EMPTY = """
DO $$
DECLARE schema name;
BEGIN
    FOR attempt IN 1..200
    LOOP
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
        EXIT WHEN NOT FOUND;
        PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
    END LOOP;
    FOR schema IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    LOOP
        EXECUTE 'DROP SCHEMA ' || quote_ident(schema) || ' CASCADE';
    END LOOP;
    CREATE SCHEMA public;
END $$
"""


def keeper(url: str) -> Engine:
    """Return an autocommitting engine of one connection, which is kept."""
    return create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True)


def _write_without_waiting(engine: Engine) -> None:
    """Have SQLite not wait for the disk, as PostgreSQL does not here: a test does not lose its machine's power."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
