"""What the database refuses to commit is undone, whoever uses the pool's connection next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from sqla_osiris import NewEvent, Subscription, repository
from tests.repositories.models import InlineEmployee
from tests.subscriptions.test_subscriptions import HANDLED


@pytest.fixture
def impatient(sqlite_database: str) -> Iterator[Engine]:
    engine = create_engine(sqlite_database, connect_args={"timeout": 0.05})
    InlineEmployee.metadata.create_all(engine)
    HANDLED.create(engine)
    yield engine
    engine.dispose()


@contextmanager
def somebody_reads(engine: Engine) -> Iterator[None]:
    """SQLite writes while others read, but cannot commit."""
    reader = sqlite3.connect(str(engine.url.database), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM sqlite_master").fetchone()
    yield
    reader.execute("COMMIT")
    reader.close()


def append(employees):
    employees.append("bob", overtime=1)


def append_many(employees):
    employees.append_many([NewEvent("bob", {"overtime": 1})])


@pytest.mark.parametrize("bind", [lambda engine: engine, sessionmaker], ids=["engine", "sessionmaker"])
@pytest.mark.parametrize("write", [append, append_many])
def test_an_append_whose_commit_failed_leaves_nothing(impatient, bind, write):
    employees = repository(InlineEmployee, bind(impatient))
    with somebody_reads(impatient), pytest.raises(OperationalError):
        write(employees)
    employees.append("jane", overtime=1)
    assert [event.context for event in employees.feed()] == ["jane"]


@pytest.mark.parametrize("bind", [lambda engine: engine, sessionmaker], ids=["engine", "sessionmaker"])
def test_a_subscription_whose_commit_failed_handles_the_event_once(impatient, bind):
    employees = repository(InlineEmployee, bind(impatient))
    employees.append("bob", overtime=1)

    def handle(event, session):
        session.execute(insert(HANDLED).values(who=event.context, seq=event.seq))

    mailer = Subscription(employees, "mail", handle, backoff=0.01)
    mailer.create()
    assert mailer.run() == 1
    employees.append("jane", overtime=1)
    with somebody_reads(impatient), suppress(OperationalError):
        mailer.run_once()
    assert handled(impatient) == ["bob"]
    mailer.run()
    assert handled(impatient) == ["bob", "jane"]


def handled(engine):
    with engine.connect() as connection:
        return list(connection.scalars(select(HANDLED.c.who)))
