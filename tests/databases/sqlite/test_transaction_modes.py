"""Whoever begins a transaction on SQLite, the driver or SQLAlchemy: an append is whole, and a rollback takes it back."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris import AsyncSQLRepository, ConcurrentAppend, NewEvent, OsirisError, SQLRepository, as_of
from tests.repositories.models import InlineEmployee
from tests.repositories.sql.test_engines import MODELS, everything


def legacy(url, **options):
    return create_engine(url, **options)


def begun_by_sqlalchemy(url, **options):
    """As SQLAlchemy's manual has it for every Python."""
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def connected(connection, _record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    return engine


def always_in_a_transaction(url, **options):
    """As SQLAlchemy's manual recommends from Python 3.12 on."""
    return create_engine(url, connect_args={"autocommit": False}, **options)


def newest_sqlite(url, **options):
    """The driver that brings its own SQLite."""
    return create_engine(url, module=import_module("pysqlite3.dbapi2"), **options)


MODES = [legacy, begun_by_sqlalchemy]
if sys.version_info >= (3, 12):
    MODES.append(always_in_a_transaction)
if sys.version_info < (3, 15):  # no wheel of it is there for 3.15, whose own SQLite is as new
    MODES.append(newest_sqlite)


@pytest.fixture(params=MODES)
def engine(request, sqlite_database):
    engine = request.param(f"{sqlite_database}?timeout=60")  # writers queue, on a busy machine for seconds
    yield engine
    engine.dispose()


@pytest.fixture
def employees(engine):
    employees = SQLRepository(InlineEmployee, engine)
    employees.create()
    return employees


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("target", [lambda engine: engine, sessionmaker], ids=["engine", "sessionmaker"])
def test_every_call_does_what_it_does(engine, model, target):
    employees = SQLRepository(model, target(engine))
    employees.create()

    everything(employees)


def test_a_session_writes_all_or_nothing(engine, employees):
    with Session(engine) as session:
        session.add(InlineEmployee(id="bob", overtime=1))
        session.flush()
        SQLRepository(InlineEmployee, session).append("bob", overtime=2)
        session.rollback()
        session.add(InlineEmployee(id="ann", overtime=1))
        session.commit()
        with suppress(ZeroDivisionError), session.begin_nested():
            session.get(InlineEmployee, "ann").overtime += 5
            session.flush()
            raise ZeroDivisionError
        session.get(InlineEmployee, "ann").overtime += 1
        session.commit()

    assert [event.context for event in employees.feed()] == ["ann", "ann"]
    assert (employees.state("ann").overtime, employees.state("ann", at=1).overtime) == (2, 1)
    with Session(engine) as session:
        past = as_of(InlineEmployee, 1)
        assert session.scalars(select(past.overtime)).all() == [1]
    assert employees.verify().differences == ()


def test_a_refused_append_leaves_no_lock(engine, employees):
    employees.append("bob", overtime=1)
    with pytest.raises(ConcurrentAppend):
        employees.append("bob", overtime=1, expected_seq=7)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER guard BEFORE INSERT ON {InlineEmployee.Event.__table__.name} "
            "BEGIN SELECT RAISE(ABORT, 'guarded'); END"
        )
    with pytest.raises(IntegrityError, match="guarded"):
        employees.append("bob", overtime=1)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER guard")

    others = create_engine(engine.url, connect_args={"timeout": 0})  # it waits for no lock
    assert SQLRepository(InlineEmployee, others).append("bob", overtime=1).seq == 2
    others.dispose()


def test_writers_of_one_context_wait_for_each_other(engine, employees):
    def write(_):
        return [employees.append("bob", overtime=1).seq for _ in range(20)]

    with ThreadPoolExecutor(4) as threads:
        seqs = [seq for each in threads.map(write, range(4)) for seq in each]

    assert sorted(seqs) == list(range(1, 81))
    assert employees.state("bob").overtime == 80


if sys.version_info >= (3, 12):

    @pytest.fixture
    def ignoring(sqlite_database):
        """An engine whose driver ignores commit() and rollback()."""
        engine = create_engine(sqlite_database, connect_args={"autocommit": True})
        SQLRepository(InlineEmployee, engine).create()
        yield engine
        engine.dispose()

    @pytest.mark.parametrize("target", [lambda engine: engine, sessionmaker, Session])
    def test_a_call_is_refused_where_there_is_no_transaction(ignoring, target):
        given = target(ignoring)
        employees = SQLRepository(InlineEmployee, given)
        for call in (
            lambda: employees.append("bob", overtime=1, event_id=UUID(int=1)),
            lambda: employees.append_many([NewEvent("bob", {"overtime": 1})]),
        ):
            with pytest.raises(OsirisError, match=r"(?i)autocommit"):
                call()
        if not isinstance(given, Session):
            with pytest.raises(OsirisError, match="autocommit=True"):
                employees.append("bob", overtime=1)

        assert list(SQLRepository(InlineEmployee, ignoring).history("bob")) == []
        if isinstance(given, Session):
            given.close()

    @pytest.mark.parametrize("in_memory", [True, False])
    @pytest.mark.parametrize("autocommit", [True, False])
    async def test_an_awaited_engine_is_told_the_same(sqlite_database, autocommit, in_memory):
        """Of a database in memory Python shows its attribute to one thread alone, which is not the caller's."""
        url = "sqlite://" if in_memory else sqlite_database
        url = url.replace("sqlite:", "sqlite+aiosqlite:")
        engine = create_async_engine(url, connect_args={"autocommit": autocommit})
        employees = AsyncSQLRepository(InlineEmployee, engine)
        await employees.create()
        batch = [NewEvent("bob", {"overtime": 1})]
        if autocommit:
            with pytest.raises(OsirisError, match="autocommit=True"):
                await employees.append_many(batch)
        else:
            assert await employees.append_many(batch) == 1
            async with AsyncSession(engine) as session:
                session.add(InlineEmployee(id="ann", overtime=1))
                await session.rollback()
        assert [event.context for event in await employees.feed()] == ([] if autocommit else ["bob"])
        await engine.dispose()
