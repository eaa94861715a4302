"""An event_id makes an append safe to repeat, whoever archives, restores or writes in between."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from sqla_osiris import AsyncSQLRepository, NewEvent, OsirisError, SQLRepository
from sqla_osiris.writing import batch_repeats
from tests.repositories.models import Base, EveryEmployee, InlineEmployee
from tests.repositories.races import once_it_has_read, somebody_else
from tests.statements import counted

MODELS = [InlineEmployee, EveryEmployee]


@pytest.fixture
def employees(sql):
    return sql(InlineEmployee)


def ids(count):
    return [NewEvent("a", {"overtime": 1}, event_id=UUID(int=number)) for number in range(count)]


@pytest.fixture(params=["append", "append_many"])
def bring(request):
    """Brings an event by each of the two calls."""

    def bring_(repository, identity):
        if request.param == "append":
            repository.append("a", overtime=10, event_id=identity)
        else:
            repository.append_many([NewEvent("a", {"overtime": 10}, event_id=identity)])

    return bring_


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_an_event_that_is_archived_between_look_up_and_append_is_not_written_again(
    engine, sql, bring, model, begun
):
    employees, identity = sql(model), uuid4()
    if begun:
        employees.append("a", overtime=0)
    with somebody_else(engine) as other:
        first = SQLRepository(model, other)

        def bring_and_archive():
            bring(first, identity)
            first.snapshots()
            first.archive(keep=0)

        once_it_has_read(engine, "employee_", bring_and_archive)
        bring(employees, identity)

    assert employees.state("a").overtime == 10
    employees.restore()
    assert [each.event_id for each in employees.history("a")].count(identity) == 1


def test_a_stream_that_begins_right_before_a_batch_writes_is_looked_at_again(engine, employees):
    identity, written = uuid4(), []
    with somebody_else(engine) as other:
        first = SQLRepository(InlineEmployee, other)

        @event.listens_for(engine, "before_cursor_execute")
        def bring_and_archive(_connection, _cursor, statement, *_):
            if "INSERT INTO" in statement and "_snapshot" in statement and not written:
                written.append(identity)
                with suppress(DBAPIError):  # SQLite has one writer: it comes after all of this
                    first.append("a", overtime=10, event_id=identity)
                    first.archive(keep=0)

        employees.append_many([NewEvent("a", {"overtime": 10}, event_id=identity)])

    assert written == [identity]
    assert employees.state("a").overtime == 10
    employees.restore()
    assert [each.event_id for each in employees.history("a")] == [identity]


def test_a_batch_whose_streams_others_always_begin_first_says_that_it_is_not_written(
    engine, employees, monkeypatch
):
    monkeypatch.setattr(batch_repeats, "_TRIES", 1)
    begun = []
    with somebody_else(engine) as other:
        first = SQLRepository(InlineEmployee, other)

        @event.listens_for(engine, "before_cursor_execute")
        def begin(_connection, _cursor, statement, *_):
            if "INSERT INTO" in statement and "_snapshot" in statement and not begun:
                with suppress(DBAPIError):  # SQLite has one writer: it comes after all of this
                    begun.append(first.append("a", overtime=10).seq)

        # Where nobody came before, the batch is written.
        with (
            pytest.raises(OsirisError, match="Nothing of this chunk")
            if engine.name != "sqlite"
            else nullcontext()
        ):
            employees.append_many([NewEvent("a", {"overtime": 1}, event_id=uuid4())])
    assert [each.fields["overtime"] for each in employees.history("a")] == [10 if begun else 1]


def test_an_event_that_is_restored_beside_its_repeat_is_not_written_again(engine, employees, bring):
    identity = uuid4()
    bring(employees, identity)
    employees.archive(keep=0)
    with somebody_else(engine) as other:
        once_it_has_read(engine, "employee_", SQLRepository(InlineEmployee, other).restore)
        bring(employees, identity)

        assert employees.state("a").overtime == 10


def test_a_repeat_in_a_session_that_saw_what_was_before_the_archive_is_not_written_again(
    engine, employees, bring
):
    identity = uuid4()
    employees.append("other", overtime=1)
    isolation = {"postgresql": "READ COMMITTED", "sqlite": "SERIALIZABLE"}.get(
        engine.dialect.name, "REPEATABLE READ"
    )
    reads_again = engine.execution_options(isolation_level=isolation)
    with Session(reads_again) as session, session.begin():
        session.get(InlineEmployee, "other")
        bring(employees, identity)
        employees.archive(keep=0)
        bring(SQLRepository(InlineEmployee, session), identity)

    assert employees.state("a").overtime == 10
    employees.restore()


def test_an_append_with_an_event_id_is_part_of_the_sessions_transaction(engine, employees):
    with Session(engine) as session:
        SQLRepository(InlineEmployee, session).append("a", overtime=1, event_id=uuid4())
        session.rollback()

    assert list(employees.history("a")) == []


def test_a_batch_with_event_ids_is_part_of_the_sessions_transaction(engine, employees):
    with Session(engine) as session:
        SQLRepository(InlineEmployee, session).append_many(ids(3))
        session.rollback()

    assert list(employees.history("a")) == []


@pytest.mark.asyncio
async def test_an_append_with_an_event_id_is_part_of_an_async_sessions_transaction(async_engine):
    employees = AsyncSQLRepository(InlineEmployee, async_engine)
    await employees.create()
    async with AsyncSession(async_engine) as session:
        inside = AsyncSQLRepository(InlineEmployee, session)
        await inside.append("a", overtime=1, event_id=uuid4())
        await inside.append_many(ids(2))
        await session.rollback()

    assert await employees.state("a") is None


@pytest.mark.parametrize("begun", [False, True])
def test_a_batch_that_is_sent_again_while_the_first_is_written_is_left_out(engine, employees, begun):
    if begun:
        employees.append("a", overtime=0)
    with Session(engine) as first, ThreadPoolExecutor(1) as pool:
        assert SQLRepository(InlineEmployee, first).append_many(ids(3)) == 3
        again = pool.submit(employees.append_many, ids(4))
        assert not wait([again], timeout=0.3).done
        first.commit()
        assert again.result(timeout=20) == 1

    assert employees.state("a").overtime == 4


def test_an_append_that_is_repeated_while_the_first_is_written_gives_the_first(engine, employees):
    with Session(engine) as session, ThreadPoolExecutor(1) as pool:
        first = SQLRepository(InlineEmployee, session).append("a", overtime=1, event_id=UUID(int=1))
        again = pool.submit(employees.append, "a", overtime=1, event_id=UUID(int=1))
        assert not wait([again], timeout=0.3).done
        session.commit()

        assert again.result(timeout=20) == first


def test_a_long_batch_that_is_sent_again_writes_nothing(employees):
    batch = [NewEvent(f"{i % 700}", {"overtime": 1}, event_id=UUID(int=i)) for i in range(2_000)]
    batch += [NewEvent("a", {"overtime": 1}, event_id=UUID(int=i)) for i in range(1_200)]
    assert employees.append_many(batch) == 3_200

    assert employees.append_many(batch) == 0
    assert employees.append_many([*batch, NewEvent("1", {"overtime": 1}, event_id=UUID(int=5_000))]) == 1


def test_new_streams_with_event_ids_are_not_looked_up_one_by_one(engine, employees):
    with counted(engine) as statements:
        employees.append_many(NewEvent(f"{i}", {"overtime": 1}, event_id=UUID(int=i)) for i in range(5_000))

    assert len(statements) <= 40


def test_an_append_on_a_driver_that_begins_no_transaction_by_itself(sqlite_database):
    """SQLAlchemy's own recipe for savepoints on SQLite."""
    engine = create_engine(sqlite_database)

    @event.listens_for(engine, "connect")
    def begin_nothing(connection, _record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        with session.begin_nested():
            SQLRepository(InlineEmployee, session).append("a", overtime=1, event_id=uuid4())
        SQLRepository(InlineEmployee, session).append_many(ids(2))
        session.rollback()
        assert session.scalar(select(func.count()).select_from(InlineEmployee.Event)) == 0
    employees = SQLRepository(InlineEmployee, engine)
    employees.append("a", overtime=1, event_id=uuid4())
    assert employees.state("a").overtime == 1
    engine.dispose()
