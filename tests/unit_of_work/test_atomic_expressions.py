"""``account.balance = Account.balance - 5`` appends the difference, whatever the balance is by then."""

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Float, Integer, Numeric, String, bindparam, func, literal, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    Count,
    EventSourced,
    Every,
    Latest,
    Max,
    Mean,
    Min,
    NotExpressible,
    repository,
)
from tests.statements import counted
from tests.unit_of_work.hr import touches


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "account"
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str | None] = Latest(String(20))
    balance: Mapped[int] = Aggregate(Integer)
    money: Mapped[Decimal] = Aggregate(Numeric(12, 2))
    weight: Mapped[float] = Aggregate(Float)
    visits: Mapped[int] = Aggregate(Integer, reducer=Count())
    best: Mapped[int | None] = Aggregate(Integer, reducer=Max())
    worst: Mapped[int | None] = Aggregate(Integer, reducer=Min())
    mean: Mapped[float | None] = Aggregate(Integer, reducer=Mean())


class Tally(EventSourced, Base):
    """Folded from its tail."""

    __tablename__ = "tally"
    __snapshot__ = Every(100)
    id: Mapped[str] = Context(String(20))
    votes: Mapped[int] = Aggregate(Integer)


FIRST = {"owner": "ann", "balance": 10, "money": Decimal("2.50"), "weight": 0.5, "best": 3, "worst": 3}


@pytest.fixture
def account_engine(engine_with):
    engine = engine_with(Base.metadata)
    with Session(engine) as session:
        session.add(Account(id="a", **FIRST))
        session.commit()
    return engine


@pytest.fixture
def session(account_engine):
    with Session(account_engine) as session:
        yield session


@pytest.fixture
def account(session):
    """The account, loaded; its transaction goes on nowhere but on SQLite, where a reader keeps writers waiting."""
    session.expire_on_commit = False
    account = session.get_one(Account, "a")
    session.commit()
    session.expire_on_commit = True
    return account


def overtake(engine, **fields):
    repository(Account, engine).append("a", **fields)


