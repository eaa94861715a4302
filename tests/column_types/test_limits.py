"""At the edges of what stores can hold: sums, documents, moments and dates that a driver makes."""

import sqlite3
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import JSON, BigInteger, Date, DateTime, Integer, Numeric, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    EventSourced,
    Every,
    Inline,
    InvalidValue,
    Latest,
    Max,
    Mean,
    Merge,
    Never,
    NewEvent,
    Sum,
    diff,
    repository,
)
from tests.selection import pairs

GREATEST = 2**63 - 1
BERLIN = ZoneInfo("Europe/Berlin")
WEST, EAST = timezone(timedelta(hours=-5)), timezone(timedelta(hours=9))
FIRST = datetime(2025, 10, 26, 2, 30, tzinfo=BERLIN)
FORTY_MINUTES_LATER = datetime(2025, 10, 26, 2, 10, tzinfo=BERLIN, fold=1)


def declare(policy: Any = None, **fields: Any) -> type[Any]:
    base = type("Base", (DeclarativeBase,), {})
    given = {"__tablename__": "sample", "id": Context(String(20))} | fields
    return type("Sample", (EventSourced, base), given | ({} if policy is None else {"__snapshot__": policy}))


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.fixture
def named(request):
    """A context that no other test has: the stores are the module's."""
    return request.node.name[-20:]


# Sums


@pytest.mark.parametrize("policy", [Every(100), Never(), Inline()], ids=repr)
@pytest.mark.parametrize(("reducer", "sign"), [(Sum(), 1), (Mean(), -1)], ids=str)
def test_a_sum_beyond_64_bits_is_refused_where_it_is_written_or_read(engine, policy, reducer, sign):
    accounts = repository(declare(policy, balance=Aggregate(BigInteger, reducer=reducer)), engine)
    accounts.create()
    accounts.append("a", balance=sign * GREATEST)

    def outgrow() -> None:
        accounts.append("a", balance=sign * 2)
        accounts.state("a")

    with pytest.raises(InvalidValue, match=r"Sample.balance: the sum"):
        outgrow()


@pytest.mark.parametrize("read", ["states", "at", "snapshot", "session"])
def test_a_sum_beyond_64_bits_is_told_by_each_read(engine, read):
    model = declare(Every(100), balance=Aggregate(BigInteger))
    accounts = repository(model, engine)
    accounts.create()
    accounts.append_many(NewEvent("a", {"balance": GREATEST}) for _ in range(2))

    with pytest.raises(InvalidValue, match=r"Sample.balance: the sum"), Session(engine) as session:
        {
            "states": lambda: list(accounts.states()),
            "at": lambda: accounts.state("a", at=2),
            "snapshot": lambda: accounts.snapshot("a"),
            "session": lambda: repository(model, session).state("a"),
        }[read]()


def test_a_batch_whose_sum_goes_beyond_64_bits_is_refused_whole(engine):
    accounts = repository(declare(Inline(), balance=Aggregate(BigInteger)), engine)
    accounts.create()
    accounts.append("a", balance=GREATEST)

    with pytest.raises(InvalidValue, match=r"Sample.balance: the sum"):
        accounts.append_many([NewEvent("b", {"balance": 1}), NewEvent("a", {"balance": 1})])
    assert [state.id for state in accounts.states()] == ["a"]


def test_a_sum_beyond_64_bits_is_refused_in_memory_and_writes_nothing():
    accounts = repository(declare(balance=Aggregate(Integer)), "memory://")
    accounts.append_many(NewEvent("a", {"balance": 2**31 - 1}) for _ in range(9))
    accounts = repository(declare(balance=Aggregate(BigInteger)), "memory://")
    accounts.append("a", balance=GREATEST)

    with pytest.raises(InvalidValue, match=r"Sample.balance: the sum of 'a'"):
        accounts.append_many([NewEvent("b", {"balance": 1}), NewEvent("a", {"balance": 1})])
    accounts.append("a", balance=-1)
    accounts.append("a", balance=1)
    assert accounts.state("a").balance == GREATEST
    assert accounts.state("b") is None


@pytest.mark.parametrize("value", ["1E+400", "1E-400"])
def test_a_decimal_that_sqlite_would_take_for_another_number_is_refused(sqlite_database, value):
    readings = repository(declare(value=Latest(Numeric)), sqlite_database)
    readings.create()

    with pytest.raises(InvalidValue, match="exactly"):
        readings.append("a", value=Decimal(value))


# Documents


@pytest.mark.parametrize("reducer", [None, Merge()], ids=["Last", "Merge"])
def test_a_document_that_a_store_takes_for_too_deep_is_refused_in_words(opens, store, named, reducer):
    field = Latest(JSON) if reducer is None else Aggregate(JSON, reducer=reducer)
    deepest = {"mariadb": 31, "mysql": 100}.get(store, 200)
    readings = opens(declare(None, value=field, __tablename__=f"deep_{type(reducer).__name__.lower()}"))
    readings.append(named, value=nested(deepest))
    assert readings.state(named).value == nested(deepest)

    for write in (
        lambda: readings.append(named, value=nested(deepest + 1)),
        lambda: readings.append_many([NewEvent(named, {"value": nested(deepest + 1)})]),
        lambda: readings.append(named, value=nested(5_000)),
        lambda: readings.append(named, value={}, event_meta=nested(5_000)),
    ):
        with pytest.raises(InvalidValue, match=r"levels"):
            write()


