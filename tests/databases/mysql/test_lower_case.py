"""A server that keeps tables' names in lower case, as MySQL does on Windows: a model whose tables have others."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Integer, MetaData, String, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import Aggregate, Context, EventSourced, NewEvent, OsirisError, SQLRepository
from tests.conftest import create_database
from tests.mysql_servers import mysql_server


def clerk(tablename):
    base = type("Base", (DeclarativeBase,), {"metadata": MetaData()})
    body = {"id": Context(String(40)), "overtime": Aggregate(Integer)}
    options = {"__tablename__": tablename, "__append_only__": True, "__archive__": True}
    return type("Clerk", (EventSourced, base), {**options, **body})


Clerk, LowerCase = clerk("Clerk"), clerk("clerk")


@pytest.fixture(scope="module")
def admin():
    with mysql_server("--lower-case-table-names=1", durable=False) as url:
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        yield admin
        admin.dispose()


@pytest.fixture(scope="module")
def engine(admin):
    engine = create_engine(create_database(admin))
    Clerk.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def other_engine(admin):
    engine = create_engine(create_database(admin))
    yield engine
    engine.dispose()


@pytest.fixture
def clerks(engine):
    return SQLRepository(Clerk, engine)


def test_all_calls_find_their_tables(clerks, engine):
    clerks.append("bob", overtime=1)
    with Session(engine) as session:
        SQLRepository(Clerk, session).append("nobody", overtime=1)  # a position that no event will have
        session.rollback()
    clerks.append_many(NewEvent(name, {"overtime": 1}) for name in ("bob", "ann", "eve"))

    assert [event.context for event in clerks.feed()] == ["bob", "bob", "ann", "eve"]
    assert clerks.archive(keep=1) == 1
    assert clerks.restore("bob") == 1
    clerks.erase("eve")
    assert {state.id: state.overtime for state in clerks.states()} == {"ann": 1, "bob": 2}
    assert clerks.verify().differences == ()


@pytest.mark.parametrize(
    ("statement", "code"), [("DELETE FROM Clerk_event", "1644"), ("TRUNCATE Clerk_event", "1701")]
)
def test_a_protected_log_is_protected(engine, statement, code):
    with engine.connect() as connection, pytest.raises(DBAPIError, match=code):
        connection.execute(text(statement))


def differences(engine, model):
    options = {"autogenerate_plugins": ["alembic.autogenerate.*", "sqla_osiris"]}
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), model.metadata)


def test_autogenerate_refuses_a_name_that_it_would_take_for_another_table(engine):
    refusal = (
        r"keeps the table Clerk_snapshot as clerk_snapshot .* Give the class a __tablename__ in lower case"
    )
    with pytest.raises(OsirisError, match=refusal):
        differences(engine, Clerk)


def test_a_name_in_lower_case_is_the_tables_own(other_engine):
    LowerCase.metadata.create_all(other_engine)
    assert differences(other_engine, LowerCase) == []
