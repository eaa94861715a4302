"""Which heads count: stale ones, those that Python folds, and what their tables look like."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    create_engine,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    EventSourced,
    Inline,
    Latest,
    Mean,
    NewEvent,
    OsirisError,
    Reducer,
    repository,
)
from tests.constraints.bank import Account, Base, Handle
from tests.declaring.conftest import base

__all__ = ["base"]

HEADS = Account.Snapshot.__table__
GARBAGE = {"osiris_fingerprint": 7, "balance": 0, "iban": "garbage"}


@pytest.fixture
def accounts(engine):
    Base.metadata.create_all(engine)
    accounts = repository(Account, engine)
    accounts.append("bob", iban="IBAN1", balance=100)
    with engine.begin() as connection:
        connection.execute(update(HEADS).values(GARBAGE))
    return accounts


def append(accounts, **fields):
    accounts.append("bob", **fields)


def append_many(accounts, **fields):
    accounts.append_many([NewEvent("bob", fields), NewEvent("zz", {"owner": "z"})])


def append_many_with_none(accounts, **fields):
    """None has the database fold what was written, and not the statement that writes it."""
    accounts.append_many([NewEvent("bob", fields | {"nickname": None})])


def flush(accounts, **fields):
    with Session(accounts._target) as session:
        bob = session.get_one(Account, "bob")
        for name, value in fields.items():
            setattr(bob, name, bob.balance + value if name == "balance" else value)
        session.commit()


WAYS = [append, append_many, append_many_with_none, flush]


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_a_stale_head_is_folded_before_it_is_checked(accounts, write):
    write(accounts, balance=-60)
    assert accounts.state("bob").balance == 40
    with accounts._target.begin() as connection:
        connection.execute(update(HEADS).where(HEADS.c.id == "bob").values(GARBAGE | {"balance": 1_000}))
    with pytest.raises(IntegrityError, match="ck_solvent"):
        write(accounts, balance=-60)

    assert [event.fields.get("balance") for event in accounts.history("bob")] == [100, -60]
    assert accounts.state("bob").balance == 40


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_a_stale_head_that_cannot_be_folded_keeps_its_stream_as_it_is(accounts, write):
    accounts.append("jane", iban="IBAN1")
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        write(accounts, balance=5)
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        accounts.snapshots()

    assert accounts.state("bob").seq == 1
    accounts.append("jane", iban="IBAN2")
    write(accounts, balance=5)
    assert accounts.state("bob").balance == 105
    assert accounts.verify()


def test_a_session_cannot_commit_what_its_stale_head_cannot_hold(accounts):
    accounts.append("jane", iban="IBAN1")
    with Session(accounts._target) as session:
        with pytest.raises(IntegrityError, match=r"(?i)iban"):
            repository(Account, session).append("bob", balance=5)
        with pytest.raises(Exception):  # noqa: B017, PT011  (SQLAlchemy's own, of a transaction that has ended)
            session.commit()
    assert accounts.state("bob").seq == 1


REFOLDS = {
    "snapshots": lambda accounts: accounts.snapshots(),
    "snapshot": lambda accounts: accounts.snapshot("bob"),
    "append": lambda accounts: accounts.append("bob", balance=5),
    "append_many": lambda accounts: accounts.append_many([NewEvent("bob", {"balance": 5})]),
}


@pytest.mark.parametrize("refold", REFOLDS.values(), ids=REFOLDS)
def test_whose_state_cannot_be_stored_is_said(accounts, refold):
    accounts.append_many([NewEvent("jane", {"iban": "IBAN1"}), NewEvent("joe", {"iban": "IBAN3"})])
    with accounts._target.begin() as connection:
        connection.execute(update(HEADS).where(HEADS.c.id == "joe").values(osiris_fingerprint=7))
    with pytest.raises(IntegrityError, match="state of Account 'bob'"):
        refold(accounts)

    assert [event.fields for event in accounts.history("bob")] == [{"iban": "IBAN1", "balance": 100}]
    with accounts._target.connect() as connection:
        assert connection.scalar(select(HEADS.c.osiris_fingerprint).where(HEADS.c.id == "joe")) == 7


@pytest.mark.parametrize("in_session", [False, True], ids=["engine", "session"])
def test_a_redaction_that_a_constraint_refuses_takes_nothing_out(accounts, in_session):
    accounts.append("bob", balance=-60)
    with Session(accounts._target) as session:
        redacting = repository(Account, session) if in_session else accounts
        with pytest.raises(IntegrityError, match=r"(?s)state of Account 'bob'.*ck_solvent"):
            redacting.redact("bob", 1, "balance", reason="asked")
        with suppress(InvalidRequestError):  # the session's transaction has ended
            session.commit()

    assert [event.fields.get("balance") for event in accounts.history("bob")] == [100, -60]
    assert accounts.state("bob").balance == 40
    assert accounts.verify()


class Longest(Reducer):
    """The length of the longest word."""

    def identity(self) -> int:
        return 0

    def lift(self, touch: Any) -> int:
        return len(touch)

    def merge(self, left: int, right: int) -> int:
        return max(left, right)


@pytest.fixture
def declare(base):
    def declare_item(**attributes: Any) -> Any:
        body = {"__tablename__": "item", "id": Context(Integer), "n": Latest(Integer), **attributes}
        return type("Item", (EventSourced, base), body)

    return declare_item


def test_what_python_folds_is_held_to_them(engine, declare):
    item = declare(
        words=Aggregate(String(9), reducer=Longest(), state_type=Integer),
        __snapshot__=Inline(),
        __table_args__=(CheckConstraint("osiris_state_words <= 4", name="ck_short"),),
    )
    item.metadata.create_all(engine)
    items = repository(item, engine)
    items.append(1, words="four")
    for write in (
        lambda: items.append(1, words="longer"),
        lambda: items.append(2, words="longer"),
        lambda: items.append_many([NewEvent(1, {"words": "longer"})]),
        lambda: items.append_many([NewEvent(3, {"words": "longer"})]),
    ):
        with pytest.raises(IntegrityError, match="ck_short"):
            write()

    assert [state.id for state in items.states()] == [1]
    assert [event.seq for event in items.feed(limit=10)] == [1]
    assert items.verify()


def test_a_sum_of_decimals_is_checked(engine, declare):
    item = declare(
        total=Aggregate(Numeric(10, 2)),
        __table_args__=(CheckConstraint("total >= 0 AND total < 10.5", name="ck_total"),),
    )
    item.metadata.create_all(engine)
    items = repository(item, engine)
    items.append_many([NewEvent(1, {"total": Decimal("10.49")})])
    items.append(1, total=Decimal("-9.49"))
    for wrong in ("-1.01", "9.50"):
        with pytest.raises(IntegrityError, match="ck_total"):
            items.append(1, total=Decimal(wrong))
        with pytest.raises(IntegrityError, match="ck_total"):
            items.append_many([NewEvent(1, {"total": Decimal(wrong)})])
    assert items.state(1).total == Decimal("1.00")


def test_an_expression_of_columns_is_one_of_the_heads(engine, declare):
    n = Latest(Integer)
    item = declare(n=n, m=Latest(Integer), __table_args__=(CheckConstraint(n.column > 3, name="ck_n"),))
    item.metadata.create_all(engine)

    with pytest.raises(IntegrityError, match="ck_n"):
        repository(item, engine).append(1, n=3)
    assert repository(item, engine).append(1, n=4).seq == 1


def test_living_streams_alone_count_where_no_column_is_null_without_a_life(engine, declare):
    item = declare(total=Aggregate(Integer), __table_args__=(UniqueConstraint("total", name="uq_total"),))
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        with pytest.raises(OsirisError, match="uq_total"):
            item.metadata.create_all(engine)
        return
    item.metadata.create_all(engine)
    items = repository(item, engine)
    for context in (1, 2):
        items.append_many([NewEvent(context, {"total": 5}), NewEvent(context, {}, ends=True)])
    items.append_many(
        [NewEvent(3, {"n": None}), NewEvent(4, {"total": 1, "n": None}), NewEvent(5, {"total": 2})]
    )
    for write in (
        lambda: items.append(6, n=1),
        lambda: items.append_many([NewEvent(6, {"n": None})]),
        lambda: items.append_many([NewEvent(6, {"n": 1})]),
        lambda: items.append(4, total=1),
    ):
        with pytest.raises(IntegrityError, match=r"(?i)total"):
            write()
    assert items.verify()


def test_an_index_of_an_expression(engine):
    Base.metadata.create_all(engine)
    handles = repository(Handle, engine)
    handles.append(1, name="Bob")
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        # MariaDB indexes no expression, and the model asks for none there.
        assert handles.append(3, name="BOB").seq == 1
        return
    handles.append(2, name="bob", archived=True)
    with pytest.raises(IntegrityError, match="uq_handle"):
        handles.append(3, name="BOB")
    with pytest.raises(IntegrityError, match="uq_handle"):
        handles.append_many([NewEvent(2, {"archived": None})])
    handles.append_many([NewEvent(1, {}, ends=True)])
    handles.append(3, name="BOB")


def test_a_composite_context(engine, declare):
    item = declare(
        part=Context(String(9)),
        name=Latest(String(9)),
        __table_args__=(
            UniqueConstraint("id", "name", name="uq_name"),
            CheckConstraint("n > 0", name="ck_n"),
        ),
    )
    item.metadata.create_all(engine)
    items = repository(item, engine)
    items.append((1, "a"), name="x", n=1)
    items.append_many([NewEvent((2, "a"), {"name": "x"}), NewEvent((1, "b"), {"name": "y"})])
    for write in (
        lambda: items.append((1, "c"), name="x"),
        lambda: items.append((1, "b"), name="x"),
        lambda: items.append_many([NewEvent((1, "c"), {"name": "x"}), NewEvent((1, "d"), {"name": "z"})]),
    ):
        with pytest.raises(IntegrityError, match=r"(?i)name"):
            write()
    with pytest.raises(IntegrityError, match="ck_n"):
        items.append((1, "a"), n=0)
    assert items.verify()
    assert len(list(items.states())) == 3


@pytest.mark.parametrize(
    ("field", "word"),
    [
        (Aggregate(Integer, reducer=Mean()), "mean"),
        (Aggregate(JSON, reducer=Longest(), state_type=Integer), "osiris_state_x"),
    ],
    ids=["mean", "python"],
)
def test_what_no_column_of_that_name_holds_is_refused(declare, field, word):
    with pytest.raises(DeclarationError, match=word):
        declare(x=field, __snapshot__=Inline(), __table_args__=(CheckConstraint("x > 0"),))


def test_the_stores_without_them_refuse_the_model(engine):
    with pytest.raises(OsirisError, match="constraints"):
        repository(Account, "memory://")
    assert "constraints" in repository(Account, engine).capabilities


def test_a_model_may_say_that_sql_databases_alone_enforce_them(engine, declare):
    item = declare(
        x=Aggregate(Integer),
        __constraints__="sql_only",
        __table_args__=(CheckConstraint("x >= 0", name="ck"),),
    )
    item.metadata.create_all(engine)
    with repository(item, engine) as items, repository(item, "memory://") as elsewhere:
        assert elsewhere.append(1, x=-1).seq == 1
        with pytest.raises(IntegrityError, match="ck"):
            items.append(1, x=-1)


def test_another_word_for_it_is_refused(declare):
    with pytest.raises(DeclarationError, match='takes "sql_only"'):
        declare(x=Aggregate(Integer), __constraints__="none")


def test_an_exclusion_and_a_unique_that_waits_for_the_commit(postgresql_database, declare):
    begins, ends = Latest("begins", Integer), Latest("ends", Integer)
    item = declare(
        begins=begins,
        ends=ends,
        __table_args__=(
            ExcludeConstraint((func.int4range(begins.column, ends.column), "&&"), name="ex_times"),
            UniqueConstraint("n", name="uq_n", deferrable=True, initially="DEFERRED"),
        ),
    )
    engine = create_engine(postgresql_database)
    item.metadata.create_all(engine)
    items = repository(item, engine)
    items.append(1, begins=1, ends=5, n=1)
    items.append(2, begins=5, ends=9, n=2)
    for write in (
        lambda: items.append(3, begins=4, ends=6),
        lambda: items.append(2, begins=4),
        lambda: items.append_many([NewEvent(3, {"begins": 8, "ends": 10})]),
    ):
        with pytest.raises(IntegrityError, match="ex_times"):
            write()
    with Session(engine) as session:
        one, two = session.get_one(item, 1), session.get_one(item, 2)
        one.n, two.n = 2, 1
        session.commit()
        one.n = 1
        session.flush()
        with pytest.raises(IntegrityError, match="uq_n"):
            session.commit()
    with pytest.raises(IntegrityError, match="uq_n"):
        items.append(1, n=1)
    with pytest.raises(IntegrityError, match="uq_n"):
        items.append_many([NewEvent(7, {"n": 1, "begins": 20, "ends": 21})])
    items.append_many([NewEvent(1, {}, ends=True), NewEvent(3, {"begins": 1, "ends": 5, "n": 2})])
    assert [state.id for state in items.states()] == [2, 3]
    assert items.verify()
    engine.dispose()