ACCEPTED = {
    "minus": ("balance", lambda: Account.balance - 5, -5, 5),
    "plus": ("balance", lambda: Account.balance + 5, 5, 15),
    "the field on the right": ("balance", lambda: 5 + Account.balance, 5, 15),
    "several terms": ("balance", lambda: Account.balance - 5 + 2 - 1, -4, 6),
    "parentheses": ("balance", lambda: Account.balance - (literal(5) - 2), -3, 7),
    "a negative one": ("balance", lambda: -literal(5) + Account.balance, -5, 5),
    "a bound parameter": ("balance", lambda: Account.balance - bindparam("fee", 4), -4, 6),
    "the class's column": ("balance", lambda: Account.__table__.c.balance - 4, -4, 6),
    "decimals": ("money", lambda: Account.money - Decimal("1.25"), Decimal("-1.25"), Decimal("1.25")),
    "an integer to decimals": ("money", lambda: Account.money + 1, Decimal(1), Decimal("3.50")),
    "floats": ("weight", lambda: Account.weight + 0.25, 0.25, 0.75),
    "a count": ("visits", lambda: Account.visits + 1, 1, 1),
    "the greatest": ("best", lambda: func.greatest(Account.best, 7), 7, 7),
    "the greatest of several": ("best", lambda: func.greatest(1, Account.best, 2), 2, 3),
    "the least": ("worst", lambda: func.least(1, Account.worst), 1, 1),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_the_event_holds_the_difference(session, account, case):
    field, expression, touch, state = ACCEPTED[case]
    setattr(account, field, expression())
    session.commit()

    assert touches(session, Account, "a")[1:] == [{field: touch}]
    assert (getattr(account, field), account.seq) == (state, 2)


REFUSED = {
    "a product": ("balance", lambda: Account.balance * 2, "Account.balance - 5"),
    "a constant": ("balance", lambda: literal(5), "Account.balance - 5"),
    "twice the field": ("balance", lambda: Account.balance + Account.balance, "Account.balance - 5"),
    "less the field": ("balance", lambda: 5 - Account.balance, "Account.balance - 5"),
    "another field": ("balance", lambda: Account.balance + Account.visits, "Account.balance - 5"),
    "an alias": ("balance", lambda: aliased(Account).balance - 5, "Account.balance - 5"),
    "a function": ("balance", lambda: func.abs(Account.balance), "Account.balance - 5"),
    "text": ("balance", lambda: Account.balance - literal_column("5"), "Account.balance - 5"),
    "a subquery": ("balance", lambda: select(literal(5)).scalar_subquery(), "Account.balance - 5"),
    "None": ("balance", lambda: Account.balance - literal(None), "Account.balance - 5"),
    "a parameter without a value": ("balance", lambda: Account.balance - bindparam("fee"), "Account.balance"),
    "two of a count": ("visits", lambda: Account.visits + 2, r"Account.visits \+ 1"),
    "less of a count": ("visits", lambda: Account.visits - 1, r"Account.visits \+ 1"),
    "a sum of a greatest": ("best", lambda: Account.best + 1, r"func.greatest\(Account.best"),
    "the least of a greatest": ("best", lambda: func.least(Account.best, 1), r"func.greatest\(Account.best"),
    "a mean": ("mean", lambda: Account.mean + 1, r"none for Mean\(\)"),
    "a last value": ("owner", lambda: Account.owner + "!", r"none for Last\(\)"),
}


@pytest.mark.any_database
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_difference_is_refused_and_the_message_says_what_is_one(session, account, case):
    field, expression, possible = REFUSED[case]
    setattr(account, field, expression())

    with pytest.raises(NotExpressible, match=rf"Account.{field}.*SQL expression.*{possible}"):
        session.commit()

    session.rollback()
    assert len(touches(session, Account, "a")) == 1


@pytest.mark.any_database
def test_a_new_object_has_nothing_to_compute_with(session):
    session.add(Account(id="b", balance=Account.balance + 1))

    with pytest.raises(NotExpressible, match=r"Account.balance.*new object"):
        session.flush()


@pytest.mark.parametrize("expression", [Account.balance, Account.balance + 0, Account.balance - 2 + 2])
def test_no_difference_is_no_event(session, account, expression):
    account.balance = expression
    session.flush()

    assert len(touches(session, Account, "a")) == 1
    assert account.balance == 10


# --- no lost race ------------------------------------------------------------------------------


def test_others_events_in_between_are_no_conflict(session, account, account_engine):
    overtake(account_engine, balance=100)
    account.balance = Account.balance - 5
    session.commit()

    assert (account.balance, account.seq) == (105, 3)


def test_an_object_that_was_overtaken_is_loaded_again_as_a_whole(session, account, account_engine):
    """Its seq is the event's, so what it says must not be older."""
    overtake(account_engine, owner="bob")
    account.balance = Account.balance - 5
    session.flush()

    assert (account.seq, account.owner, account.balance) == (3, "bob", 5)


def test_an_object_that_was_not_overtaken_loads_the_attribute_alone(session, account):
    account.balance = Account.balance - 5
    session.flush()

    assert account.seq == 2
    assert {"owner", "seq"} <= account.__dict__.keys()
    assert "balance" not in account.__dict__


def test_an_ordinary_assignment_beside_it_expects_the_seq(session, account, account_engine):
    overtake(account_engine, balance=100)
    account.balance = Account.balance - 5
    account.owner = "bob"

    with pytest.raises(ConcurrentAppend) as lost:
        session.flush()

    assert (lost.value.expected_seq, lost.value.found_seq) == (1, 2)


def test_both_kinds_of_assignment_are_one_event(session, account):
    account.owner = "bob"
    account.balance = Account.balance - 5
    session.commit()

    assert touches(session, Account, "a")[1:] == [{"owner": "bob", "balance": -5}]
    assert (account.owner, account.balance, account.seq) == ("bob", 5, 2)


def test_an_assignment_of_the_value_that_is_there_is_none(session, account, account_engine):
    overtake(account_engine, owner="bob")
    account.owner = "ann"
    account.balance = Account.balance - 5
    session.flush()

    assert (account.owner, account.balance, account.seq) == ("bob", 5, 3)


@pytest.mark.parametrize("count", [1, 3])
def test_an_ended_stream_takes_none(session, account_engine, count):
    keys = [f"k{i}" for i in range(count)]
    session.add_all(Account(id=key) for key in keys)
    session.commit()
    accounts = [session.get_one(Account, key) for key in keys]
    session.expire_on_commit = False
    session.commit()
    with Session(account_engine) as other, other.begin():
        other.delete(other.get_one(Account, keys[-1]))
    for each in accounts:
        each.balance = Account.balance + 1

    with pytest.raises(ConcurrentAppend) as lost:
        session.flush()

    session.rollback()
    assert (lost.value.context, lost.value.found_seq) == (keys[-1], None)
    assert session.scalars(select(Account.balance).where(Account.id.in_(keys))).all() == [0] * (count - 1)


def test_many_at_once_are_as_few_statements_as_many_changes(session, account_engine):
    keys = [f"k{i:02}" for i in range(20)]
    session.add_all(Account(id=key, balance=i) for i, key in enumerate(keys))
    session.commit()
    session.expire_on_commit = False
    accounts = session.scalars(select(Account).where(Account.id.in_(keys)).order_by(Account.id)).all()
    session.commit()
    repository(Account, account_engine).append("k03", balance=100)
    for each in accounts:
        each.balance = Account.balance + 1
    with counted(account_engine) as sent:
        session.flush()

    assert len(sent) <= 8
    session.commit()
    session.expire_all()
    assert [each.balance for each in accounts] == [i + 1 + 100 * (i == 3) for i in range(20)]
    assert [each.seq for each in accounts] == [2 + (i == 3) for i in range(20)]


def test_a_transfer_between_two_is_one_flush(session, account_engine):
    session.add(Account(id="b", balance=0))
    session.commit()
    giver, taker = session.get_one(Account, "a"), session.get_one(Account, "b")
    giver.balance, taker.balance = Account.balance - 4, Account.balance + 4
    session.commit()

    assert (giver.balance, taker.balance) == (6, 4)


def test_no_writer_of_a_hot_row_ever_repeats(account_engine):
    def write(_):
        for _ in range(10):
            with Session(account_engine) as session, session.begin():
                session.get_one(Account, "a").balance = Account.balance + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    assert repository(Account, account_engine).state("a").balance == 50
    assert repository(Account, account_engine).state("a").seq == 41


def test_transfers_between_a_few_hot_rows_conserve_the_sum_without_a_retry(session, account_engine):
    names = [f"h{i}" for i in range(6)]
    session.add_all(Account(id=name, balance=100) for name in names)
    session.commit()

    if account_engine.dialect.name == "postgresql":
        # What its plan of an UPDATE of several rows depends on.
        session.execute(text("ANALYZE account_snapshot"))
        session.commit()

    def transfer(seed):
        draw = random.Random(seed)
        for _ in range(20):
            with Session(account_engine) as own, own.begin():
                some = [own.get_one(Account, name) for name in draw.sample(names, 4)]
                for place, account in enumerate(some):
                    account.balance = Account.balance + (-1) ** place

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(transfer, range(8)))

    total = select(func.sum(Account.balance), func.sum(Account.seq)).where(Account.id.in_(names))
    assert session.execute(total).one() == (600, 6 + 8 * 20 * 4)