def test_a_null_of_json_is_refused(opens, named):
    items = opens(declare(data=Latest(JSON), __tablename__="with_null"))
    items.append(named, data={"a": 1})

    with pytest.raises(InvalidValue, match="touch the field with None"):
        items.append(named, data=JSON.NULL)


# Moments


def test_an_hour_that_comes_twice_is_two_hours(opens, named):
    accounts = opens(declare(balance=Aggregate(Integer), __tablename__="twice"))
    accounts.append_many(
        NewEvent(named, {"balance": 1}, recorded_at=at) for at in (FIRST, FORTY_MINUTES_LATER)
    )

    assert accounts.state(named, at=FIRST).balance == 1
    assert accounts.state(named, at=FORTY_MINUTES_LATER).balance == 2
    recorded = [each.recorded_at for each in accounts.history(named)]
    assert [(at, at.utcoffset()) for at in recorded] == [
        (FIRST.astimezone(UTC), timedelta(0)),
        (FORTY_MINUTES_LATER.astimezone(UTC), timedelta(0)),
    ]


def test_the_ends_of_the_calendar_are_moments_in_every_zone(opens, named):
    accounts = opens(declare(balance=Aggregate(Integer), __tablename__="ends", __archive__=True))
    accounts.append(named, balance=1)
    first, last = datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=WEST)

    assert accounts.state(named, at=first) is None
    assert accounts.state(named, at=last).balance == 1
    assert diff(accounts, named, first, last)["balance"].after == 1
    accounts.snapshot(named)
    assert accounts.archive(before=first) == 0


@pytest.mark.filterwarnings("ignore:The default (date|datetime|timestamp) (adapter|converter) is deprecated")
@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()], ids=repr)
def test_a_date_is_one_where_the_driver_makes_it(tmp_path, policy):
    detect = {"detect_types": sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES}
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}", connect_args=detect, native_datetime=True)
    moment, day = datetime(2025, 3, 4, 5, 6, 7, 8), date(2025, 3, 4)  # noqa: DTZ001
    model = declare(
        policy,
        opened=Latest(Date),
        last=Aggregate(Date, reducer=Max()),
        at=Latest(DateTime),
        all=Aggregate(JSON, reducer=Append()),
    )
    log = repository(model, engine)
    log.create()
    log.append("a", opened=day, last=day, at=moment)
    log.append_many([NewEvent("a", {"opened": day, "all": [1]})])

    with Session(engine) as session:
        states = [log.state("a"), log.state("a", at=2), session.scalars(select(model)).one()]
    assert [(state.opened, state.last, state.at) for state in states] == [(day, day, moment)] * 3
    assert [each.fields.get("opened") for each in log.history("a")] == [day, day]
    engine.dispose()


# A changed reducer


@pytest.mark.parametrize(("before", "after", "state"), [(Sum(), Max(), 4), (Max(), Sum(), 7)], ids=repr)
def test_a_changed_reducer_beside_one_that_python_folds_is_right_before_any_migration(
    engine, before, after, state
):
    def declared(reducer: Any) -> Any:
        return declare(
            Inline(),
            points=Aggregate(Integer, reducer=reducer, nullable=True),
            notes=Aggregate(JSON, reducer=Append()),
        )

    log = repository(declared(before), engine)
    log.create()
    log.append("a", points=4, notes=["a"])
    log.append("a", points=3, notes=["b"])
    changed = declared(after)

    found = repository(changed, engine).state("a")
    assert (found.points, found.notes) == (state, ["a", "b"])
    with Session(engine) as session:
        assert session.scalars(select(changed.points)).all() == [state]


# Decimals on SQLite, which adds up scaled integers


ON_ALL = [(Inline(), False), (Every(2), True)]
ON_SQLITE = [*ON_ALL, (Inline(), True), (Every(2), False), (Never(), False), (Never(), True)]


@pytest.mark.parametrize(
    ("database_url", "how"),
    pairs(sqlite=ON_SQLITE, postgresql=ON_ALL, mariadb=ON_ALL, mysql=ON_ALL),
    indirect=["database_url"],
    ids=str,
)
@pytest.mark.parametrize(
    ("type_", "terms"),
    [
        (Numeric(), ["123456789.12", "0.01"]),
        (Numeric(), ["1000000000", "0.5"]),
        (Numeric(), ["0.000000001", "0.1"]),
        (Numeric(15, 2), ["9999999999999.99", "9999999999999.99", "0.01"]),
        (Numeric(15, 2), ["9999999999999.98", "0.01"]),
        (Numeric(15, 10), ["99999.9999999999"] * 3),
    ],
    ids=repr,
)
def test_a_sum_of_decimals_is_exact_or_refused(engine, how, type_, terms):
    policy, many = how
    log = repository(declare(policy, cost=Aggregate(type_)), engine)
    log.create()
    events = [NewEvent("a", {"cost": Decimal(term)}) for term in terms]

    found = Decimal(0)
    with suppress(InvalidValue):
        if many:
            log.append_many(events)
        else:
            for each in events:
                log.append("a", **each.fields)
        found = log.state("a").cost
        assert found == sum(map(Decimal, terms))
    assert found or engine.dialect.name == "sqlite"
