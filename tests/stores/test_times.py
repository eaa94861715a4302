"""``CreatedAt`` and ``UpdatedAt``: when the present life of a stream began, and when it changed last, on every store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, String

from sqla_osiris import (
    Aggregate,
    Context,
    CreatedAt,
    EventSourced,
    Every,
    Inline,
    MemoryRepository,
    Never,
    NewEvent,
    UpdatedAt,
    copy,
    export_events,
    import_events,
    replay,
)

START = datetime(2026, 11, 1, tzinfo=UTC)


class Dated:
    __archive__ = True
    id = Context(String(40))
    stock = Aggregate(Integer)
    created_at = CreatedAt()
    changed = UpdatedAt("updated_at")


class InlineWare(EventSourced, Dated):
    __tablename__ = "times_inline"
    __snapshot__ = Inline()


class EveryWare(EventSourced, Dated):
    __tablename__ = "times_every"
    __snapshot__ = Every(3)


class NeverWare(EventSourced, Dated):
    __tablename__ = "times_never"
    __snapshot__ = Never()


MODELS = [InlineWare, EveryWare, NeverWare]


@pytest.fixture(params=MODELS, ids=lambda model: model.__snapshot__.__class__.__name__)
def wares(request, opens):
    return opens(request.param)


def at(hours):
    return START + timedelta(hours=hours)


def times(state):
    return None if state is None else (state.created_at, state.changed)


def put(repository, context, *hours):
    repository.append_many([NewEvent(context, {"stock": 1}, recorded_at=at(hour)) for hour in hours])


def test_they_are_the_times_of_the_first_and_the_last_event(wares):
    put(wares, "a", 1, 2, 9, 4)
    put(wares, "b", 7)

    assert times(wares.state("a")) == (at(1), at(4))
    assert {state.id: times(state) for state in wares.states()} == {"a": (at(1), at(4)), "b": (at(7), at(7))}
    assert times(next(iter(wares.states(["b"])))) == (at(7), at(7))


def test_an_append_without_a_time_has_the_stores_own(wares):
    first = wares.append("a", stock=1)
    last = wares.append("a", stock=1)

    assert times(wares.state("a")) == (first.recorded_at, last.recorded_at)


def test_a_new_life_is_created_anew(wares):
    put(wares, "a", 1, 2)
    wares.append_many([NewEvent("a", {}, ends=True, recorded_at=at(3))])
    assert wares.state("a") is None
    put(wares, "a", 4, 5)

    assert times(wares.state("a")) == (at(4), at(5))


def test_neither_snapshot_nor_archive_changes_them(wares):
    put(wares, "a", *range(1, 8))
    wares.snapshot("a")
    wares.archive(keep=2)
    put(wares, "a", 9)

    assert times(wares.state("a")) == (at(1), at(9))
    assert wares.verify()
    wares.snapshot("a")
    wares.archive(keep=0)
    assert times(wares.state("a")) == (at(1), at(9))
    wares.restore()
    assert times(wares.state("a")) == (at(1), at(9))


def test_the_past_has_its_own(wares):
    put(wares, "a", 1, 2, 3)
    wares.append_many([NewEvent("a", {}, ends=True, recorded_at=at(4))])
    put(wares, "a", 5, 6)

    past = [times(wares.state("a", at=seq)) for seq in range(1, 7)]

    assert past == [(at(1), at(1)), (at(1), at(2)), (at(1), at(3)), None, (at(5), at(5)), (at(5), at(6))]
    assert times(wares.state("a", at=at(5))) == (at(5), at(5))
    assert [times(each.state) for each in replay(wares, "a")] == past


def test_an_erased_stream_has_none(wares):
    put(wares, "a", 1)
    wares.erase("a")

    assert wares.state("a") is None


def test_a_redaction_is_an_event_as_well(wares):
    put(wares, "a", 1, 2)
    told = wares.redact("a", 1, "stock", reason="a typing error")

    assert times(wares.state("a")) == (at(1), told.recorded_at)


def test_an_import_and_a_copy_carry_them(wares, tmp_path):
    source = MemoryRepository(wares.model)
    put(source, "a", 1, 2)
    export_events(source, tmp_path / "events.jsonl")
    import_events(wares, tmp_path / "events.jsonl")
    put(source, "a", 3)
    copy(source, wares)

    assert times(wares.state("a")) == times(source.state("a")) == (at(1), at(3))


EVENTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.booleans()), max_size=12)


@settings(max_examples=15, deadline=None)
@given(EVENTS)
def test_every_history_says_them(history):
    memory, expected = MemoryRepository(EveryWare), {}
    for context, hour, ends in history:
        fields = {} if ends else {"stock": 1}
        memory.append_many([NewEvent(context, fields, ends=ends, recorded_at=at(hour))])
        began = expected.get(context, (at(hour),))[0]
        expected[context] = (began, at(hour))
        if ends:
            del expected[context]

    assert {state.id: times(state) for state in memory.states()} == expected
