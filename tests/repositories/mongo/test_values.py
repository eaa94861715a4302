"""MongoDB: which values it refuses, how they are stored, and what goes wrong where the server or the URL does."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import OperationFailure
from sqlalchemy import BigInteger, Date, DateTime, Enum, Float, Integer, LargeBinary, Numeric, String, Uuid
from sqlalchemy.types import PickleType, TypeDecorator

import sqla_osiris
from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    InvalidValue,
    Latest,
    Max,
    Min,
    MongoRepository,
    NewEvent,
    OsirisError,
    repository,
)
from tests.stores.models import Colour, Employee


class Reversed(TypeDecorator):
    """Stored backwards, so that its order is not the stored one's."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else value[::-1]

    def process_result_value(self, value, dialect):
        return None if value is None else value[::-1]


class Account(EventSourced):
    __tablename__ = "contract_account"
    id = Context(String)
    whole = Aggregate(BigInteger)
    wide = Aggregate(Numeric(38, 10))
    free = Aggregate(Numeric)
    narrow = Aggregate(Numeric(12, 2))
    highest = Aggregate(Numeric, reducer=Max())
    first_day = Aggregate(Date, reducer=Min())
    latest = Aggregate(DateTime(timezone=True), reducer=Max())
    real = Aggregate(Float)
    word = Latest(Reversed)
    words = Aggregate(Reversed, reducer=Max())
    pickled = Latest(PickleType)
    dotted = Latest("a.b$%", String)


@pytest.fixture
def accounts(mongodb_database):
    repository = MongoRepository(Account, mongodb_database)
    repository.create()
    return repository


@pytest.fixture
def employees(mongodb_database):
    repository = MongoRepository(Employee, mongodb_database)
    repository.create()
    return repository


# Numbers


def test_decimals_are_added_exactly_whatever_their_size(accounts):
    large, small = Decimal("1" * 28), Decimal("0.0000000001")
    for touch in (large, small, -large):
        accounts.append("bob", wide=touch, free=touch, narrow=Decimal("0.10"))
    accounts.snapshot("bob")
    accounts.append("bob", wide=large, free=large)

    exact = Decimal("1" * 28 + ".0000000001")
    state = accounts.state("bob")
    assert (state.wide, state.free, state.narrow) == (exact, exact, Decimal("0.30"))


def test_untouched_sums_are_of_their_columns_type(accounts):
    accounts.append("bob")

    state = accounts.state("bob")
    assert [type(getattr(state, name)) for name in ("whole", "wide", "free", "narrow", "real")] == [
        int,
        Decimal,
        Decimal,
        Decimal,
        float,
    ]


@pytest.mark.parametrize("value", [Decimal("1." + "1" * 34), Decimal("1E+7000")])
def test_a_decimal_of_more_than_34_digits_is_refused(accounts, value):
    for append in (
        lambda: accounts.append("bob", free=value),
        lambda: accounts.append_many([NewEvent("jane", {}), NewEvent("bob", {"free": value})]),
    ):
        with pytest.raises(InvalidValue, match=r"Account.free.*34 digits"):
            append()
    assert list(accounts.states()) == []


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_sum_past_64_bits_is_refused_by_name(accounts, snapshot):
    accounts.append("bob", whole=2**63 - 1)
    if snapshot:
        accounts.snapshot("bob")
    accounts.append("bob", whole=1)

    with pytest.raises(InvalidValue, match=r"Account.whole.*bob.*64 bits"):
        accounts.state("bob")
    accounts.append("bob", whole=-1)
    assert accounts.state("bob").whole == 2**63 - 1


def test_extremes_of_decimals_days_and_moments(accounts):
    early, late = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 2, tzinfo=UTC)
    accounts.append("bob", highest=Decimal("9.5"), first_day=early.date(), latest=late)
    accounts.append(
        "bob", highest=Decimal("10.25"), first_day=datetime(1066, 1, 1, tzinfo=UTC).date(), latest=early
    )

    state = accounts.state("bob")
    assert (state.highest, state.first_day.year, state.latest) == (Decimal("10.25"), 1066, late)


def test_a_users_own_type_is_folded_as_python_sees_it(accounts):
    for word in ("az", "zb", "ya"):
        accounts.append("bob", word=word, words=word, pickled={"a": (1, 2)})
    accounts.snapshot("bob")
    accounts.append("bob", words="aa")

    state = accounts.state("bob")
    assert (state.word, state.words, state.pickled) == ("ya", "zb", {"a": (1, 2)})


def test_a_columns_name_is_no_path(accounts):
    accounts.append("bob", dotted="x")
    accounts.snapshot("bob")

    assert accounts.state("bob").dotted == "x"
    assert [event.fields for event in accounts.history("bob")] == [{"dotted": "x"}]


# Sizes and contexts


