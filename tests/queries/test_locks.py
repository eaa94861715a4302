"""with_for_update() locks the heads of the rows that are found, and folds what is committed once it has their locks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    Session,
)
from sqlalchemy.schema import CreateSchema, DropSchema

from sqla_osiris import (
    repository,
)
from sqla_osiris.databases.transactions import is_lost_race
from tests.conftest import ASYNC_DRIVERS, DATABASES
from tests.lock_waits import until_waiting
from tests.queries.accounts import (
    EACH_WAY,
    KEYS,
    MODELS,
    WAYS,
    Account,
    Base,
    Journal,
    Plain,
    Tally,
    Team,
    held,
    of,
    waits_for,
)
from tests.statements import counted

servers = pytest.mark.parametrize(
    "database_url", [name for name in DATABASES if name != "sqlite"], indirect=True
)


ASYNC_DRIVERS_OF_SERVERS = [
    driver for driver, name in ASYNC_DRIVERS.items() if name in DATABASES and name != "sqlite"
]


@pytest.fixture
def session(locks_engine):
    with Session(locks_engine) as session:
        yield session


@servers
@pytest.mark.parametrize(("model", "way"), EACH_WAY)
def test_who_waits_for_a_lock_sees_what_its_holder_wrote(locks_engine, model, way):
    with Session(locks_engine) as session:
        found = waits_for(locks_engine, model, lambda: WAYS[way](session, model), balance=10)

        assert (found.balance, found.seq) == (11, 2)


@servers
@pytest.mark.parametrize("way", ["get", "select", "join", "select columns"])
def test_a_stale_head_is_folded_under_the_lock(locks_engine, way):
    with Session(locks_engine) as session:
        found = waits_for(locks_engine, Account, lambda: WAYS[way](session, Account), stale=True, balance=10)

        assert (found.balance, found.seq) == (11, 2)


@servers
@pytest.mark.parametrize("model", MODELS)
def test_what_no_longer_matches_is_not_found(locks_engine, model):
    query = select(model.id).where(model.balance == 1).order_by(model.id).with_for_update()
    with Session(locks_engine) as session:
        found = waits_for(locks_engine, model, lambda: session.scalars(query).all(), balance=10)

    assert found == ["b"]


HALF_OF_A_KEY = {"desk": Journal.desk == "d", "id": Journal.id.in_(["a", "b"])}


@servers
@pytest.mark.parametrize("half", HALF_OF_A_KEY)
def test_half_of_a_key_beside_a_state_finds_what_matches_under_the_lock(locks_engine, half):
    query = select(Journal.id).where(HALF_OF_A_KEY[half], Journal.balance == 1).order_by(Journal.id)
    with Session(locks_engine) as session:
        found = waits_for(
            locks_engine, Journal, lambda: session.scalars(query.with_for_update()).all(), balance=10
        )

    assert found == ["b"]


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
@pytest.mark.parametrize("half", HALF_OF_A_KEY)
def test_half_of_a_key_beside_a_state_locks_those_alone(locks_engine, half):
    """The others, of another half or another state, take their writers at once."""
    journals = repository(Journal, locks_engine)
    journals.append(("e", "c"), balance=1)
    journals.append(("d", "b"), balance=5)
    query = select(Journal).where(HALF_OF_A_KEY[half], Journal.balance == 1).with_for_update()
    with Session(locks_engine) as session, ThreadPoolExecutor(1) as pool:
        assert [each.id for each in session.scalars(query)] == ["a"]
        assert journals.append(("e", "c"), balance=1).seq == 2
        late = pool.submit(journals.append, ("d", "a"), balance=1)
        until_waiting(locks_engine, 1, otherwise=late.done)
        assert not late.done()
        session.rollback()
        assert late.result(20).seq == 2


@servers
@pytest.mark.parametrize("model", MODELS)
def test_a_refresh_waits_and_a_change_then_loses_no_race(locks_engine, model):
    with Session(locks_engine, expire_on_commit=False) as session:
        loaded = session.get_one(model, KEYS[model])
        session.commit()
        waits_for(locks_engine, model, lambda: session.refresh(loaded, with_for_update=True), balance=10)
        loaded.balance += 5
        session.commit()

    assert repository(model, locks_engine).state(KEYS[model]).balance == 16


@servers
@pytest.mark.parametrize("model", MODELS)
def test_a_locked_row_keeps_writers_waiting(locks_engine, model):
    with ThreadPoolExecutor(1) as pool:
        with Session(locks_engine) as session:
            locked = session.get_one(model, KEYS[model], with_for_update=True)
            late = pool.submit(repository(model, locks_engine).append, KEYS[model], balance=10)
            until_waiting(locks_engine, 1, otherwise=late.done)
            assert not late.done()
            locked.balance += 5
            session.commit()
        assert late.result(20).seq == 3

    assert repository(model, locks_engine).state(KEYS[model]).balance == 16


@servers
@pytest.mark.parametrize("model", MODELS)
def test_a_row_that_is_not_found_is_not_locked(locks_engine, model):
    with Session(locks_engine) as session:
        session.scalars(of(model).with_for_update()).all()
        b = ("d", "b") if model is Journal else "b"

        assert repository(model, locks_engine).append(b, balance=1).seq == 2


@servers
@pytest.mark.parametrize("model", MODELS)
def test_nowait_is_the_drivers_error_and_skip_locked_leaves_it_out(locks_engine, model):
    with held(locks_engine, model, balance=10):
        with Session(locks_engine) as session, pytest.raises(OperationalError):
            session.get(model, KEYS[model], with_for_update={"nowait": True})
        with Session(locks_engine) as session:
            query = select(model.id).where(model.id.in_(["a", "b"])).with_for_update(skip_locked=True)
            assert session.scalars(query).all() == ["b"]


@servers
@pytest.mark.parametrize("model", MODELS)
def test_two_may_lock_for_reading(locks_engine, model):
    with Session(locks_engine) as left, Session(locks_engine) as right:
        for session in (left, right):
            query = of(model).with_for_update(read=True, nowait=True)
            assert session.scalars(query).one().balance == 1


@servers
@pytest.mark.parametrize("model", MODELS)
def test_a_lock_of_another_table_alone_locks_no_head(locks_engine, model):
    with Session(locks_engine) as session:
        session.execute(select(Team, model).join(model.team).with_for_update(of=Team)).all()

        assert repository(model, locks_engine).append(KEYS[model], balance=1).seq == 2


@servers
def test_two_models_of_a_statement_are_both_locked(locks_engine):
    query = select(Account, Tally).join(Tally, Tally.id == Account.id).where(Account.id == "a")
    with Session(locks_engine) as session:
        found = waits_for(
            locks_engine, Tally, lambda: session.execute(query.with_for_update()).one(), balance=10
        )
        assert [each.balance for each in found] == [1, 11]
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(repository(Account, locks_engine).append, "a", balance=1)
            until_waiting(locks_engine, 1, otherwise=late.done)
            assert not late.done()
            session.rollback()
            late.result(20)


@servers
def test_a_stream_that_ended_while_its_lock_was_awaited_is_not_found(locks_engine):
    def ended(holder):
        holder.delete(holder.get_one(Account, "a"))
        holder.flush()

    with Session(locks_engine) as holder, Session(locks_engine) as session, ThreadPoolExecutor(1) as pool:
        ended(holder)
        found = pool.submit(session.get, Account, "a", with_for_update=True)
        until_waiting(locks_engine, 1, otherwise=found.done)
        holder.commit()

        assert found.result(20) is None


def locked_late(locks_engine, model):
    """The balance that a lock finds where it changed since the transaction began to read; None for a lost race."""
    with Session(locks_engine.execution_options(isolation_level="REPEATABLE READ")) as session:
        session.scalar(select(model.balance).where(model.id == "a"))
        with Session(locks_engine) as other, other.begin():
            other.get_one(model, KEYS.get(model, "a")).balance += 10
        try:
            return session.scalars(of(model).with_for_update()).one().balance
        except DBAPIError as error:
            if not is_lost_race(error):
                raise
            return None


@servers
@pytest.mark.parametrize("model", MODELS)
def test_within_a_repeatable_read_it_is_as_with_an_ordinary_row(locks_engine, model):
    """PostgreSQL refuses (40001), MariaDB does so by its ``innodb_snapshot_isolation`` (1020), or gives the newest."""
    assert locked_late(locks_engine, model) == locked_late(locks_engine, Plain)


@servers
def test_no_writer_that_locks_ever_loses_a_race(locks_engine):
    def write(_):
        for _ in range(10):
            with Session(locks_engine) as session, session.begin():
                session.get_one(Account, "a", with_for_update=True).balance += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    assert repository(Account, locks_engine).state("a").balance == 41


@pytest.mark.parametrize("model", MODELS)
def test_a_lock_that_is_had_at_once_is_one_statement(locks_engine, session, model):
    session.scalar(select(Team.id))
    with counted(locks_engine) as sent:
        session.get(model, KEYS[model], with_for_update=True)

    assert len(sent) == 1


@servers
def test_a_lock_that_is_awaited_is_one_statement_where_the_head_holds_the_state(locks_engine):
    with Session(locks_engine) as session:
        session.scalar(select(Team.id))
        session.commit()
        with counted(locks_engine) as sent:
            waits_for(locks_engine, Account, lambda: WAYS["get"](session, Account), balance=10)

    assert len([statement for statement in sent if "FOR UPDATE" in statement]) == 1


def test_a_loaded_object_is_read_anew_where_that_is_asked_for(locks_engine, session):
    account = session.get_one(Account, "a")
    session.rollback()
    assert account.balance == 1
    session.rollback()
    repository(Account, locks_engine).append("a", balance=10)
    session.get_one(Account, "a", with_for_update=True, populate_existing=True)

    assert (account.balance, account.seq) == (11, 2)


@pytest.mark.parametrize(("model", "way"), EACH_WAY)
def test_the_rows_are_those_of_the_same_query_without_a_lock(session, model, way):
    found = WAYS[way](session, model)

    assert (found.balance, found.seq) == (1, 1)


@pytest.mark.asyncio
@pytest.mark.parametrize("async_url", ASYNC_DRIVERS_OF_SERVERS, indirect=True)
@pytest.mark.parametrize("model", [Account, Journal])
@pytest.mark.parametrize("way", ["get", "select columns"])
async def test_an_async_session_waits_as_well(async_engine, model, way):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all, [Team.__table__, *model.__osiris__.tables])
    names = {"desk": "d"} if model is Journal else {}
    async with AsyncSession(async_engine) as session:
        session.add(model(id="a", balance=1, **names))
        await session.commit()
    async with AsyncSession(async_engine) as holder, AsyncSession(async_engine) as waiter:
        (await holder.get_one(model, KEYS[model])).balance += 10
        await holder.flush()
        found = asyncio.create_task(waiter.run_sync(WAYS[way], model))
        await asyncio.sleep(0.3)
        assert not found.done()
        await holder.commit()

        assert ((await found).balance, (await found).seq) == (11, 2)


@servers
@pytest.mark.parametrize("way", ["get", "join"])
def test_a_schema_of_a_tenant_is_locked_there(locks_engine, way):
    schema = "acme" if locks_engine.dialect.name == "postgresql" else f"{locks_engine.url.database}_acme"
    with locks_engine.begin() as connection:
        connection.execute(CreateSchema(schema))
    tenant = locks_engine.execution_options(schema_translate_map={None: schema})
    Base.metadata.create_all(tenant)
    with Session(tenant) as session:
        session.add(Team(id=1, name="A"))
        session.flush()
        session.add(Account(id="a", balance=5, team_id=1))
        session.commit()
    try:
        with Session(tenant) as session:
            found = waits_for(tenant, Account, lambda: WAYS[way](session, Account), balance=10)
            assert (found.balance, found.seq) == (15, 2)
    finally:
        Base.metadata.drop_all(tenant)
        with locks_engine.begin() as connection:
            connection.execute(DropSchema(schema))


@servers
def test_a_refresh_of_one_attribute_locks_too(locks_engine):
    with Session(locks_engine, expire_on_commit=False) as session:
        account = session.get_one(Account, "a")
        session.commit()
        waits_for(
            locks_engine,
            Account,
            lambda: session.refresh(account, ["balance"], with_for_update=True),
            balance=10,
        )

        assert account.balance == 11
