"""Constraints on the present: the database refuses a state, whoever writes the event, and then nothing is written."""

from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy import event as listen
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, copy, repository
from tests.constraints.bank import Account, Base, Branch


@pytest.fixture
def accounts(engine_with):
    engine = engine_with(Base.metadata)
    if engine.dialect.name == "sqlite":

        @listen.listens_for(engine, "connect")
        def enforce_keys(connection, _record):
            connection.execute("PRAGMA foreign_keys = ON")

    with Session(engine) as session:
        session.add(Branch(bank="acme", number=1))
        session.commit()
    return repository(Account, engine)


@pytest.fixture
def bob(accounts):
    accounts.append("bob", iban="IBAN1", email="bob@x", nickname="b", bank="acme", branch=1, balance=100)
    return accounts


def flush(accounts, context, **fields):
    with Session(accounts._target) as session:
        state = session.get(Account, context)
        if state is None:
            session.add(Account(id=context, **fields))
        else:
            for name, value in fields.items():
                setattr(state, name, getattr(state, name) + value if name == "balance" else value)
        session.commit()


def flush_of_many(accounts, context, **fields):
    with Session(accounts._target) as session:
        session.add_all(
            [Account(id="before", owner="o"), Account(id=context, **fields), Account(id="zz", owner="o")]
        )
        session.commit()


def append(accounts, context, **fields):
    accounts.append(context, **fields)


def append_in_a_session(accounts, context, **fields):
    with Session(accounts._target) as session:
        repository(Account, session).append(context, **fields)
        session.commit()


def append_many(accounts, context, **fields):
    accounts.append_many(
        [NewEvent("before", {"owner": "o"}), NewEvent(context, fields), NewEvent("zz", {"owner": "o"})]
    )


WAYS = [flush, append, append_in_a_session, append_many]

VIOLATIONS = [
    ("iban", {"iban": "IBAN1"}),
    ("email", {"email": "bob@x"}),
    ("nickname", {"bank": "acme", "nickname": "b"}),
    ("ck_owner", {"owner": ""}),
    ("ck_solvent", {"balance": -1}),
    ("foreign key|fk_branch", {"bank": "acme", "branch": 2}),
]


def counted(accounts):
    with accounts._target.connect() as connection:
        events, heads = (
            connection.scalar(select(func.count()).select_from(of.__table__))
            for of in (Account.Event, Account.Snapshot)
        )
    return events, heads


@pytest.mark.parametrize("write", [*WAYS, flush_of_many], ids=lambda write: write.__name__)
@pytest.mark.parametrize(("name", "fields"), VIOLATIONS, ids=[name for name, _ in VIOLATIONS])
def test_a_new_stream_that_violates_a_constraint_is_refused_and_leaves_nothing(bob, write, name, fields):
    before = counted(bob)
    with pytest.raises(IntegrityError, match=rf"(?i){name}"):
        write(bob, "jane", **fields)

    assert counted(bob) == before
    assert bob.verify()


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
@pytest.mark.parametrize(("name", "fields"), VIOLATIONS, ids=[name for name, _ in VIOLATIONS])
def test_a_stream_that_lives_is_held_to_them(bob, write, name, fields):
    bob.append("jane", balance=0, bank="other")
    before = counted(bob)
    with pytest.raises(IntegrityError, match=rf"(?i){name}"):
        write(bob, "jane", **fields)

    assert counted(bob) == before
    assert bob.state("jane").seq == 1
    assert bob.verify()


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_a_difference_is_checked_by_what_it_makes(bob, write):
    write(bob, "bob", balance=-60)
    assert bob.state("bob").balance == 40
    with pytest.raises(IntegrityError, match="ck_solvent"):
        write(bob, "bob", balance=-60)

    assert bob.state("bob").balance == 40
    assert bob.verify()


def take_ten_of_each(accounts):
    with Session(accounts._target) as session:
        for state in session.scalars(select(Account)):
            state.balance -= 10
        session.commit()


def test_many_differences_in_one_flush(bob):
    bob.append("jane", balance=10)
    take_ten_of_each(bob)
    assert (bob.state("bob").balance, bob.state("jane").balance) == (90, 0)
    with pytest.raises(IntegrityError, match="ck_solvent"):
        take_ten_of_each(bob)

    assert (bob.state("bob").balance, bob.state("jane").balance) == (90, 0)


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_a_stream_may_keep_its_own_value(bob, write):
    write(bob, "bob", iban="IBAN1", email="bob@x", nickname="b", bank="acme")

    assert bob.state("bob").seq >= 1


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_what_ended_frees_its_values(bob, write):
    with Session(bob._target) as session:
        session.delete(session.get(Account, "bob"))
        session.commit()

    write(bob, "jane", iban="IBAN1", email="bob@x", nickname="b", bank="acme")
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        write(bob, "bob", iban="IBAN1")
    write(bob, "bob", iban="IBAN2", balance=1)
    assert bob.state("bob").balance == 1
    assert bob.verify()


def test_what_is_erased_frees_its_values(bob):
    bob.erase("bob")

    bob.append("jane", iban="IBAN1", email="bob@x", nickname="b", bank="acme")
    assert bob.verify()


def test_a_batch_may_hand_a_value_on(bob):
    bob.append("aaron", iban="IBAN0")
    bob.append_many(
        [
            NewEvent("bob", {"iban": "IBAN2"}),
            NewEvent("aaron", {"iban": "IBAN1"}),
            NewEvent("jane", {"iban": "IBAN0"}),
        ]
    )

    assert [bob.state(name).iban for name in ("aaron", "bob", "jane")] == ["IBAN1", "IBAN2", "IBAN0"]
    assert bob.verify()


def test_a_batch_that_ends_a_life_and_begins_another(bob):
    bob.append_many(
        [
            NewEvent("bob", {}, ends=True),
            NewEvent("bob", {"balance": 5, "owner": None}),
            NewEvent("bob", {"balance": -5}),
        ]
    )
    assert bob.state("bob").balance == 0
    with pytest.raises(IntegrityError, match="ck_solvent"):
        bob.append_many([NewEvent("bob", {}, ends=True), NewEvent("bob", {"balance": -5})])
    assert bob.verify()


def test_a_batch_with_event_ids_is_refused(bob):
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        bob.append_many([NewEvent("jane", {"iban": "IBAN1"}, event_id=uuid4())])
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        bob.append("jane", iban="IBAN1", event_id=uuid4())
    assert bob.state("jane") is None


def test_a_session_goes_on_without_a_batch_that_was_refused(bob):
    with Session(bob._target) as session:
        accounts = repository(Account, session)
        accounts.append("first", owner="o")
        with pytest.raises(IntegrityError), session.begin_nested():
            accounts.append_many([NewEvent("a", {"owner": "o"}), NewEvent("bob", {"balance": -101})])
        accounts.append("last", owner="o")
        session.commit()

    assert bob.state("a") is None
    assert bob.state("first").seq == bob.state("last").seq == 1
    assert bob.verify()


def test_a_copy_is_held_to_them(bob, tmp_path):
    source = create_engine(f"sqlite:///{tmp_path / 'source.db'}")
    Base.metadata.create_all(source)
    old = repository(Account, source)
    old.append("jane", iban="IBAN1")
    before = counted(bob)
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        copy(old, bob)
    assert counted(bob) == before
    source.dispose()