# --- the session's other ways --------------------------------------------------------------------


def test_an_expired_object_is_not_loaded_for_it(session, account, account_engine):
    session.expire(account)
    account.balance = Account.balance - 5
    with counted(account_engine) as sent:
        session.flush()

    assert not any(statement.lstrip().startswith("SELECT account.") for statement in sent)
    assert (account.balance, account.owner, account.seq) == (5, "ann", 2)


def test_a_query_flushes_it_first(session, account):
    account.balance = Account.balance - 5

    assert session.scalar(select(Account.balance)) == 5
    account.balance = Account.balance - 1
    session.commit()
    assert (account.balance, account.seq) == (4, 3)


@pytest.mark.any_database
def test_expressions_build_on_each_other_until_the_flush(session, account):
    account.balance = Account.balance - 5
    account.balance -= 2
    session.commit()

    assert touches(session, Account, "a")[1:] == [{"balance": -7}]


def test_a_savepoint_takes_it_back(session, account):
    with session.begin_nested() as savepoint:
        account.balance = Account.balance - 5
        session.flush()
        savepoint.rollback()
    session.commit()

    assert (account.balance, account.seq) == (10, 1)
    account.balance = Account.balance - 1
    session.commit()
    assert (account.balance, account.seq) == (9, 2)


def test_merge_carries_it(session, account_engine):
    overtake(account_engine, balance=1)
    merged = session.merge(Account(id="a", balance=Account.balance - 5))
    session.commit()

    assert (merged.balance, merged.seq) == (6, 3)


@pytest.mark.any_database
def test_a_value_that_a_column_does_not_take_is_refused(session, account):
    account.money = Account.money + Decimal("0.001")

    with pytest.raises(Exception, match=r"Account.money"):
        session.flush()


def test_a_model_that_folds_its_tail(session):
    session.add(Tally(id="t", votes=2))
    session.commit()
    tally = session.get_one(Tally, "t")
    tally.votes = Tally.votes + 3
    session.commit()

    assert (tally.votes, tally.seq) == (5, 2)


@pytest.mark.asyncio
async def test_an_async_session(async_engine):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(async_engine) as session:
        session.add(Account(id="a", balance=1))
        await session.commit()
        account = await session.get_one(Account, "a")
        account.balance = Account.balance + 1
        await session.flush()
        await session.refresh(account)
        assert (account.balance, account.seq) == (2, 2)
