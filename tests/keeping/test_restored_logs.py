"""A log that was restored without its counter, or to an older state: it goes on beyond, or is refused until it does."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import String, create_engine, event, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, sessionmaker

from sqla_osiris import (
    Aggregate,
    AsyncSQLRepository,
    Context,
    EventSourced,
    Every,
    InvalidValue,
    NewEvent,
    OsirisError,
    Subscription,
    repository,
    subscription_table,
)
from tests.conftest import DATABASES


class Base(DeclarativeBase):
    pass


subscription_table(Base.metadata)


class Account(EventSourced, Base):
    __tablename__ = "restored_account"
    __snapshot__ = Every(1)
    __archive__ = True
    id: Mapped[str] = Context(String(40))
    balance: Mapped[int] = Aggregate()


class Plain(EventSourced, Base):
    __tablename__ = "restored_plain"
    id: Mapped[str] = Context(String(40))
    balance: Mapped[int] = Aggregate()


LOG = Account.Event.__table__


@pytest.fixture
def accounts(engine):
    Base.metadata.create_all(engine)
    return repository(Account, engine)


def restored(engine, rows_of=lambda table, rows: rows):
    """The same database, from its rows alone, as a tool brings them that copies no definitions."""
    with engine.connect() as connection:
        found = {
            table: connection.execute(select(table)).mappings().all() for table in Base.metadata.sorted_tables
        }
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for table, rows in found.items():
            if kept := rows_of(table, [dict(row) for row in rows]):
                connection.execute(insert(table), kept)
    engine.dispose()
    return repository(Account, engine)


def without_markers(table, rows):
    """Only what a reader of events sees."""
    return [row for row in rows if row.get("seq", 1) > 0] if table is LOG else rows


def archived(accounts, handled):
    for number in range(3):
        accounts.append(f"e{number}", balance=1)
    assert Subscription(accounts, "mail", lambda event, _: handled.append(event.context)).run() == 3
    assert accounts.archive(keep=0) == 3


def by_append(accounts):
    accounts.append("late", balance=1)


def by_expected_append(accounts):
    accounts.append("late", balance=1, expected_seq=0, event_type="late")


def by_batch(accounts):
    accounts.append_many([NewEvent("late", {"balance": 1})])


def by_flush(accounts):
    with Session(accounts._target) as session, session.begin():
        session.add(Account(id="late", balance=1))


def by_session(accounts):
    with sessionmaker(accounts._target).begin() as session:
        repository(Account, session).append("late", balance=1)


def by_sessionmaker(accounts):
    repository(Account, sessionmaker(accounts._target)).append("late", balance=1)


WRITES = [by_append, by_expected_append, by_batch, by_flush, by_session, by_sessionmaker]


def behind_its_log(engine, accounts):
    """Whether the counter that came of a restore is."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # As a dump of a server whose transaction ids are far ahead leaves it.
            for table in (*Account.__osiris__.event_tables, Account.Snapshot.__table__):
                connection.execute(text(f"UPDATE {table.name} SET osiris_xid = osiris_xid + 1000000000"))
    return restored(engine, without_markers)


@pytest.fixture
def behind(engine, accounts):
    """Accounts whose counter is behind what the archive has, with a subscription that has handled all of it."""
    handled = []
    archived(accounts, handled)
    yield behind_its_log(engine, accounts), handled
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER DATABASE {engine.url.database} RESET sqla_osiris.epoch"))


@pytest.mark.once_on_servers
@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written_that_would_stand_before_what_was_read(behind, engine, write):
    accounts, handled = behind
    named = {
        "postgresql": r"ALTER DATABASE … SET sqla_osiris\.epoch",
        "mariadb": "ALTER TABLE .* AUTO_INCREMENT",
        "mysql": "ALTER TABLE .* AUTO_INCREMENT",
    }
    for _ in range(2):
        with pytest.raises(OsirisError, match=named.get(engine.dialect.name, r"resume\(\)")):
            write(accounts)
    assert accounts.state("late") is None
    with pytest.raises(OsirisError, match=r"resume\(\)"):
        accounts.feed(after=accounts.history("e2").__next__().position)

    accounts.resume()
    write(accounts)
    worker = Subscription(accounts, "mail", lambda event, _: handled.append(event.context))
    worker.run()
    assert (handled[-1], handled.count("late")) == ("late", 1)
    assert accounts.verify()


