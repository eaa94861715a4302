"""What a store cannot hold, find or reach is told clearly, leaves nothing behind, and shows no password."""

import logging
import random
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from sqlalchemy import BigInteger, Float, Numeric, String, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    InvalidValue,
    Latest,
    NewEvent,
    OsirisError,
    SQLRepository,
    repository,
)
from tests.conftest import DATABASES
from tests.opening import TESTED
from tests.stores.models import Employee

SECRET = "hunter2"  # noqa: S105  (no account has it)


class Base(DeclarativeBase):
    pass


class Measured(EventSourced, Base):
    """A context of any length, and numbers of each kind."""

    __tablename__ = "bad_measured"
    id = Context(String)
    text = Latest(String)
    whole = Latest(BigInteger)
    total = Aggregate(BigInteger)
    real = Latest(Float)
    scaled = Latest(Numeric(12, 2))
    exact = Latest(Numeric)


@pytest.fixture
def measured(opens):
    return opens(Measured)


def nothing_of(repository, *contexts):
    return list(repository.states()) == [] and all(list(repository.history(c)) == [] for c in contexts)


# Values


@pytest.mark.parametrize("length", [600, 2_000, 5_000, 100_000])
def test_a_long_context_is_kept_or_refused(measured, length):
    """Random, so that no index compresses it: what a store's key can hold differs."""
    context = "".join(random.Random(length).choices("abcdefghijklmnopqrstuvwxyzäöü$.", k=length))
    try:
        measured.append(context, whole=1)
    except InvalidValue:
        with pytest.raises(InvalidValue):
            measured.append_many([NewEvent("bob", {"whole": 1}), NewEvent(context, {"whole": 2})])
        assert nothing_of(measured, "bob")
    else:
        measured.append_many([NewEvent(context, {"whole": 2})])
        assert [(state.id, state.whole) for state in measured.states()] == [(context, 2)]
        assert [event.seq for event in measured.history(context)] == [1, 2]


BAD_NUMBERS = [
    ("whole", 2**63),
    ("whole", -(2**63) - 1),
    ("total", 2**63),
    ("whole", 10**400),
    ("whole", 1.5),
    ("whole", Decimal(1)),
    ("whole", True),
    ("real", float("nan")),
    ("real", float("-inf")),
    ("real", 10**400),
    ("scaled", Decimal("1e10")),
    ("scaled", Decimal("NaN")),
    ("exact", Decimal("Infinity")),
    ("exact", "1"),
]


def test_a_number_that_a_column_cannot_hold_is_refused(measured):
    for field, number in BAD_NUMBERS:
        for append in (
            lambda touch: measured.append("bob", **touch),
            lambda touch: measured.append_many([NewEvent("jane", {"whole": 1}), NewEvent("bob", touch)]),
        ):
            with pytest.raises(InvalidValue, match=field):
                append({field: number})
    assert nothing_of(measured, "bob", "jane")


def test_a_decimal_is_kept_to_its_last_digit_or_refused(measured):
    kept = []
    for number in (Decimal("1" * 8 + ".1"), *(Decimal("1" * n + "." + "1" * 10) for n in (20, 24, 28, 50))):
        try:
            measured.append("bob", exact=number)
        except InvalidValue:
            continue
        kept.append(number)
        assert measured.state("bob").exact == number
    assert [event.fields["exact"] for event in measured.history("bob")] == kept
    assert kept


LIMITED = {"dynamodb": 400 * 1024, "mongodb": 16 * 1024**2}
"""Stores with a limit for an event; the others take what their column takes."""


def test_an_event_beyond_the_stores_limit_is_refused(request, measured):
    limit = LIMITED.get(request.node.callspec.params["opens"])
    if limit is None:
        large = "x" * 1_000_000
        measured.append("bob", text=large)
        assert measured.state("bob").text == large
        return
    large = "x" * (limit + 1)
    for append in (
        lambda: measured.append("bob", text=large),
        lambda: measured.append_many([NewEvent("jane", {"whole": 1}), NewEvent("bob", {"text": large})]),
    ):
        with pytest.raises(InvalidValue, match=r"bad_measured|Measured"):
            append()
    assert nothing_of(measured, "bob", "jane")


# Time

NAIVE = datetime(2020, 1, 1)  # noqa: DTZ001
LONG_AGO, FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


