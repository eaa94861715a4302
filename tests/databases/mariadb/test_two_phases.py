"""Events are prepared and committed, or taken back, with all else of a transaction in two phases."""

import pytest
from sqlalchemy import Integer, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import Aggregate, Context, EventSourced, NewEvent, repository


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    id = Context(String(9))
    balance = Aggregate(Integer)


@pytest.fixture
def engine(mariadb_database):
    engine = create_engine(mariadb_database)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def prepared(engine, end):
    """A flush, an append and a batch, prepared; then ended."""
    with Session(engine, twophase=True) as session:
        session.add_all([Account(id=name, balance=1) for name in "ab"])
        session.flush()
        accounts = repository(Account, session)
        accounts.append("a", balance=2)
        accounts.append_many([NewEvent(name, {"balance": 3}) for name in "bc"])
        session.prepare()
        with engine.connect() as other:
            assert other.scalar(text("SELECT count(*) FROM account_event")) == 0
        end(session)


def test_a_prepared_transaction_is_committed_whole(engine):
    prepared(engine, Session.commit)

    accounts = repository(Account, engine)
    assert [(each.id, each.balance) for each in accounts.states()] == [("a", 3), ("b", 4), ("c", 3)]
    assert not accounts.verify().differences


def test_a_prepared_transaction_is_taken_back_whole(engine):
    prepared(engine, Session.rollback)

    assert list(repository(Account, engine).states()) == []
