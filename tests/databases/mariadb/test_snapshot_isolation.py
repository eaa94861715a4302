"""MariaDB with innodb_snapshot_isolation, which is on by default from 11.6.2: what races with whom, and what it costs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, String, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    Encrypted,
    EventSourced,
    Every,
    Latest,
    NewEvent,
    SQLRepository,
    repository,
)
from tests.lock_waits import until_waiting
from tests.repositories.races import once_it_has_read, somebody_else


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "account"
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str | None] = Latest(String(20))
    balance: Mapped[int] = Aggregate()


class Patient(EventSourced, Base):
    __tablename__ = "patient"
    id: Mapped[str] = Context(String(20))
    note: Mapped[str | None] = Latest(Encrypted(String(50), master_key=b"k" * 32))


class Ticket(EventSourced, Base):
    __tablename__ = "ticket"
    __snapshot__ = Every(2)
    id: Mapped[str] = Context(String(20))
    status: Mapped[str] = Latest(String(20), default="open")
    votes: Mapped[int] = Aggregate()


class Purse(EventSourced, Base):
    __tablename__ = "purse"
    __table_args__ = (CheckConstraint("coins >= 0", name="ck_purse"),)
    id: Mapped[str] = Context(String(20))
    coins: Mapped[int] = Aggregate()


@pytest.fixture
def newer(newer):
    Base.metadata.create_all(newer)
    return newer


@pytest.fixture
def accounts(newer):
    accounts = SQLRepository(Account, newer)
    accounts.append_many(NewEvent(context, {"balance": 1}) for context in "ab")
    return accounts


@pytest.fixture
def loser(newer, accounts):
    """A session that has appended to a, and read b before somebody else appended to it."""
    with Session(newer) as session:
        session.get(Account, "b")
        repository(Account, session).append("a", balance=1000)
        accounts.append("b", balance=10)
        yield session


def lose(session):
    session.get(Account, "b").balance += 100
    session.flush()


def ended(*, undone):
    """What a commit does: a transaction that the server has undone is over, and any other one goes on."""
    return pytest.raises(PendingRollbackError) if undone else nullcontext()


def test_a_lost_race_ends_the_transaction_that_the_server_has_rolled_back(loser, accounts, has_setting):
    with pytest.raises(ConcurrentAppend) as lost:
        lose(loser)
    with pytest.raises(PendingRollbackError):
        repository(Account, loser).append("a", balance=1)
    with pytest.raises(PendingRollbackError):
        loser.commit()

    assert lost.value.undone is has_setting
    assert ("rolled back all of it" in str(lost.value)) is has_setting
    assert (accounts.state("a").balance, accounts.state("b").balance) == (1, 11)


def test_a_lost_race_within_a_savepoint_ends_the_transaction_around_it(loser, accounts, has_setting):
    with pytest.raises(ConcurrentAppend), loser.begin_nested():
        lose(loser)
    with ended(undone=has_setting):
        loser.commit()

    assert accounts.state("a").balance == (1 if has_setting else 1001)


CALLS = {
    "append": lambda accounts: accounts.append("b", balance=0, expected_seq=2),
    "append_many": lambda accounts: accounts.append_many([NewEvent("b", {})]),
    "erase": lambda accounts: accounts.erase("b"),
    "redact": lambda accounts: accounts.redact("b", 1, "balance", reason="asked"),
    "archive": lambda accounts: accounts.archive(keep=0),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_loses_its_race_in_a_session_says_so_and_ends_it(loser, accounts, call, has_setting):
    """Without the setting it sees what is committed now, and loses none."""
    lost = pytest.raises(ConcurrentAppend, match="rolled back all of it")
    with lost if has_setting else nullcontext():
        CALLS[call](repository(Account, loser))
    with ended(undone=has_setting):
        loser.commit()

    assert accounts.state("a").balance == (1 if has_setting else 1001)


@pytest.mark.parametrize("call", CALLS)
def test_where_what_is_committed_is_read_none_of_them_loses(newer, accounts, call):
    with Session(newer.execution_options(isolation_level="READ COMMITTED")) as session:
        session.get(Account, "b")
        accounts.append("b", balance=10)
        repository(Account, session).append("a", balance=1000)
        CALLS[call](repository(Account, session))
        session.commit()

    assert accounts.state("a").balance == 1001


def test_where_what_is_committed_is_read_a_lost_race_says_what_came_before(newer, accounts):
    with Session(newer.execution_options(isolation_level="READ COMMITTED")) as session:
        b = session.get_one(Account, "b")
        accounts.append("b", balance=10)
        b.balance += 100
        with pytest.raises(ConcurrentAppend) as lost:
            session.flush()

    assert (lost.value.context, lost.value.found_seq, lost.value.undone) == ("b", 2, False)


def test_a_session_that_rolled_back_begins_anew(loser, accounts):
    with suppress(ConcurrentAppend):
        lose(loser)
    loser.rollback()
    lose(loser)
    loser.commit()

    assert accounts.state("b").balance == 111


@pytest.mark.parametrize("fields", [{}, {"event_id": UUID(int=1)}], ids=["plain", "event_id"])
def test_a_blind_append_in_a_session_that_has_read_conflicts_with_nobody(newer, accounts, fields):
    with Session(newer) as session:
        session.get(Account, "a")
        accounts.append("b", balance=10)
        repository(Account, session).append("b", balance=100, **fields)
        session.commit()

    assert accounts.state("b").balance == 111


@pytest.mark.parametrize("identity", [None, UUID(int=1)], ids=["plain", "event_id"])
@pytest.mark.parametrize("theirs", [{"note": "theirs"}, {}], ids=["with its key", "without"])
def test_a_blind_append_of_an_encrypted_field_conflicts_with_nobody(newer, theirs, identity):
    patients = repository(Patient, newer)
    patients.append("another", note="noted")
    with Session(newer) as session:
        session.get(Patient, "another")
        patients.append("a", **theirs)
        patients.append("another", note="noted")
        for context in ("another", "a"):
            repository(Patient, session).append(context, note="ours", event_id=identity)
        session.commit()

    assert [each.fields.get("note") for each in patients.history("a")] == [theirs.get("note"), "ours"]


def test_a_blind_append_of_a_stream_that_others_begin_meanwhile_conflicts_with_nobody(newer):
    """It looks for the stream before it gives the defaults, and its snapshot falls due."""
    tickets = repository(Ticket, newer)
    with Session(newer) as session:
        assert session.get(Ticket, "a") is None
        tickets.append("a", votes=10)
        repository(Ticket, session).append("a", votes=100)
        session.commit()

    assert (tickets.state("a").status, tickets.state("a").votes) == ("open", 110)
    assert [sorted(each.fields) for each in tickets.history("a")] == [["status", "votes"], ["votes"]]
    assert tickets.verify().differences == ()


def test_why_a_write_was_refused_is_asked_of_what_is_committed(newer, accounts):
    """Else the question itself undoes the transaction, and the session goes on as if it had not."""
    purses = repository(Purse, newer)
    with Session(newer) as session:
        assert session.get(Purse, "new") is None
        repository(Account, session).append("a", balance=1000)
        purses.append("new", coins=5)
        with pytest.raises(IntegrityError, match="ck_purse"):
            repository(Purse, session).append("new", coins=-6)
        with pytest.raises(IntegrityError, match="ck_purse"), session.begin_nested():
            session.add(Purse(id="new", coins=-1))
        accounts.erase("b")
        with pytest.raises(ContextErased):
            repository(Account, session).append("b", balance=1)
        session.commit()

    assert accounts.state("a").balance == 1001
    assert purses.state("new").coins == 5


def test_a_blind_append_leaves_the_sessions_own_writes_to_the_setting(newer, has_setting):
    with newer.begin() as connection:
        connection.execute(text("CREATE TABLE stock (number INTEGER)"))
        connection.execute(text("INSERT INTO stock VALUES (1)"))
    with Session(newer) as session:
        session.scalar(text("SELECT number FROM stock"))
        repository(Patient, session).append("a", note="ours")
        with newer.begin() as connection:
            connection.execute(text("UPDATE stock SET number = 10"))
        with pytest.raises(DBAPIError, match="1020") if has_setting else nullcontext():
            session.execute(text("UPDATE stock SET number = 2"))


def test_the_setting_is_as_before_once_the_newest_was_read(newer, accounts, has_setting):
    with Session(newer) as session:
        repository(Account, session).append_many([NewEvent("b", {}, event_id=UUID(int=1))])

        set_to = session.execute(text("SHOW SESSION VARIABLES LIKE 'innodb_snapshot_isolation'")).all()
        assert [value for _, value in set_to] == ["ON"] * has_setting


@pytest.mark.parametrize("contexts", ["b", "ab"])
def test_atomic_expressions_in_a_session_that_has_read_conflict_with_nobody(newer, accounts, contexts):
    with Session(newer) as session:
        loaded = [session.get_one(Account, context) for context in contexts]
        accounts.append("b", balance=10)
        for account in loaded:
            account.balance = Account.balance + 100
        session.flush()

        assert [account.balance for account in loaded] == [101, 111][-len(contexts) :]
        session.commit()

    assert accounts.state("b").balance == 111


def test_an_atomic_expression_beside_another_objects_change_conflicts_with_nobody(newer, accounts):
    with Session(newer) as session:
        a, b = session.get_one(Account, "a"), session.get_one(Account, "b")
        accounts.append("b", balance=10)
        a.owner = "ann"
        b.balance = Account.balance + 100
        session.commit()

    assert (accounts.state("a").owner, accounts.state("b").balance) == ("ann", 111)


def test_a_lock_that_is_the_first_read_of_its_transaction_waits_and_sees_the_newest(newer, accounts):
    with Session(newer) as session, Session(newer) as holder, ThreadPoolExecutor(1) as pool:
        repository(Account, holder).append("b", balance=10)
        found = pool.submit(session.get_one, Account, "b", with_for_update=True)
        until_waiting(newer, 1, otherwise=found.done)
        holder.commit()

        assert (found.result(20).balance, found.result().seq) == (11, 2)


UPKEEP = {
    "archive": lambda accounts: accounts.archive(keep=0),
    "snapshots": lambda accounts: accounts.snapshots(),
    "snapshot": lambda accounts: accounts.snapshot("a"),
    "redact": lambda accounts: accounts.redact("a", 1, "balance", reason="asked"),
    "append_many": lambda accounts: accounts.append_many([NewEvent("a", {})]),
    "restore": lambda accounts: accounts.restore(),
}


@pytest.mark.parametrize("call", UPKEEP)
def test_transactions_of_the_librarys_own_conflict_with_nobody(newer, accounts, call):
    accounts.archive(keep=0)
    with somebody_else(newer) as other:
        read = once_it_has_read(newer, "account_", lambda: repository(Account, other).append("a", balance=10))
        UPKEEP[call](accounts)
    assert read

    accounts.state("a")
    assert [each.seq for each in accounts.history("a")] == list(range(1, accounts.state("a").seq + 1))
    assert accounts.verify().differences == ()


def test_first_events_with_an_encrypted_field_conflict_with_nobody(newer):
    patients = repository(Patient, newer)
    with somebody_else(newer) as other:
        once_it_has_read(newer, "patient_key", lambda: repository(Patient, other).append("a", note="first"))
        patients.append("a", note="second")

    assert [each.fields["note"] for each in patients.history("a")] == ["first", "second"]


def test_a_batch_that_others_always_come_before_loses_once(newer, has_setting):
    """Its second try sees what is committed at each statement: under a snapshot it would lose every time."""
    patients, levels = repository(Patient, newer), []
    patients.append("a", note="first")

    with somebody_else(newer) as other:

        @event.listens_for(newer, "before_cursor_execute")
        def come_before(connection, _cursor, statement, *_):
            if "FOR UPDATE" in statement:
                levels.append(connection.get_isolation_level())
                with suppress(DBAPIError):  # kept waiting: the batch has its lock already
                    repository(Patient, other).append("a", note="theirs")

        patients.append_many([NewEvent("a", {"note": "ours"})])

    assert levels[0] == "REPEATABLE READ"
    assert set(levels[1:]) == {"READ COMMITTED" if has_setting else "REPEATABLE READ"}
    theirs = ["theirs"] * (2 if has_setting else 1)
    assert [each.fields["note"] for each in patients.history("a")] == ["first", *theirs, "ours"]


# --- deadlocks, with or without the setting


@pytest.mark.parametrize("event_ids", [False, True])
def test_batches_to_a_new_context_conflict_with_nobody(newer, event_ids):
    accounts, errors = repository(Account, newer), []

    def append(number):
        event_id = UUID(int=number) if event_ids else None
        try:
            accounts.append_many([NewEvent("new", {"balance": 1}, event_id=event_id)])
        except Exception as error:  # noqa: BLE001  (all are looked at)
            errors.append(error)

    writers = [threading.Thread(target=append, args=[number]) for number in range(4)]
    with Session(newer) as first:
        repository(Account, first).append("new", balance=1)
        for writer in writers:
            writer.start()
        until_waiting(newer, len(writers))
        first.rollback()
    for writer in writers:
        writer.join()

    assert errors == []
    assert accounts.state("new").balance == 4


def test_a_deadlocks_victim_is_ended(newer, accounts):
    accounts.append("z", balance=1)
    committed = newer.execution_options(isolation_level="READ COMMITTED")
    with Session(committed) as victim, Session(committed) as heavy:
        repository(Account, victim).append("z", balance=1000)
        repository(Account, victim).append("a", balance=1)
        repository(Account, heavy).append_many(NewEvent(f"w{i}", {"balance": 1}) for i in range(300))
        repository(Account, heavy).append("b", balance=1)

        def take_the_first():
            repository(Account, heavy).append("a", balance=1)
            heavy.commit()

        other = threading.Thread(target=take_the_first)
        other.start()
        with pytest.raises(ConcurrentAppend, match="'b'"):
            repository(Account, victim).append("b", balance=1)
        other.join()
        with pytest.raises(PendingRollbackError):
            victim.commit()

    assert accounts.state("z").balance == 1


def test_a_batch_that_is_read_only_once_says_that_all_of_it_is_undone(newer, accounts, monkeypatch):
    """Nothing else of it is left to be tried again."""
    for name, size in (("_EVENTS_A_PIECE", 2), ("_EVENTS_A_CHUNK", 2)):
        monkeypatch.setattr(f"sqla_osiris.writing.batch_columns.{name}", size)
    failing = []

    @event.listens_for(newer, "before_cursor_execute")
    def lose_the_second(connection, cursor, statement, parameters, *_):
        if "INSERT INTO account_snapshot" in statement and "c" in str(parameters) and not failing:
            failing.append(statement)
            cursor.execute("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213")

    batch = [NewEvent(context, {"balance": 1}) for context in "xxcc"]
    with pytest.raises((ConcurrentAppend, DBAPIError)):
        accounts.append_many(iter(batch))
    assert accounts.state("x") is None
    failing.clear()

    assert accounts.append_many(batch) == 4
    assert accounts.state("x").balance == 2