def test_a_follower_is_told_where_somebody_else_wrote(behind, engine):
    """By a program of its own, which does not ask."""
    accounts, _ = behind
    if engine.dialect.name != "postgresql":
        with engine.begin() as connection:
            connection.execute(insert(LOG).values(id="late", seq=1, position=1, balance=1))
    worker = Subscription(accounts, "mail", print)
    for call in (worker.run, worker.lag):
        with pytest.raises(OsirisError, match="restored"):
            call()


def test_a_log_that_was_restored_with_its_counter_goes_on(accounts, engine):
    handled = []
    archived(accounts, handled)
    again = restored(engine)
    if engine.dialect.name in {"mariadb", "mysql"}:
        with engine.begin() as connection:  # as a dump of the tables' definitions does
            connection.execute(text(f"ALTER TABLE {LOG.name} AUTO_INCREMENT = 4"))
    again.append("late", balance=1)
    Subscription(again, "mail", lambda event, _: handled.append(event.context)).run()
    assert handled == ["e0", "e1", "e2", "late"]


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name != "postgresql"], indirect=True)
def test_a_counter_that_would_give_the_newest_position_again_is_behind(accounts, engine):
    archived(accounts, [])
    newest = accounts.feed()[-1].position
    again = restored(engine, without_markers)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(insert(LOG).values(id="x", seq=1, position=newest - 1, balance=1))
        else:
            connection.execute(text(f"ALTER TABLE {LOG.name} AUTO_INCREMENT = {newest}"))
    with pytest.raises(OsirisError, match="restored"):
        again.append("late", balance=1)


def beyond(accounts, engine, by=1_000):
    """A position that is not reached."""
    newest = accounts.append("bob", balance=1).position
    if engine.dialect.name == "postgresql":
        return f"{int(newest[:16], 16) + 1_000_000:016x}{newest[16:]}"
    return newest + by


@pytest.mark.parametrize("model", [Account, Plain])
def test_a_position_that_the_log_has_not_reached_is_refused_until_it_has(engine, model):
    Base.metadata.create_all(engine)
    accounts = repository(model, engine)
    ahead = beyond(accounts, engine)
    for call in (
        lambda: accounts.feed(after=ahead),
        lambda: accounts.feed(after=ahead, limit=1),
        lambda: Subscription(accounts, "new", print, after=ahead).run(),
    ):
        with pytest.raises(OsirisError, match="has not come that far"):
            call()
    with Session(engine) as session, pytest.raises(OsirisError, match="has not come that far"):
        repository(model, session).feed(after=ahead)

    if engine.dialect.name == "postgresql":
        return  # its epochs outlast a test's database
    accounts.resume(after=ahead)
    assert accounts.feed(after=ahead) == []
    late = accounts.append("late", balance=1)
    assert late.position > ahead
    assert [event.context for event in accounts.feed(after=ahead)] == ["late"]


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name != "postgresql"], indirect=True)
def test_positions_that_were_resumed_go_on_beyond_a_later_one_too(accounts):
    accounts.append("bob", balance=1)
    for after in (100, 200):
        accounts.resume(after=after)
    assert accounts.append("bob", balance=1).position > 200