def test_a_moment_that_is_none_is_told_and_one_beyond_the_stream_is_answered(opens):
    employees = opens(Employee)
    employees.append("bob", overtime=1)
    employees.append("bob", overtime=2)

    assert (employees.state("bob", at=LONG_AGO), employees.state("bob", at=0)) == (None, None)
    assert [employees.state("bob", at=at).overtime for at in (FAR, 3, 2**70)] == [3, 3, 3]
    assert list(employees.history("bob", after=2**70)) == []
    assert employees.feed(after=employees.feed()[-1].position) == []
    for call, found in (
        (lambda: employees.state("bob", at=NAIVE), r"at=datetime\.datetime\(2020, 1, 1.*aware datetime"),
        (lambda: employees.archive(before=NAIVE), r"before=datetime\.datetime\(2020, 1, 1.*time zone"),
        (
            lambda: employees.append_many([NewEvent("bob", {}, recorded_at=NAIVE)]),
            r"recorded_at.*(time zone|aware)",
        ),
        (lambda: list(employees.history("bob", after="1")), r"history\(after='1'\).*seq"),
        (lambda: employees.feed(after="elsewhere"), r"feed\(after='elsewhere'\).*position"),
        (lambda: employees.append("bob", expected_seq=9), r"'bob'.*9.*2"),
    ):
        with pytest.raises(OsirisError, match=found):
            call()
    assert [event.seq for event in employees.history("bob")] == [1, 2]


# URLs

WRONG_URLS = [
    f"postgresql+psycopg://user:{SECRET}@host:port/hr",
    f"postgresql+nodriver://user:{SECRET}@host/hr",
    f"oracle+oracledb://user:{SECRET}@host/hr",
    f"nothing://user:{SECRET}@host/hr",
    f"user:{SECRET}@host/hr",
    f"mariadb+pymysql://user:{SECRET}@host:port/hr",
    f"mongodb://user:{SECRET}@localhost:27017/",
    f"mongodb://user:{SECRET}@localhost:port/hr",
    f"mongodb://user:hunter2/{SECRET}@localhost/hr",
    f"mongodb://user:{SECRET}@/hr",
    f"mongodb://user:{SECRET}@localhost/hr?replicaSet",
    f"mongodb+ssl://user:{SECRET}@localhost/hr",
    f"dynamodb://key:{SECRET}@host/path",
    f"dynamodb://key:{SECRET}@host/?regoin=x",
    f"dynamodb://key:{SECRET}@host:x/",
    f"dynamodb://key:{SECRET}@host:99999/",
    f"sqlite+aiosqlite:///{SECRET}.db",
    f"postgresql+asyncpg://user:{SECRET}@host/hr",
]


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_wrong_url_is_told_without_its_password(url):
    with pytest.raises(OsirisError) as told:
        repository(Employee, url)

    error = told.value
    while error is not None:
        assert SECRET not in f"{error!r} {error} {getattr(error, '__notes__', '')}"
        error = error.__cause__


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite://", "postgresql+asyncpg://host/hr", "mysql+asyncmy://host/hr"]
)
def test_an_asynchronous_driver_is_sent_to_its_own_repository(url):
    with pytest.raises(OsirisError, match="AsyncSQLRepository"):
        repository(Employee, url)


@pytest.mark.parametrize("target", [AsyncSession(), async_sessionmaker()], ids=["session", "sessionmaker"])
def test_an_asynchronous_session_is_sent_to_its_own_repository(target):
    with pytest.raises(OsirisError, match=r"AsyncSQLRepository\(Employee, …\)"):
        repository(Employee, target)


