"""A sum that outgrows its column is refused by name, and nothing is written then."""

import pytest
from sqlalchemy import BigInteger, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import Aggregate, Context, EventSourced, Every, InvalidValue, Latest, NewEvent, repository

GREATEST = 2**63 - 1


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "account"
    id: Mapped[str] = Context()
    owner: Mapped[str | None] = Latest()
    balance: Mapped[int] = Aggregate(BigInteger)


class Meter(EventSourced, Base):
    __tablename__ = "meter"
    __snapshot__ = Every(2)
    house: Mapped[str] = Context()
    room: Mapped[int] = Context()
    reading: Mapped[int] = Aggregate(BigInteger)
    cost: Mapped[int] = Aggregate(BigInteger)


@pytest.fixture
def tables(engine):
    Base.metadata.create_all(engine)
    repository(Account, engine).append("bob", balance=GREATEST - 1)
    repository(Account, engine).append("ann", balance=1)
    return engine


def log_and_heads(engine):
    with engine.connect() as connection:
        return [connection.execute(select(table)).all() for table in Base.metadata.sorted_tables]


@pytest.mark.parametrize("touch", [2, GREATEST])
def test_an_append_that_a_sum_cannot_hold_is_refused_and_writes_nothing(tables, touch):
    before = log_and_heads(tables)

    with pytest.raises(InvalidValue, match=r"Account.balance.*'bob'"):
        repository(Account, tables).append("bob", balance=touch, owner="Bob")

    assert log_and_heads(tables) == before


def test_an_append_up_to_the_greatest_sum_is_written(tables):
    repository(Account, tables).append("bob", balance=1)

    assert repository(Account, tables).state("bob").balance == GREATEST


def test_a_batch_whose_own_sum_does_not_fit_is_refused_though_the_total_would(tables):
    accounts = repository(Account, tables)
    accounts.append("eve", balance=-GREATEST)
    before = log_and_heads(tables)

    with pytest.raises(InvalidValue, match=r"Account.balance: the sum of 'eve'"):
        accounts.append_many([NewEvent("eve", {"balance": GREATEST}), NewEvent("eve", {"balance": 1})])

    assert log_and_heads(tables) == before
    accounts.append("eve", balance=GREATEST)
    accounts.append("eve", balance=1)
    assert accounts.state("eve").balance == 1


def test_a_sum_may_not_outgrow_its_column_below(tables):
    repository(Account, tables).append("low", balance=-(2**63))

    with pytest.raises(InvalidValue, match=r"Account.balance.*'low'"):
        repository(Account, tables).append("low", balance=-1)


def test_a_change_that_a_sum_cannot_hold_is_refused_and_writes_nothing(tables):
    before = log_and_heads(tables)

    with Session(tables) as session:
        for account in session.scalars(select(Account)).all():
            account.balance += 2
        with pytest.raises(InvalidValue, match=r"Account.balance"):
            session.commit()

    assert log_and_heads(tables) == before


def test_the_sum_of_a_snapshot_that_falls_due_is_refused_by_name(tables):
    meters = repository(Meter, tables)
    meters.append(("a", 1), reading=GREATEST, cost=1)
    before = log_and_heads(tables)

    with Session(tables) as session, pytest.raises(InvalidValue, match=r"Meter.reading.*\('a', 1\)"):
        repository(Meter, session).append(("a", 1), reading=1, cost=1)

    assert log_and_heads(tables) == before


def test_another_error_of_the_database_stays_what_it_is(tables):
    with tables.begin() as connection:
        Meter.Snapshot.__table__.drop(connection)

    with pytest.raises(DBAPIError) as error:
        repository(Meter, tables).append(("a", 1), reading=1)

    assert "total(" not in error.value.statement
