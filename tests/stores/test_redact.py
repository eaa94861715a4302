"""redact(): one field of one event is gone, from wherever it was kept, and the stream tells that it was. On every store."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqla_osiris import (
    ContextErased,
    InvalidValue,
    MemoryRepository,
    NewEvent,
    UnknownField,
    event_context,
)
from tests import selection
from tests.repositories.models import MODELS, EveryEmployee, InlineInPython, Plain, contents, values
from tests.repositories.test_laws import answer, calls_of, seen

NAMED = "Wrong & Sons"
ID = UUID(int=7)


def filled(repository):
    repository.append("bob", company="Hooly", overtime=1)
    repository.append("bob", company=NAMED, overtime=2, visits=7, event_id=ID)
    repository.append("bob", overtime=4)
    repository.append("bob", company=None, overtime=8)
    return repository


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def repository(request, opens):
    return filled(opens(request.param))


def test_it_is_as_if_the_event_had_never_touched_the_field(repository):
    with event_context(actor="jane"):
        told = repository.redact("bob", 2, "company", reason="asked by bob", event_meta={"case": 7})

    assert (told.seq, told.event_type, told.fields, told.ends) == (5, "redacted", {}, False)
    assert told.event_meta == {
        "actor": "jane",
        "case": 7,
        "redacted": {"seq": 2, "field": "company", "reason": "asked by bob"},
    }
    history = contents(repository.history("bob"))
    assert [fields for _, _, _, fields, *_ in history] == [
        {"company": "Hooly", "overtime": 1},
        {"overtime": 2, "visits": 7},
        {"overtime": 4},
        {"company": None, "overtime": 8},
        {},
    ]
    assert contents(repository.feed()) == history
    assert history[-1:] == contents([told])
    past = [repository.state("bob", at=seq).company for seq in range(1, 6)]
    assert past == ["Hooly", "Hooly", "Hooly", None, None]
    # The event keeps its id. What is redacted already, or was never touched, is nothing to redact.
    assert repository.append("bob", overtime=1, event_id=ID).seq == 2
    assert repository.redact("bob", 2, "company", reason="asked again") is None
    assert repository.redact("bob", 3, "company", reason="asked") is None
    assert contents(repository.history("bob")) == history
    assert repository.verify()


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize(("seq", "overtime"), [(1, 14), (2, 13), (4, 7)])
def test_what_was_folded_from_it_is_folded_anew_wherever_it_is(repository, seq, overtime, archived):
    repository.snapshot("bob")
    if archived:
        assert repository.archive(keep=0) == 4

    repository.redact("bob", seq, "overtime", reason="typed wrongly")

    assert repository.state("bob").overtime == overtime
    assert [state.overtime for state in repository.states()] == [overtime]
    assert repository.state("bob", at=4).overtime == overtime
    assert repository.append("bob", overtime=100).seq == 6
    assert repository.state("bob").overtime == overtime + 100
    touches = [event.fields.get("overtime") for event in repository.history("bob")]
    assert touches == [
        None if number == seq else touch for number, touch in enumerate([1, 2, 4, 8, None, 100], 1)
    ]
    assert repository.snapshot("bob") == 6
    assert repository.restore() == (4 if archived else 0)
    assert [repository.archive(keep=0), repository.restore()] == [6, 6]
    assert [event.fields.get("overtime") for event in repository.history("bob")] == touches
    assert repository.state("bob").overtime == overtime + 100
    assert repository.verify()


def test_a_touch_with_none_is_redacted_too(repository):
    assert repository.redact("bob", 4, "company", reason="it was no end").seq == 5

    assert repository.state("bob").company == NAMED
    assert list(repository.history("bob"))[3].fields == {"overtime": 8}
    assert repository.verify()


def test_a_stream_that_has_ended_stays_ended(repository):
    repository.append_many([NewEvent("bob", {}, ends=True)])

    told = repository.redact("bob", 2, "company", reason="asked")

    assert (told.seq, told.ends) == (6, True)
    assert repository.state("bob") is None
    assert contents(repository.history("bob"))[-1:] == contents([told])
    assert repository.append("bob", overtime=1, expected_seq=0).seq == 7
    assert repository.state("bob").overtime == 1
    assert repository.verify()


def test_an_event_of_an_earlier_life_changes_no_present_state(repository):
    repository.append_many([NewEvent("bob", {}, ends=True), NewEvent("bob", {"overtime": 5})])
    before = values(repository.state("bob"))

    repository.redact("bob", 2, "overtime", reason="asked")

    assert values(repository.state("bob")) == before | {"seq": 7}
    assert repository.state("bob", at=4).overtime == 13
    assert repository.verify()


REFUSED = [
    (("bob", 9, "company"), "x", InvalidValue, "its events are 1 to 4"),
    (("nobody", 1, "company"), "x", InvalidValue, "no stream has begun"),
    (("bob", 0, "company"), "x", InvalidValue, "seq=0"),
    (("bob", True, "company"), "x", InvalidValue, "seq=True"),
    (("bob", 1, "colour"), "x", UnknownField, "colour"),
    (("bob", 1, "company"), " ", InvalidValue, "say why"),
    (("bob", 1, "company"), None, InvalidValue, "say why"),
    (("gone", 1, "company"), "x", ContextErased, "gone"),
]


def test_what_cannot_be_redacted_is_told(opens, subtests):
    repository = filled(opens(EveryEmployee))
    repository.append("gone", overtime=1)
    repository.erase("gone")
    for arguments, reason, error, said in REFUSED:
        with subtests.test(arguments=arguments, reason=reason), pytest.raises(error, match=said):
            repository.redact(*arguments, reason=reason)
    assert len(list(repository.history("bob"))) == 4


def test_a_composite_context(opens):
    repository = opens(Plain)
    repository.append(("acme", 1), salary=3)
    repository.append(("acme", 1), salary=4)

    told = repository.redact(("acme", 1), 1, "salary", reason="asked")

    assert told.context == ("acme", 1)
    assert repository.state(("acme", 1)).salary == 4


# SQL's databases: tests/repositories/test_laws.py.
@pytest.mark.parametrize(
    ("opens", "model"),
    selection.pairs(mongodb=[EveryEmployee], dynamodb=[InlineInPython]),
    indirect=["opens"],
)
@settings(max_examples=8)
@given(data=st.data())
def test_a_store_redacts_as_the_memory_does(opens, model, data):
    store, memory, prefix = opens(model), MemoryRepository(model), uuid4().hex[:8]
    answers = []
    for name, *arguments in data.draw(calls_of(model)):
        both = [answer(repository, prefix, name, *arguments) for repository in (store, memory)]
        answers += [both] if name in {"append_many", "redact", "erase"} else []
    context = prefix + "bob"
    seq = data.draw(st.integers(1, 9))
    field = data.draw(st.sampled_from(sorted(model.__osiris__.reducers)))

    def redacted(repository):
        try:
            told = repository.redact(context, seq, field, reason="asked")
        except (InvalidValue, ContextErased) as error:
            return type(error)
        return told and (told.seq, told.ends)

    answers.append([redacted(store), redacted(memory)])
    assert [ours for ours, _ in answers] == [expected for _, expected in answers]
    assert seen(store, prefix) == seen(memory, prefix)
    assert store.verify()
