"""A payroll of each policy in each database, with a log played into it, and the states to expect."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.compiled import compile_once
from tests.conftest import DATABASES, new_database
from tests.queries.accounts import MODELS, Base, Journal, Plain, Team
from tests.queries.payrolls import PAYROLLS, folded, play, random_log


@pytest.fixture(scope="module", params=PAYROLLS)
def payroll(request):
    return PAYROLLS[request.param]


@pytest.fixture(scope="module")
def log():
    return random_log()


@pytest.fixture(scope="module")
def expected(log):
    """The states of the log by context."""
    return folded(log)


@pytest.fixture(scope="module")
def module_sqlite(tmp_path_factory):
    """An engine on an empty SQLite file of this module's own."""
    engine = compile_once(create_engine(f"sqlite:///{tmp_path_factory.mktemp('module') / 'osiris.db'}"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def module_postgresql(postgresql_admin):
    """An engine on an empty PostgreSQL database of this module's own."""
    yield from _engine(postgresql_admin)


@pytest.fixture(scope="module")
def module_mariadb(mariadb_admin):
    """An engine on an empty MariaDB database of this module's own."""
    yield from _engine(mariadb_admin)


@pytest.fixture(scope="module")
def module_mysql(mysql_admin):
    """An engine on an empty MySQL database of this module's own."""
    yield from _engine(mysql_admin)


def _engine(admin):
    with new_database(admin) as url:
        engine = compile_once(create_engine(url))
        yield engine
        engine.dispose()


@pytest.fixture(scope="module", params=DATABASES)
def module_engine(request):
    """An engine on an empty database of this module's own, once on each of the databases."""
    return request.getfixturevalue(f"module_{request.param}")


@pytest.fixture(scope="module")
def played(module_engine, payroll, log):
    """The log in a database that the tests of a module share: they leave nothing behind."""
    payroll.metadata.create_all(module_engine)
    with Session(module_engine) as session:
        play(session, payroll, log)
    yield module_engine
    payroll.metadata.drop_all(module_engine)


@pytest.fixture
def session(played):
    """A session on the shared log; what it does not commit is undone."""
    with Session(played) as session:
        yield session


@pytest.fixture
def own_session(engine, payroll, log):
    """A session on a log of this test's own."""
    payroll.metadata.create_all(engine)
    with Session(engine) as session:
        play(session, payroll, log)
        yield session


@pytest.fixture
def locks_engine(engine_with):
    """The tables of `accounts`, with rows a and b of each model."""
    engine = engine_with(Base.metadata)
    with Session(engine) as session:
        session.add_all([Team(id=1, name="A"), Plain(id="a", balance=1)])
        session.flush()
        for name in "ab":
            session.add_all(
                [model(id=name, balance=1, team_id=1) for model in MODELS if model is not Journal]
            )
            session.add(Journal(desk="d", id=name, balance=1, team_id=1))
        session.commit()
    return engine
