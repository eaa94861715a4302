"""Every other way in is held to them: asynchronous drivers, imports of files, and units of work that go on."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import create_engine, delete, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from sqla_osiris import AsyncSQLRepository, NewEvent, copy, export_events, import_events, repository
from sqla_osiris.testing import RepositoryMachine, check_model
from tests.constraints.bank import Account, Base, Wallet
from tests.repositories.races import somebody_else

VIOLATIONS = [({"iban": "IBAN1"}, "iban"), ({"balance": -1}, "ck_solvent"), ({"owner": ""}, "ck_owner")]


@pytest.mark.asyncio
@pytest.mark.parametrize(("fields", "name"), VIOLATIONS, ids=[name for _, name in VIOLATIONS])
async def test_asynchronous_drivers(async_engine, fields, name):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    accounts = AsyncSQLRepository(Account, async_engine)
    await accounts.append("bob", iban="IBAN1", balance=5)
    await accounts.append("bob", balance=-5)
    await accounts.append_many([NewEvent("bob", {"balance": 5}), NewEvent("jane", {"owner": "j"})])
    await accounts.append_many([NewEvent("bob", {"balance": -5})])

    with pytest.raises(IntegrityError, match=rf"(?i){name}"):
        await accounts.append("jane", **fields)
    with pytest.raises(IntegrityError, match=rf"(?i){name}"):
        await accounts.append_many([NewEvent("zoe", {"owner": "z"}), NewEvent("jane", fields)])
    async with AsyncSession(async_engine) as session:
        session.add(Account(id="zoe", **fields))
        with pytest.raises(IntegrityError, match=rf"(?i){name}"):
            await session.commit()
    assert (await accounts.state("jane")).seq == 1
    assert await accounts.state("zoe") is None
    assert await accounts.verify()


@pytest.fixture
def source(tmp_path):
    """A log of another database, in which 'jane' has the same value."""
    engine = create_engine(f"sqlite:///{tmp_path / 'source.db'}")
    Base.metadata.create_all(engine)
    accounts = repository(Account, engine)
    accounts.append_many(NewEvent(f"a{n}", {"balance": n, "iban": f"A{n}"}) for n in range(50))
    yield accounts
    engine.dispose()


@pytest.fixture
def accounts(engine):
    Base.metadata.create_all(engine)
    return repository(Account, engine)


def by_copy(source, target, _path):
    copy(source, target)


def by_file(source, target, path):
    export_events(source, path / "events.jsonl")
    import_events(target, path / "events.jsonl")


@pytest.mark.parametrize("move", [by_copy, by_file], ids=lambda move: move.__name__)
def test_a_log_that_moves_in(accounts, source, move, tmp_path):
    source.append("a0", iban=None)
    source.append("a1", iban="A0")
    with Session(source._target) as session:
        session.delete(session.get_one(Account, "a2"))
        session.commit()
    source.append("a3", iban="A2", balance=-3)
    move(source, accounts, tmp_path)

    assert accounts.state("a1").iban == "A0"
    assert accounts.state("a3").balance == 0
    assert accounts.verify()


@pytest.mark.parametrize("move", [by_copy, by_file], ids=lambda move: move.__name__)
def test_a_log_that_does_not_fit_writes_nothing(accounts, source, move, tmp_path):
    accounts.append("jane", iban="A40")
    with pytest.raises(IntegrityError, match=r"(?i)iban"):
        move(source, accounts, tmp_path)

    assert [event.context for event in accounts.feed(limit=10)] == ["jane"]


def test_a_session_goes_on_after_an_append_that_was_refused_in_a_savepoint(accounts):
    accounts.append("bob", balance=1)
    with Session(accounts._target) as session:
        inside = repository(Account, session)
        inside.append("bob", owner="o")
        with pytest.raises(IntegrityError), session.begin_nested():
            inside.append("bob", balance=-2)
        inside.append("bob", balance=-1)
        session.commit()
    assert (accounts.state("bob").seq, accounts.state("bob").balance) == (3, 0)


def test_what_a_batch_clears_is_its_holders_until_it_has_committed(accounts, engine):
    """Whoever wants it meanwhile waits, or is refused (MariaDB, whose index has the value until the batch is folded)."""
    accounts.append_many([NewEvent("bob", {"iban": "IBAN1"}), NewEvent("jane", {"owner": "j"})])
    refused = []
    with somebody_else(engine) as other:

        @event.listens_for(engine, "before_cursor_execute")
        def want_it_too(_connection, _cursor, statement, *_):
            # PostgreSQL copies the events, and says what the heads come to.
            says = "INSERT INTO account_event" in statement or "UPDATE account_snapshot" in statement
            if says and not refused:
                refused.append(statement)
                with pytest.raises(DBAPIError):
                    repository(Account, other).append("jane", iban="IBAN1")

        accounts.append_many([NewEvent("bob", {"iban": None})])
    accounts.append("jane", iban="IBAN1")

    assert refused
    assert (accounts.state("bob").iban, accounts.state("jane").seq) == (None, 2)


def test_the_testing_kit_knows_them(database_url):
    check_model(Wallet, database_url, settings=settings(max_examples=10))


def test_a_machine_compares_what_they_let_pass(engine):
    Base.metadata.create_all(engine)

    class Machine(RepositoryMachine):
        model = Wallet

        def open(self):
            return repository(Wallet, engine)

        def clear(self):
            with engine.begin() as connection:
                for table in (Wallet.Event.__table__, Wallet.Snapshot.__table__):
                    connection.execute(delete(table))

    run_state_machine_as_test(Machine, settings=settings(max_examples=10, stateful_step_count=15))