@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL was left out")
def test_positions_go_on_beyond_those_of_a_database_that_was_resumed_more_often(postgresql_database):
    engine = create_engine(postgresql_database)
    Base.metadata.create_all(engine)
    accounts = repository(Account, engine)
    ahead = f"{(5 << 48) + 7:016x}{9:016x}"
    try:
        accounts.resume(after=ahead)
        assert accounts.append("bob", balance=1).position > ahead
    finally:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER DATABASE {engine.url.database} RESET sqla_osiris.epoch"))
        engine.dispose()


def test_a_position_stays_reached_when_its_event_is_archived_or_erased(accounts, engine):
    for number in range(3):
        accounts.append(f"e{number}", balance=1)
    while not (read := accounts.feed()):
        pass
    last = read[-1].position
    accounts.archive(keep=0)
    assert accounts.feed(after=last) == []
    accounts.erase("e2")
    assert accounts.feed(after=last) == []
    accounts.restore()
    assert accounts.feed(after=last) == []
    for context in ("e0", "e1"):
        accounts.erase(context)
    assert accounts.feed(after=last) == []


@pytest.mark.parametrize("after", [2**63, 2**64, 10**30])
def test_a_number_that_no_column_takes_is_no_position(sql, after):
    with pytest.raises(InvalidValue, match="not a position of this store"):
        sql(Plain).feed(after=after)


def test_the_greatest_number_that_a_column_takes_is_one_that_is_not_reached(sql, engine):
    if engine.dialect.name == "postgresql":
        with pytest.raises(OsirisError, match="has not come that far"):
            sql(Plain).feed(after=("7" + "f" * 15) * 2)
        return
    with pytest.raises(OsirisError, match="has not come that far"):
        sql(Plain).feed(after=2**63 - 1)


def test_what_a_session_appended_itself_does_not_make_it_a_stranger_s(accounts, engine):
    with Session(engine) as session:
        own = repository(Account, session)
        position = own.append("bob", balance=1).position
        assert [event.context for event in own.feed(after=position)] == []
        own.append("bob", balance=1)
        if engine.dialect.name == "postgresql":
            assert own.feed() == []
        session.commit()


@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL was left out")
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_sees_the_past_may_ask_for_what_was_reached_since(postgresql_database, level):
    engine = create_engine(postgresql_database)
    Base.metadata.create_all(engine)
    accounts = repository(Account, engine)
    with Session(engine.execution_options(isolation_level=level)) as session:
        session.execute(select(Account)).all()
        position = accounts.append("bob", balance=1).position
        assert repository(Account, session).feed(after=position) == []
        session.rollback()
    engine.dispose()


def test_a_file_that_was_restored_from_a_backup_is_told_from_its_future(tmp_path):
    file = tmp_path / "log.db"
    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    accounts = repository(Plain, engine)
    accounts.append("a", balance=1)
    engine.dispose()
    backup = shutil.copy(file, tmp_path / "backup.db")
    for _ in range(5):
        accounts.append("a", balance=1)
    position = accounts.feed()[-1].position
    engine.dispose()
    shutil.move(Path(backup), file)

    # The repository that read it, and one that begins.
    for opened in (accounts, repository(Plain, engine)):
        with pytest.raises(OsirisError, match="older"):
            opened.feed(after=position)
    engine.dispose()


def test_it_is_asked_once_for_an_engine_before_a_write(accounts, engine):
    sent = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    accounts.append("a", balance=1)
    # MySQL is asked for its tables' engines too.
    later = len(sent) - (2 if engine.dialect.name == "mysql" else 1)
    for _ in range(3):
        sent.clear()
        accounts.append("a", balance=1)
        assert len(sent) == later
    sent.clear()
    repository(Account, engine).append("a", balance=1)
    assert len(sent) == later


async def test_an_asynchronous_repository_resumes(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'log.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    accounts = AsyncSQLRepository(Account, engine)
    await accounts.append("bob", balance=1)
    with pytest.raises(OsirisError, match="has not come that far"):
        await accounts.feed(after=9)
    await accounts.resume(after=9)
    assert (await accounts.append("bob", balance=1)).position == 10
    await engine.dispose()
