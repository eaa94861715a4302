"""Does an append past SQLAlchemy do what one through it does: the same events, states, snapshots and errors?"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, DateTime, Integer, LargeBinary, Numeric, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, OsirisError, repository
from sqla_osiris.databases.registry import database_of
from tests.compiled import compile_once
from tests.conftest import DATABASES, new_database


class Base(DeclarativeBase):
    pass


class Worker(EventSourced, Base):
    __tablename__ = "worker"
    id = Context(String(40))
    name = Latest(String(40), nullable=True)
    overtime = Aggregate(Integer)
    wage = Latest(Numeric(12, 2), nullable=True)
    photo = Latest(LargeBinary, nullable=True)
    papers = Latest(JSON, nullable=True)
    hired = Latest(DateTime(timezone=True), nullable=True)


class Shift(EventSourced, Base):
    __tablename__ = "shift"
    __snapshot__ = Every(2)
    id = Context(String(40))
    name = Latest(String(40), nullable=True)
    overtime = Aggregate(Integer)


@pytest.fixture(scope="module", params=[name for name in DATABASES if name != "postgresql"])
def url(request, tmp_path_factory):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('ways') / 'osiris.db'}"
        return
    with new_database(request.getfixturevalue(f"{request.param}_admin")) as new:
        yield new


@pytest.fixture(scope="module")
def engines(url):
    """The engine of each way; on PostgreSQL both are one."""
    engine = compile_once(create_engine(url))
    Base.metadata.create_all(engine)
    assert engine.dialect.driver in database_of(engine.dialect).direct_drivers
    # With any option of its own an engine is observed.
    yield engine, engine.execution_options(osiris="observed")
    engine.dispose()


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NUMBERS = st.sampled_from([-1, 0, 1, 2**31 - 1])
FIELDS = {"name": st.none() | TEXT, "overtime": NUMBERS}
FURTHER = {
    "wage": st.none() | st.decimals(-(10**9), 10**9, places=2),
    "photo": st.none() | st.binary(max_size=8),
    "papers": st.none() | st.dictionaries(TEXT, st.none() | st.integers() | TEXT, max_size=3),
    "hired": st.none() | MOMENTS,
}
METADATA = {"event_type": TEXT, "event_meta": st.dictionaries(TEXT, TEXT, max_size=2), "recorded_at": MOMENTS}


def appends(**further: Any) -> Any:
    return st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.fixed_dictionaries(
                {"expected_seq": st.none() | st.integers(0, 3)}, optional=FIELDS | METADATA | further
            ),
        ),
        max_size=8,
    )


NUMBERED = count()


def outcomes(model: Any, engine: Any, calls: Any, prefix: str) -> Any:
    """What comes of these appends, without what differs between two streams."""
    log, found = repository(model, engine), []
    for name, call in calls:
        try:
            found.append(alike(log.append(f"{prefix}{name}", **call), prefix, call))
        except OsirisError as error:
            found.append((type(error), str(error).replace(prefix, "")))
    found += [[alike(event, prefix, {}) for event in log.history(f"{prefix}{name}")] for name in "ab"]
    heads = model.Snapshot.__table__
    columns = [each for each in heads.c if each.name != "id"]
    with engine.connect() as connection:
        kept = select(*columns).where(heads.c.id.startswith(prefix)).order_by(heads.c.id)
        return found, connection.execute(kept).all()


def alike(event: Any, prefix: str, call: Any) -> Any:
    at = event.recorded_at if "recorded_at" in call else None
    assert event.recorded_at == call.get("recorded_at", event.recorded_at)
    return replace(event, context=event.context.removeprefix(prefix), position=0, recorded_at=at)


def agree(model: Any, engines: Any, calls: Any) -> None:
    number = next(NUMBERED)
    direct, ordinary = (
        outcomes(model, engine, calls, f"{way}{number:05}-")
        for way, engine in zip("do", engines, strict=True)
    )
    assert direct == ordinary


@given(calls=appends(**FURTHER))
def test_both_write_the_same_states(engines, calls):
    agree(Worker, engines, calls)


@given(calls=appends())
def test_both_write_the_same_snapshots(engines, calls):
    agree(Shift, engines, calls)


def test_positions_and_times_are_those_of_the_log(engines):
    for engine in engines:
        log, name = repository(Worker, engine), f"p{next(NUMBERED)}"
        written = [log.append(name, overtime=number, wage=Decimal("1.10")) for number in range(3)]
        assert written == list(log.history(name))
