"""``events`` makes what every store accepts, from column types alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Float, Integer, String
from sqlalchemy.types import TypeDecorator

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Every,
    Latest,
    MemoryRepository,
    Merge,
    OsirisError,
    SQLRepository,
    UnknownField,
)
from sqla_osiris.schema.log import log_of
from sqla_osiris.testing import check_model, events
from sqla_osiris.testing.scratch import scratch_database
from tests.testing.models import Employee, Ledger, Profile


def test_every_store_accepts_every_event(engine):
    with scratch_database(log_of(Ledger), engine) as scratch:

        @settings(max_examples=30)
        @given(batch=st.lists(events(Ledger), max_size=5))
        def accepted(batch):
            assert MemoryRepository(Ledger).append_many(batch) == len(batch)
            assert SQLRepository(Ledger, scratch).append_many(batch) == len(batch)

        accepted()


@given(batch=st.lists(events(Profile), min_size=8, max_size=8))
def test_streams_collide(batch):
    assert len({event.context for event in batch}) <= 3


def test_a_fields_own_strategy_replaces_the_derived_one():
    @given(event=events(Employee, salary=st.integers(0, 10), contexts=st.just("bob")))
    def holds(event):
        assert event.context == "bob"
        assert 0 <= event.fields.get("salary", 0) <= 10

    holds()


def test_a_strategy_for_no_field_is_refused():
    with pytest.raises(UnknownField, match="Employee has no field 'salry'"):
        events(Employee, salry=st.integers())


class Celsius(TypeDecorator[float]):
    impl = Float
    cache_ok = True


class Weather(EventSourced):
    __tablename__ = "kit_weather"
    id = Context(String(20))
    warmth = Latest(Celsius)


class Place(EventSourced):
    __tablename__ = "kit_place"
    id = Context(Celsius)
    n = Latest(Integer)


def test_a_type_that_says_too_little_names_the_override():
    with pytest.raises(OsirisError, match=r"Weather\.warmth: nothing says .* events\(Weather, warmth=st"):
        events(Weather)
    with pytest.raises(OsirisError, match=r"Place\.id: nothing says .* contexts=st"):
        events(Place)

    check_model(Weather, values={"warmth": st.floats(-90, 60)}, settings=settings(max_examples=10))


class Pages(EventSourced):
    __tablename__ = "kit_pages"
    __snapshot__ = Every(2)
    document = Aggregate(JSON, reducer=Merge())


def test_a_merged_field_is_touched_with_patches():
    seen: set[type] = set()

    # What is drawn at all is asked here, not what holds for each: always the same ones.
    @settings(max_examples=200, derandomize=True, database=None)
    @given(event=events(Pages))
    def holds(event):
        for patch in event.fields.values():
            seen.update(type(child) for child in patch.values())
            assert isinstance(patch, dict)

    holds()
    assert {dict, type(None)} <= seen