def test_an_event_of_more_than_16_mb_is_refused(accounts):
    word = "x" * (17 * 1024 * 1024)
    for append in (
        lambda: accounts.append("bob", word=word),
        lambda: accounts.append_many([NewEvent("bob", {"whole": 1}), NewEvent("bob", {"word": word})]),
    ):
        with pytest.raises(InvalidValue, match=r"Account.*bob.*16 MB"):
            append()
    assert list(accounts.states()) == []


def test_a_context_may_be_very_long(accounts):
    context = "$." + "ü" * 100_000
    accounts.append(context, whole=1)
    accounts.append_many([NewEvent(context, {"whole": 2})])
    accounts.snapshot(context)

    assert [(state.id, state.whole) for state in accounts.states()] == [(context, 3)]


def declared(**columns):
    """A model of these columns, of a name of its own."""
    name = f"keyed_{uuid4().hex}"
    return type(EventSourced)(
        name, (EventSourced,), {"__tablename__": name, **columns, "whole": Aggregate(Integer)}
    )


@pytest.mark.parametrize(
    ("kind", "context", "other"),
    [
        (Integer, 1, 2),
        (BigInteger, 2**63 - 1, -(2**63)),
        (Uuid, uuid4(), uuid4()),
        (Date, datetime(2026, 1, 1, tzinfo=UTC).date(), datetime(1066, 1, 1, tzinfo=UTC).date()),
        (
            DateTime(timezone=True),
            datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
            datetime(2026, 1, 1, tzinfo=UTC),
        ),
        (Numeric(12, 2), Decimal("1.10"), Decimal("1.11")),
        (Enum(Colour), Colour.RED, Colour.GREEN),
        (LargeBinary, b"\0", b""),
        (Reversed, "ab", "ba"),
    ],
)
def test_a_context_is_of_any_type(mongodb_database, kind, context, other):
    one = declared(id=Context(kind))
    two = declared(left=Context(kind), right=Context(kind))
    for model, here, there in ((one, context, other), (two, (context, other), (other, context))):
        keyed = MongoRepository(model, mongodb_database)
        keyed.create()
        for place in (here, there, here):
            keyed.append(place, whole=1)
        keyed.snapshot(here)

        assert [event.context for event in keyed.history(here)] == [here, here]
        assert sorted(state.whole for state in keyed.states()) == [1, 2]
        assert [event.context for event in keyed.feed()].count(there) == 1


# URLs, servers and permissions


def test_a_url_opens_a_repository(mongodb_url, mongodb_database):
    server, _, options = mongodb_url.partition("/?")
    employees = repository(Employee, f"{server}/{mongodb_database.name}?{options}")
    employees.create()
    employees.append("bob", overtime=1)

    assert repository(Employee, mongodb_database).state("bob").overtime == 1
    employees.close()


def test_a_missing_collection_is_told_by_what_to_call(new_mongodb):
    employees = MongoRepository(Employee, new_mongodb)
    for call in (
        lambda: employees.append("bob", overtime=1),
        lambda: employees.append_many([NewEvent("bob", {})]),
        lambda: employees.state("bob"),
        lambda: list(employees.states()),
        lambda: list(employees.history("bob")),
        employees.feed,
        lambda: employees.snapshot("bob"),
        employees.snapshots,
        lambda: employees.archive(before=datetime.now(UTC)),
        lambda: employees.erase("bob"),
        employees.verify,
    ):
        with pytest.raises(OsirisError, match=r"create\(\)"):
            call()
    assert new_mongodb.list_collection_names() == []


def test_a_server_that_refuses_is_told_by_the_drivers_error_and_nothing_is_written(
    employees, mongodb_database
):
    employees.append("bob", overtime=1)
    # A validator refuses what it does not like, as a role without the right would: by the server's own error.
    mongodb_database.command("collMod", "contract_employee_event", validator={"fields.overtime": {"$lt": 10}})

    with pytest.raises(OperationFailure):
        employees.append("bob", overtime=10)
    with pytest.raises(OperationFailure):
        employees.append_many([NewEvent("bob", {"overtime": 1}), NewEvent("bob", {"overtime": 10})])
    assert employees.state("bob").overtime == 1
    assert employees.append("bob", overtime=1).seq == 2


def test_an_asynchronous_database_is_sent_to_its_own_repository(mongodb_url):
    with pytest.raises(OsirisError, match="AsyncMongoRepository"):
        repository(Employee, AsyncMongoClient(mongodb_url, connect=False)["hr"])


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="MongoRepo"):
        _ = sqla_osiris.MongoRepo


def test_the_clients_own_concerns_do_not_weaken_an_append(mongodb_url, mongodb_database):
    with MongoClient(mongodb_url, w=0, readPreference="secondary") as client:
        employees = MongoRepository(Employee, client[mongodb_database.name])
        employees.create()

        assert employees.append("bob", overtime=1).recorded_at <= datetime.now(UTC)
        assert employees.state("bob").seq == 1


# The driver


def in_a_fresh_process(program):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_package_imports_no_driver():
    in_a_fresh_process(
        "import sys, sqla_osiris; assert 'pymongo' not in sys.modules and 'bson' not in sys.modules"
    )
