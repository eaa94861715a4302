"""Snapshots, archives, restores, redactions, erasures and copies, mixed at random: what is read is what memory reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqla_osiris import ContextErased, InvalidValue, MemoryRepository, NewEvent, copy
from tests.repositories.models import MODELS, contents, values

START = datetime(2026, 1, 1, tzinfo=UTC)
CONTEXTS = ["bob", "jane", "Zoë"]

moments = st.integers(0, 9).map(lambda hours: START + timedelta(hours=hours))
texts = st.sampled_from(["", "Hooly", "Äcme", "a longer one"])
documents = st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 3) | texts, max_size=2)
TOUCHES = {
    "company": st.none() | texts,
    "overtime": st.integers(-(2**31), 2**31 - 1),
    "bonus": st.decimals(-999, 999, places=2),
    "best": st.integers(-9, 9),
    "hired": st.integers(-9, 9),
    "visits": st.integers(0, 9),
    "mood": st.integers(-9, 9),
    "profile": documents,
    "notes": st.lists(documents | texts, max_size=2),
    "skills": st.lists(texts | st.integers(0, 3), max_size=2),
    "prices": st.decimals(0, 3, places=2),
    "name": texts,
    "doubled": st.integers(-9, 9),
}


def calls_of(model):
    """Calls of a repository that appends, snapshots, archives, restores, redacts and erases."""
    touches = {key: TOUCHES[key] for key in model.__osiris__.reducers}
    events = st.builds(
        lambda context, fields, ends, recorded_at: (context, {} if ends else fields, ends, recorded_at),
        st.sampled_from(CONTEXTS),
        st.fixed_dictionaries({}, optional=touches),
        st.integers(0, 7).map(lambda number: number == 0),
        moments,
    )
    return st.lists(
        st.tuples(st.just("append_many"), st.lists(events, max_size=7))
        | st.tuples(st.just("snapshot"), st.sampled_from(CONTEXTS))
        | st.tuples(st.just("snapshots"))
        | st.tuples(st.just("archive"), moments, st.integers(0, 4))
        | st.tuples(st.just("restore"), st.sampled_from(CONTEXTS))
        | st.tuples(
            st.just("redact"),
            st.sampled_from(CONTEXTS),
            st.integers(1, 9),
            st.sampled_from(sorted(model.__osiris__.reducers)),
        )
        | st.tuples(st.just("erase"), st.sampled_from(CONTEXTS)),
        max_size=9,
    )


def answer(repository, prefix, name, *arguments):
    """What the call returns, or the error's type."""
    try:
        if name == "append_many":
            return repository.append_many(
                NewEvent(prefix + context, fields, ends=ends, recorded_at=recorded_at)
                for context, fields, ends, recorded_at in arguments[0]
            )
        if name == "archive":
            return repository.archive(before=arguments[0], keep=arguments[1])
        if name == "redact":
            context, seq, field = arguments
            audit = repository.redact(prefix + context, seq, field, reason="asked")
            return audit and (audit.seq, audit.ends)
        return getattr(repository, name)(*(prefix + argument for argument in arguments))
    except (ContextErased, InvalidValue) as error:
        return type(error)


def told(events):
    """Their contents; the store's clock says when a redaction was."""
    return contents(replace(e, recorded_at=START) if e.event_type == "redacted" else e for e in events)


def seen(repository, prefix):
    contexts = [prefix + context for context in CONTEXTS]
    feed, after = [], None
    while page := repository.feed(after=after, limit=50):
        feed += [event for event in page if event.context in contexts]
        after = page[-1].position
    return {
        "states": [values(repository.state(context)) for context in contexts],
        "all states": {s.id: values(s) for s in repository.states() if s.id in contexts},
        "histories": [told(repository.history(context)) for context in contexts],
        "by seq": [[values(repository.state(c, at=seq)) for seq in range(0, 30, 7)] for c in contexts],
        "by time": [
            [values(repository.state(c, at=START + timedelta(hours=hour))) for hour in range(-1, 10, 4)]
            for c in contexts
        ],
        "feed": {c: told(e for e in feed if e.context == c) for c in contexts},
    }


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=8)
@given(data=st.data())
def test_a_database_answers_as_the_memory_does(sql, model, data):
    calls = data.draw(calls_of(model))
    database, memory = sql(model), MemoryRepository(model)
    prefix = uuid4().hex[:8]
    # What earlier examples left is archived now, and counts in no answer of this one.
    database.archive(before=START + timedelta(days=9))

    answers = [(answer(memory, prefix, *call), answer(database, prefix, *call)) for call in calls]

    assert [found for _, found in answers] == [expected for expected, _ in answers]
    assert seen(database, prefix) == seen(memory, prefix)
    assert database.verify()


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=5)
@given(data=st.data())
def test_upkeep_changes_nothing_that_can_be_seen(sql, model, data):
    calls = data.draw(calls_of(model))
    database, prefix = sql(model), uuid4().hex[:8]
    for call in calls:
        answer(database, prefix, *call)
    before = seen(database, prefix)

    for context in CONTEXTS:
        database.snapshot(prefix + context)
    database.snapshots()
    database.archive(before=START + timedelta(days=9))

    assert seen(database, prefix) == before
    assert database.verify()


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=4)
@given(data=st.data())
def test_a_copy_is_the_same_log(sql, model, data):
    calls = data.draw(calls_of(model))
    source, prefix = MemoryRepository(model), uuid4().hex[:8]
    for call in calls:
        answer(source, prefix, *call)

    copy(source, sql(model))

    there = MemoryRepository(model)
    copy(source, there)
    # An erased stream leaves nothing to copy: to the copy it never was.
    expected = seen(source, prefix)
    assert seen(sql(model), prefix) == seen(there, prefix) == expected
