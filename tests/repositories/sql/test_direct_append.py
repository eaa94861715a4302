"""An append on a SQLite engine goes straight to the driver, and does all that the ordinary way does."""

import logging
from uuid import UUID

import pytest
from sqlalchemy import Connection, Integer, StaticPool, String, create_engine, event, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    Every,
    Latest,
    repository,
)
from sqla_osiris.writing.writer import is_unobserved
from tests.statements import counted


class Base(DeclarativeBase):
    pass


class Employee(EventSourced, Base):
    __tablename__ = "employee"
    id = Context(String(40))
    company = Latest(String(40), nullable=True)
    overtime = Aggregate(Integer)


class Shift(EventSourced, Base):
    __tablename__ = "shift"
    __snapshot__ = Every(2)
    site = Context(String(8))
    day = Context(Integer)
    hours = Aggregate(Integer)


@pytest.fixture
def url(sqlite_database):
    return sqlite_database


@pytest.fixture
def engine(url):
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def employees(engine):
    return repository(Employee, engine)


@pytest.fixture
def no_connection(employees, monkeypatch):
    """SQLAlchemy makes no Connection in this test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an ordinary connection was made")

    monkeypatch.setattr("sqlalchemy.engine.base.Connection.__init__", refuse)


@pytest.mark.usefixtures("no_connection")
def test_no_connection_of_sqlalchemy_is_needed(employees):
    assert employees.append("bob", overtime=3).seq == 1
    assert employees.append("bob", overtime=4, expected_seq=1).seq == 2


def test_an_erased_stream_is_told(employees):
    employees.append("bob", overtime=3)
    employees.erase("bob")

    for expected_seq in (None, 0, 1):
        with pytest.raises(ContextErased, match="'bob'"):
            employees.append("bob", overtime=4, expected_seq=expected_seq)

    assert employees.feed() == []
    assert employees.append("ann", overtime=1).position == 2


def test_the_event_returned_is_the_event_stored(employees):
    employees.append("ann", overtime=1)
    fields = {"company": None, "overtime": 3}
    returned = employees.append("bob", event_type="worked late", event_meta={"by": "jane"}, **fields)

    assert [returned] == list(employees.history("bob"))
    assert returned.fields == fields
    assert (returned.seq, returned.position) == (1, 2)


def test_a_composite_context_and_its_snapshot(engine):
    shifts = repository(Shift, engine)
    for hours in (3, 4, 5):
        shifts.append(("north", 7), hours=hours)

    assert shifts.state(("north", 7)).hours == 12
    with engine.connect() as connection:
        heads = Shift.Snapshot.__table__.c
        assert connection.execute(select(heads.seq, heads.osiris_folded)).one() == (3, 2)


def test_a_stale_append_is_refused_and_changes_nothing(employees):
    employees.append("bob", overtime=3)

    with pytest.raises(ConcurrentAppend) as refused:
        employees.append("bob", overtime=4, expected_seq=7)

    assert (refused.value.expected_seq, refused.value.found_seq) == (7, 1)
    assert [stored.seq for stored in employees.history("bob")] == [1]


def test_the_pool_gets_its_connection_back(engine, employees):
    employees.append("bob", overtime=3)
    with pytest.raises(ConcurrentAppend):
        employees.append("bob", overtime=4, expected_seq=7)
    with pytest.raises(OperationalError):
        repository(Shift, broken(engine)).append(("north", 7), hours=1)

    assert engine.pool.checkedout() == 0


def broken(engine):
    """The same engine, where no shift's event can be written."""
    Shift.Event.__table__.drop(engine)
    return engine


def test_a_drivers_error_is_sqlalchemys_and_leaves_nothing(engine):
    with pytest.raises(OperationalError) as raised:
        repository(Shift, broken(engine)).append(("north", 7), hours=1)

    assert "shift_event" in raised.value.statement
    assert raised.value.orig is not None
    with Session(engine) as session:
        assert session.scalars(select(Shift.Snapshot)).all() == []


@pytest.fixture
def guarded(engine):
    """An engine whose database refuses every event once its head is written."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER guard BEFORE INSERT ON employee_event BEGIN SELECT RAISE(ABORT, 'guarded'); END"
        )
    return engine


def heads(engine):
    with engine.connect() as connection:
        return connection.execute(select(Employee.Snapshot.__table__)).all()


def test_an_event_that_is_refused_leaves_no_head(guarded):
    with pytest.raises(IntegrityError, match="guarded"):
        repository(Employee, guarded).append("bob", overtime=1)

    assert heads(guarded) == []


def test_an_event_that_is_refused_leaves_no_head_in_autocommit(guarded, url):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with pytest.raises(IntegrityError, match="guarded"):
        repository(Employee, engine).append("bob", overtime=1)
    engine.dispose()

    assert heads(guarded) == []


def test_parameters_are_hidden_where_the_engine_hides_them(guarded, url):
    engine = create_engine(url, hide_parameters=True)
    with pytest.raises(IntegrityError) as raised:
        repository(Employee, engine).append("bob", company="Hooly")
    engine.dispose()

    assert "Hooly" not in str(raised.value)


def test_a_database_that_cannot_be_opened_is_an_operational_error(tmp_path):
    employees = repository(Employee, create_engine(f"sqlite:///{tmp_path / 'missing' / 'hr.db'}"))

    with pytest.raises(OperationalError):
        employees.append("bob", overtime=3)


def test_a_listener_sees_every_statement(engine, employees):
    with counted(engine) as statements:
        employees.append("bob", overtime=3)

    assert [statement.split()[:3] for statement in statements] == [
        ["INSERT", "INTO", "employee_snapshot"],
        ["INSERT", "INTO", "employee_event"],
    ]


def test_a_listener_on_all_connections_sees_every_commit(employees, monkeypatch):
    monkeypatch.setattr(Connection, "_has_events", False, raising=False)  # listening sets it for good
    seen = []

    def committed(connection):
        seen.append(connection)

    event.listen(Connection, "commit", committed)
    try:
        employees.append("bob", overtime=3)
    finally:
        event.remove(Connection, "commit", committed)

    assert len(seen) == 1


def test_a_log_shows_every_statement(employees, caplog):
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        employees.append("bob", overtime=3)

    assert "INSERT INTO employee_event" in caplog.text


def test_execution_options_of_the_engine_ask_for_the_ordinary_way(engine):
    assert is_unobserved(engine)
    assert not is_unobserved(engine.execution_options(compiled_cache=None))


@pytest.mark.parametrize("pool", [{}, {"poolclass": StaticPool}])
def test_a_database_in_memory(pool):
    engine = create_engine("sqlite://", **pool)
    Base.metadata.create_all(engine)
    employees = repository(Employee, engine)

    assert [employees.append("bob", overtime=hours).seq for hours in (3, 4)] == [1, 2]
    assert employees.state("bob").overtime == 7
    engine.dispose()


def test_an_event_id_is_still_written_once(employees):
    identity = UUID(int=7)
    once, again = (employees.append("bob", overtime=3, event_id=identity) for _ in range(2))

    assert once == again
