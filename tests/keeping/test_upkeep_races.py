"""What waits for somebody else, or sees the past, does what was asked all the same."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta

import pytest
from sqlalchemy import BigInteger, Date, String, event, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Context,
    ContextErased,
    Encrypted,
    EventSourced,
    Every,
    Latest,
    NewEvent,
    SQLRepository,
)
from sqla_osiris.databases.transactions import was_undone
from tests.conftest import DATABASES
from tests.repositories.models import EveryEmployee, InlineEmployee


class Base(DeclarativeBase):
    pass


class Day(EventSourced, Base):
    day = Context(Date)
    hours = Aggregate(BigInteger)


class Meter(EventSourced, Base):
    __snapshot__ = Every(3)
    id = Context(String(20))
    total = Aggregate(BigInteger)


class Patient(EventSourced, Base):
    id = Context(String(20))
    note = Latest(Encrypted(String(50), master_key=b"k" * 32))


def on(*databases):
    """The test runs on these alone, as far as they are asked for."""
    return pytest.mark.parametrize(
        "database_url", [name for name in DATABASES if name in databases], indirect=True
    )


@pytest.fixture
def lost(engine):
    """The races that were lost, whether they are tried again or not."""
    raised = []

    @event.listens_for(engine, "handle_error")
    def note(context):
        if was_undone(context.sqlalchemy_exception):
            raised.append(context.original_exception)

    return raised


def make_stale(engine, model):
    with engine.begin() as connection:
        connection.execute(update(model.Snapshot.__table__).values(osiris_fingerprint=0))


@on("postgresql", "mariadb", "mysql")
@pytest.mark.parametrize("model", [InlineEmployee, EveryEmployee])
def test_a_snapshot_that_waited_for_an_erasure_writes_nothing_of_it_back(engine, sql, model):
    employees = sql(model)
    employees.append("a", company="Hooly", overtime=1)
    make_stale(engine, model)
    with Session(engine) as session, ThreadPoolExecutor(1) as pool:
        SQLRepository(model, session).erase("a")
        snapshots = pool.submit(employees.snapshots)
        assert not wait([snapshots], timeout=0.5).done
        session.commit()
        assert snapshots.result(timeout=20) == 0

    with engine.connect() as connection:
        head = connection.execute(select(model.Snapshot.__table__)).one()
    assert (head.company, head.overtime) == (None, 0)


@on("mariadb", "mysql")
def test_parallel_snapshots_never_deadlock(engine, sql, lost):
    employees = sql(EveryEmployee)
    employees.append_many(NewEvent(f"{number:03}", {"overtime": 1}) for number in range(400))
    make_stale(engine, EveryEmployee)
    start = threading.Barrier(3)

    def take():
        start.wait()
        return employees.snapshots()

    with ThreadPoolExecutor(3) as pool:
        taken = [task.result(timeout=60) for task in [pool.submit(take) for _ in range(3)]]

    assert sum(taken) == 400
    assert lost == []


@on("postgresql", "mariadb", "mysql")
def test_batches_lock_their_heads_in_one_order(engine, sql, lost):
    employees = sql(InlineEmployee)
    employees.append_many(NewEvent(context, {"overtime": 1}) for context in "amz")
    with Session(engine) as holder, ThreadPoolExecutor(2) as pool:
        SQLRepository(InlineEmployee, holder).append("m", overtime=1)
        tasks = []
        for order in ("amz", "zma"):
            batch = [NewEvent(context, {"overtime": 1}) for context in order]
            tasks.append(pool.submit(employees.append_many, batch))
            assert not wait(tasks[-1:], timeout=0.4).done
        holder.commit()
        assert [task.result(timeout=20) for task in tasks] == [3, 3]

    assert lost == []


def test_a_batch_of_many_contexts_that_are_no_text_is_written(sql):
    days = sql(Day)
    batch = [NewEvent(date(2020, 1, 1) + timedelta(days=each), {"hours": 8}) for each in range(700)]

    assert days.append_many(batch) == 700
    assert days.append_many(batch) == 700
    assert days.state(date(2021, 11, 30)).hours == 16


@on("postgresql")
def test_where_each_statement_commits_a_snapshot_that_cannot_be_taken_does_not_say_so_either(sql, engine):
    sql(Meter)
    meters = SQLRepository(Meter, engine.execution_options(isolation_level="AUTOCOMMIT"))
    for _ in range(3):
        meters.append("a", total=2**62)

    assert [each.seq for each in meters.history("a")] == [1, 2, 3]


@on("sqlite", "mariadb", "mysql")
def test_a_snapshot_that_cannot_be_taken_does_not_say_that_its_event_was_lost(sql):
    meters = sql(Meter)
    for _ in range(3):
        meters.append("a", total=2**62)

    assert [each.seq for each in meters.history("a")] == [1, 2, 3]


@pytest.mark.parametrize("model", [InlineEmployee, EveryEmployee])
def test_states_of_moments_stay_the_same_once_their_events_are_archived(sql, model):
    employees = sql(model)
    for number in range(4):
        employees.append("a", overtime=1, company=f"c{number}")
    events = list(employees.history("a"))
    before = [employees.state("a", at=each.recorded_at).company for each in events]
    employees.snapshots()
    assert employees.archive(keep=1) == 3

    assert [employees.state("a", at=each.recorded_at).company for each in events] == before
    assert before[-1] == "c3"


def test_the_one_erased_context_of_a_long_batch_is_named(sql):
    employees = sql(InlineEmployee)
    employees.append("0550", overtime=1)
    employees.erase("0550")

    with pytest.raises(ContextErased, match="0550"):
        employees.append_many(NewEvent(f"{each:04}", {"overtime": 1}) for each in range(700))

    assert employees.state("0001") is None


@pytest.fixture
def past(engine, sql):
    """A session that has read, and sees no change of others from then on."""
    sql(InlineEmployee).append("other", overtime=1)
    sql(Patient).append("other", note="x")
    with Session(engine) as session:
        session.get(InlineEmployee, "other")
        yield session


@on("mariadb", "mysql")
def test_a_session_that_sees_the_past_redacts_what_was_archived_since(sql, past):
    employees = sql(InlineEmployee)
    employees.append("a", company="Hooly")
    past.rollback()
    past.get(InlineEmployee, "other")
    employees.archive(keep=0)
    SQLRepository(InlineEmployee, past).redact("a", 1, "company", reason="asked")
    past.commit()

    assert [dict(each.fields) for each in employees.history("a")] == [{}, {}]


@on("mariadb", "mysql")
@pytest.mark.parametrize("call", ["append", "append_many"])
def test_a_session_that_sees_the_past_is_told_of_an_erasure(sql, past, call):
    employees = sql(InlineEmployee)
    employees.append("a", overtime=1)
    employees.erase("a")
    inside = SQLRepository(InlineEmployee, past)

    with pytest.raises(ContextErased, match="'a'"):
        inside.append("a", overtime=1) if call == "append" else inside.append_many([NewEvent("a", {})])


@on("mariadb", "mysql")
def test_a_feed_in_a_session_that_sees_the_past_is_decrypted(sql, past):
    sql(Patient).append("new", note="cured")

    notes = [each.fields.get("note") for each in SQLRepository(Patient, past).feed()]
    assert notes == ["x", "cured"]


@on("postgresql")
def test_a_state_in_a_session_is_read_again(engine, sql):
    employees = sql(InlineEmployee)
    employees.append("a", overtime=1)
    with Session(engine) as session:
        inside = SQLRepository(InlineEmployee, session)
        assert inside.state("a").overtime == 1
        employees.append("a", overtime=1)

        assert inside.state("a").overtime == 2
