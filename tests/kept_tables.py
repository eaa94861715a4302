"""Where does a test find tables that hundreds of others want too? In a database that has them already, and no rows.

Twenty tables cost more than most tests. A server's rows are deleted behind a test, and its keys begin at 1 again; where
the test changed a table, the database is dropped. On SQLite each test has a copy of a file. A plugin of tests/conftest.py.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, create_engine, make_url

from tests.compiled import compile_once
from tests.conftest import (
    EMPTY,
    _text,
    _write_without_waiting,
    create_database,
    drop_database,
    end_connections,
    keeper,
)

__all__ = ["EngineWith", "engine_with"]

EngineWith = Callable[[MetaData], Engine]

_END = EMPTY[: EMPTY.index("    FOR schema")].replace("schema name", "emptied regclass")
_POSTGRESQL_EMPTIES = f"""{_END}
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR emptied IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE 'DELETE FROM ' || emptied;
    END LOOP;
    PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
END $$
"""

# What says something else after a CREATE, an ALTER or a DROP.
_POSTGRESQL_HAS = """
SELECT string_agg(tableoid || ' ' || oid || ' ' || xmin, ',' ORDER BY tableoid, oid, xmin::text) FROM (
    SELECT tableoid, oid, xmin FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT tableoid, oid, xmin FROM pg_namespace
    UNION ALL SELECT tableoid, oid, xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT tableoid, oid, xmin FROM pg_trigger
    UNION ALL SELECT tableoid, attrelid, xmin FROM pg_attribute WHERE attrelid >= 16384
) AS made
"""
_MARIADB_HAS = """
SELECT concat(table_name, ' ', create_time) FROM information_schema.tables WHERE table_schema = database()
UNION ALL SELECT concat(count(*), ' triggers') FROM information_schema.triggers WHERE trigger_schema = database()
"""
_MARIADB_EMPTIES = {
    "DELETE FROM": "SHOW TABLES",
    "TRUNCATE": "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = database() AND auto_increment > 1",
}


@dataclass
class _Kept:
    """A database of a server, through a connection that is kept."""

    keeper: Engine
    has: object

    def is_emptied(self) -> bool:
        """Delete all rows. False where the tables are not those that they were."""
        with self.keeper.connect() as connection:
            if self.keeper.dialect.name == "postgresql":
                connection.exec_driver_sql(_POSTGRESQL_EMPTIES)
            else:
                end_connections(connection, self.keeper.url.database)
                if not connection.dialect.is_mariadb:
                    connection.exec_driver_sql("SET information_schema_stats_expiry = 0")
                connection.exec_driver_sql("SET foreign_key_checks = 0")
                for clear, tables in _MARIADB_EMPTIES.items():
                    for table in connection.exec_driver_sql(tables).scalars().all():
                        connection.exec_driver_sql(f"{clear} `{table}`")
        return _has(self.keeper) == self.has


def _has(kept: Engine) -> object:
    with kept.connect() as connection:
        asked = _POSTGRESQL_HAS if kept.dialect.name == "postgresql" else _MARIADB_HAS
        return sorted(connection.exec_driver_sql(asked).scalars())


class _OfServer:
    """The databases of a server that have a metadata's tables and that no test uses now."""

    def __init__(self, admin: Engine) -> None:
        self._admin = admin
        self._free: defaultdict[MetaData, list[_Kept]] = defaultdict(list)

    @contextmanager
    def lent(self, metadata: MetaData, _folder: Path) -> Iterator[str]:
        """The URL of a database with the tables."""
        free = self._free[metadata]
        kept = free.pop() if free else self._created(metadata)
        yield _text(kept.keeper.url)
        if kept.is_emptied():
            free.append(kept)
        else:
            self._dropped(kept)

    def drop_all(self) -> None:
        for free in self._free.values():
            for kept in free:
                self._dropped(kept)

    def _created(self, metadata: MetaData) -> _Kept:
        created = keeper(create_database(self._admin))
        metadata.create_all(created)
        return _Kept(created, _has(created))

    def _dropped(self, kept: _Kept) -> None:
        kept.keeper.dispose()
        drop_database(self._admin, _text(kept.keeper.url))


class _Files:
    """A SQLite file for each metadata, of which each test has a copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[MetaData, Path] = {}

    @contextmanager
    def lent(self, metadata: MetaData, folder: Path) -> Iterator[str]:
        if metadata not in self._files:
            self._files[metadata] = self._folder / f"{len(self._files)}.db"
            engine = create_engine(f"sqlite:///{self._files[metadata]}")
            metadata.create_all(engine)
            engine.dispose()
        yield f"sqlite:///{shutil.copy(self._files[metadata], folder)}"


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> _Files:
    return _Files(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_admin: Engine) -> Iterator[_OfServer]:
    kept = _OfServer(postgresql_admin)
    yield kept
    kept.drop_all()


@pytest.fixture(scope="session")
def mariadb_tables(mariadb_admin: Engine) -> Iterator[_OfServer]:
    kept = _OfServer(mariadb_admin)
    yield kept
    kept.drop_all()


@pytest.fixture(scope="session")
def mysql_tables(mysql_admin: Engine) -> Iterator[_OfServer]:
    kept = _OfServer(mysql_admin)
    yield kept
    kept.drop_all()


@pytest.fixture
def engine_with(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[EngineWith]:
    """Gives an engine on a database that has a metadata's tables, once on each of the databases."""
    tables = request.getfixturevalue(f"{make_url(database_url).get_backend_name()}_tables")
    with ExitStack() as stack:

        def engine_with(metadata: MetaData) -> Engine:
            engine = compile_once(create_engine(stack.enter_context(tables.lent(metadata, tmp_path))))
            _write_without_waiting(engine)
            stack.callback(engine.dispose)
            return engine

        yield engine_with
