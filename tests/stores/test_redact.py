"""redact() on the stores without SQL: as in memory, whatever runs in between, whoever is killed.

What it means is said by tests/keeping/test_redact.py. Here each store's own steps are taken apart.
"""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    ContextErased,
    EventSourced,
    Every,
    InvalidValue,
    Latest,
    MemoryRepository,
    NewEvent,
    UnknownField,
    event_context,
)
from tests import selection
from tests.opening import STORES

NAMED = "Wrong & Sons"


class Base(DeclarativeBase):
    pass


class Person(EventSourced, Base):
    __tablename__ = "redact_person"
    __snapshot__ = Every(3)
    id = Context(String(60))
    name = Latest(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture(params=selection.STORES)
def people(request):
    for opens in STORES[request.param](request):
        yield opens(Person)


def filled(people, context="bob"):
    people.append(context, name="Bob", overtime=1)
    people.append(context, name=NAMED, overtime=2, event_id=UUID(int=7))
    people.append(context, overtime=4)
    people.append(context, name=None, overtime=8)
    return people


def values(state):
    return state and (state.id, state.seq, state.name, state.overtime)


def test_it_is_as_if_the_event_had_never_touched_the_field(people):
    filled(people)
    with event_context(actor="jane"):
        told = people.redact("bob", 2, "name", reason="asked by bob")

    assert (told.seq, told.event_type, told.fields, told.ends) == (5, "redacted", {}, False)
    assert told.event_meta == {
        "actor": "jane",
        "redacted": {"seq": 2, "field": "name", "reason": "asked by bob"},
    }
    assert [event.fields for event in people.history("bob")] == [
        {"name": "Bob", "overtime": 1},
        {"overtime": 2},
        {"overtime": 4},
        {"name": None, "overtime": 8},
        {},
    ]
    assert [event.seq for event in people.feed()] == [1, 2, 3, 4, 5]
    assert [people.state("bob", at=seq).name for seq in range(1, 6)] == ["Bob", "Bob", "Bob", None, None]
    assert people.append("bob", overtime=1, event_id=UUID(int=7)).seq == 2
    assert people.redact("bob", 2, "name", reason="asked again") is None
    assert people.redact("bob", 3, "name", reason="asked") is None
    assert people.redact("bob", 4, "name", reason="a touch with None goes, too").seq == 6
    assert people.state("bob").name == "Bob"
    assert people.verify()


@pytest.mark.parametrize("archived", [False, True])
def test_what_was_folded_from_it_is_folded_anew(people, archived):
    filled(people)
    people.snapshot("bob")
    assert people.archive(keep=0) == 4
    if not archived:
        people.restore()

    people.redact("bob", 2, "overtime", reason="typed wrongly")

    assert values(people.state("bob")) == ("bob", 5, None, 13)
    assert [state.overtime for state in people.states()] == [13]
    assert people.state("bob", at=3).overtime == 5
    assert people.append("bob", overtime=100).seq == 6
    assert people.snapshot("bob") == 6
    assert people.restore() == (4 if archived else 0)
    assert people.archive(keep=0) == 6
    assert people.restore() == 6
    assert [event.fields.get("overtime") for event in people.history("bob")] == [1, None, 4, 8, None, 100]
    assert people.verify()


def test_a_stream_that_has_ended_stays_ended(people):
    filled(people).append_many([NewEvent("bob", {}, ends=True)])

    told = people.redact("bob", 2, "name", reason="asked")

    assert (told.seq, told.ends) == (6, True)
    assert people.state("bob") is None
    assert list(people.history("bob"))[-1].ends
    assert people.append("bob", overtime=1, expected_seq=0).seq == 7
    assert people.state("bob").overtime == 1


@pytest.mark.parametrize(
    ("arguments", "reason", "error", "said"),
    [
        (("bob", 9, "name"), "x", InvalidValue, "its events are 1 to 4"),
        (("nobody", 1, "name"), "x", InvalidValue, "no stream has begun"),
        (("bob", 0, "name"), "x", InvalidValue, "seq=0"),
        (("bob", 1, "colour"), "x", UnknownField, "colour"),
        (("bob", 1, "name"), " ", InvalidValue, "say why"),
        (("gone", 1, "name"), "x", ContextErased, "gone"),
    ],
)
def test_what_cannot_be_redacted_is_told(people, arguments, reason, error, said):
    filled(people)
    people.append("gone", overtime=1)
    people.erase("gone")

    with pytest.raises(error, match=said):
        people.redact(*arguments, reason=reason)
    assert len(list(people.history("bob"))) == 4


calls = st.lists(
    st.one_of(
        st.tuples(
            st.just("append"),
            st.fixed_dictionaries(
                {}, optional={"name": st.none() | st.text("ab", max_size=2), "overtime": st.integers(0, 9)}
            ),
        ),
        st.tuples(st.just("end"), st.none()),
        st.tuples(st.just("redact"), st.tuples(st.integers(1, 6), st.sampled_from(["name", "overtime"]))),
        st.tuples(st.sampled_from(["snapshot", "archive", "restore"]), st.none()),
    ),
    max_size=12,
)


@settings(max_examples=8)
@given(calls)
def test_a_store_redacts_as_the_memory_does(people, calls):
    memory, context = MemoryRepository(Person), uuid4().hex

    def answer(repository, call, given):
        try:
            if call == "append":
                return repository.append(context, **given).seq
            if call == "end":
                return repository.append_many([NewEvent(context, {}, ends=True)])
            if call == "redact":
                told = repository.redact(context, *given, reason="asked")
                return told and (told.seq, told.ends)
            if call == "archive":
                repository.archive(keep=1)
            else:
                getattr(repository, call)(context)
        except InvalidValue as error:
            return type(error)

    for call, given_ in calls:
        assert answer(people, call, given_) == answer(memory, call, given_), call

    def seen(repository):
        return (
            [(e.seq, e.fields, e.ends, e.event_type) for e in repository.history(context)],
            [values(repository.state(context, at=at)) for at in (None, 1, 3, 5, 8)],
        )

    assert seen(people) == seen(memory)
    assert people.verify()