@pytest.mark.parametrize(
    ("url", "driver", "extra"),
    [
        ("postgresql+psycopg", "psycopg", "postgresql"),
        ("mariadb+pymysql", "pymysql", "mysql"),
        ("mysql+pymysql", "pymysql", "mysql"),
        ("mongodb", "pymongo", "mongodb"),
        ("dynamodb", "boto3", "dynamodb"),
    ],
)
def test_a_missing_driver_names_the_extra(monkeypatch, url, driver, extra):
    for module in [name for name in sys.modules if name.startswith("sqla_osiris.repositories.mongo.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, driver, None)

    with pytest.raises(OsirisError, match=rf"'sqla_osiris\[{extra}\]'") as told:
        repository(Employee, f"{url}://user:{SECRET}@host/")
    assert SECRET not in f"{told.value!r} {told.value.__cause__!r}"


# Servers

DOWN = {
    "postgresql": (f"postgresql+psycopg://user:{SECRET}@127.0.0.1:1/hr", OperationalError),
    "mariadb": (f"mariadb+pymysql://user:{SECRET}@127.0.0.1:1/hr", OperationalError),
    "mysql": (f"mysql+pymysql://user:{SECRET}@127.0.0.1:1/hr", OperationalError),
    "mongodb": (
        f"mongodb://user:{SECRET}@127.0.0.1:1/hr?serverSelectionTimeoutMS=50",
        ServerSelectionTimeoutError,
    ),
    "sqlite": ("sqlite:////no/such/folder/hr.db", OperationalError),
}


@pytest.mark.parametrize("store", [store for store in DOWN if store in TESTED])
def test_a_server_that_is_down_is_told_by_the_drivers_error_without_a_password(store, caplog):
    caplog.set_level(logging.INFO)
    url, error = DOWN[store]
    employees = repository(Employee, url)

    for call in (
        lambda: employees.append("bob", overtime=1),
        lambda: employees.append_many([NewEvent("bob", {})]),
        lambda: employees.state("bob"),
    ):
        with pytest.raises(error) as told:
            call()
        assert SECRET not in f"{told.value!r} {told.value} {told.value.__cause__!r}"
    assert SECRET not in f"{employees!r} {vars(employees)} {caplog.text}"
    closed(employees)


def closed(employees):
    if isinstance(employees, SQLRepository):
        employees._target.dispose()
    else:
        employees.close()


@pytest.mark.parametrize("database", DATABASES)
def test_a_missing_table_is_the_drivers_error_that_names_it(request, database):
    engine = create_engine(request.getfixturevalue(f"{database}_database"))
    employees = SQLRepository(Employee, engine)

    for call in (
        lambda: employees.append("bob", overtime=1),
        lambda: employees.append_many([NewEvent("bob", {})]),
        lambda: employees.state("bob"),
        lambda: list(employees.history("bob")),
    ):
        with pytest.raises(DBAPIError, match="contract_employee"):
            call()
    engine.dispose()


READER = "osiris_reader"


def postgresql_reader(engine):
    """May read and not write."""
    with engine.begin() as connection:
        for statement in (
            f"CREATE ROLE {READER} LOGIN PASSWORD '{SECRET}'",
            f"GRANT USAGE ON SCHEMA public TO {READER}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}",
        ):
            connection.execute(text(statement))
    yield engine.url.set(username=READER, password=SECRET)
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {READER}"))
        connection.execute(text(f"DROP ROLE {READER}"))


def mariadb_reader(engine):
    with engine.begin() as connection:
        connection.execute(text(f"CREATE USER {READER}@'%' IDENTIFIED BY '{SECRET}'"))
        connection.execute(text(f"GRANT SELECT ON {engine.url.database}.* TO {READER}@'%'"))
    yield engine.url.set(username=READER, password=SECRET)
    with engine.begin() as connection:
        connection.execute(text(f"DROP USER {READER}@'%'"))


def sqlite_reader(engine):
    yield make_url(f"sqlite:///file:{engine.url.database}?mode=ro&uri=true")


READERS = {
    "postgresql": postgresql_reader,
    "mariadb": mariadb_reader,
    "mysql": mariadb_reader,
    "sqlite": sqlite_reader,
}


@pytest.mark.parametrize("database", DATABASES)
def test_no_permission_passes_as_the_driver_says_it_and_writes_nothing(request, database):
    engine = create_engine(request.getfixturevalue(f"{database}_database"))
    model = Employee
    employees = SQLRepository(model, engine)
    employees.create()
    employees.append("bob", overtime=1)
    granted = contextmanager(READERS[database])(engine)
    with granted as url:
        reads_and_writes_nothing(employees, create_engine(url))
    engine.dispose()


def reads_and_writes_nothing(employees, reading):
    readers = SQLRepository(employees.model, reading)

    for call in (
        lambda: readers.append("bob", overtime=2),
        lambda: readers.append("bob", overtime=2, expected_seq=1),
        lambda: readers.append_many([NewEvent("jane", {}), NewEvent("bob", {"overtime": 2})]),
    ):
        with pytest.raises((OperationalError, ProgrammingError)) as told:
            call()
        assert SECRET not in f"{told.value!r}"
    assert (readers.state("bob").overtime, employees.state("bob").overtime) == (1, 1)
    assert employees.append("bob", overtime=1).seq == 2
    reading.dispose()
