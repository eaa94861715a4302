"""redact(): one field of one event is gone, from wherever it was kept, and the stream tells that it was."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from sqla_osiris import (
    ContextErased,
    InvalidValue,
    MemoryRepository,
    NewEvent,
    OsirisError,
    SQLRepository,
    UnknownField,
    event_context,
)
from tests.repositories.models import (
    MODELS,
    EveryInPython,
    InlineEmployee,
    InlineInPython,
    Plain,
    contents,
    values,
)
from tests.repositories.test_laws import answer, calls_of, seen

FAR = datetime(2200, 1, 1, tzinfo=UTC)
NAMED = "Wrong & Sons"


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def repository(request, opens):
    repository = opens(request.param)
    repository.append("bob", company="Hooly", overtime=1)
    repository.append("bob", company=NAMED, overtime=2, visits=7)
    repository.append("bob", overtime=4)
    repository.append("bob", company=None, overtime=8)
    return repository


def test_it_is_as_if_the_event_had_never_touched_the_field(repository):
    told = repository.redact("bob", 2, "company", reason="asked by bob", event_meta={"actor": "jane"})

    assert [e.fields for e in repository.history("bob")] == [
        {"company": "Hooly", "overtime": 1},
        {"overtime": 2, "visits": 7},
        {"overtime": 4},
        {"company": None, "overtime": 8},
        {},
    ]
    assert (told.seq, told.event_type, told.fields, told.ends) == (5, "redacted", {}, False)
    assert told.event_meta == {
        "actor": "jane",
        "redacted": {"seq": 2, "field": "company", "reason": "asked by bob"},
    }
    assert contents(repository.history("bob"))[-1:] == contents([told])
    assert contents(repository.feed()[-1:]) == contents([told])
    assert [repository.state("bob", at=seq).company for seq in range(1, 6)] == [
        "Hooly",
        "Hooly",
        "Hooly",
        None,
        None,
    ]
    assert repository.verify()


def test_who_asked_for_it_may_surround_the_call(repository):
    with event_context(actor="jane"):
        told = repository.redact("bob", 2, "company", reason="asked")

    assert told.event_meta["actor"] == "jane"
    assert list(repository.history("bob"))[-1].event_meta == told.event_meta


@pytest.mark.parametrize(("seq", "overtime"), [(1, 14), (2, 13), (4, 7)])
def test_what_was_folded_from_it_is_folded_anew(repository, seq, overtime):
    repository.snapshot("bob")
    repository.redact("bob", seq, "overtime", reason="typed wrongly")

    assert repository.state("bob").overtime == overtime
    assert [state.overtime for state in repository.states()] == [overtime]
    assert repository.state("bob", at=4).overtime == overtime
    assert repository.append("bob", overtime=100).seq == 6
    assert repository.state("bob").overtime == overtime + 100
    assert repository.verify()


def test_a_touch_with_none_is_redacted_too(repository):
    repository.redact("bob", 4, "company", reason="it was no end")

    assert repository.state("bob").company == NAMED
    assert list(repository.history("bob"))[3].fields == {"overtime": 8}
    assert repository.verify()


def test_an_archived_event_is_redacted_where_it_is(repository):
    repository.snapshot("bob")
    assert repository.archive(keep=0) == 4

    repository.redact("bob", 2, "company", reason="asked")

    assert list(repository.history("bob"))[1].fields == {"overtime": 2, "visits": 7}
    assert repository.restore() == 4
    assert list(repository.history("bob"))[1].fields == {"overtime": 2, "visits": 7}
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


def test_nothing_to_redact_writes_nothing(repository):
    assert repository.redact("bob", 3, "company", reason="asked") is None
    repository.redact("bob", 2, "company", reason="asked")
    assert repository.redact("bob", 2, "company", reason="asked again") is None
    assert len(list(repository.history("bob"))) == 5


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    ("arguments", "reason", "error", "said"),
    [
        (("bob", 9, "company"), "x", InvalidValue, "its events are 1 to 4"),
        (("nobody", 1, "company"), "x", InvalidValue, "no stream has begun"),
        (("bob", 0, "company"), "x", InvalidValue, "seq=0"),
        (("bob", True, "company"), "x", InvalidValue, "seq=True"),
        (("bob", 1, "colour"), "x", UnknownField, "colour"),
        (("bob", 1, "company"), " ", InvalidValue, "say why"),
        (("bob", 1, "company"), None, InvalidValue, "say why"),
    ],
)
def test_what_cannot_be_redacted_is_told(repository, arguments, reason, error, said):
    with pytest.raises(error, match=said):
        repository.redact(*arguments, reason=reason)
    assert len(list(repository.history("bob"))) == 4


def test_an_erased_stream_is_told(repository):
    repository.erase("bob")

    with pytest.raises(ContextErased):
        repository.redact("bob", 1, "company", reason="asked")


@pytest.mark.parametrize("model", [InlineEmployee, InlineInPython, EveryInPython])
def test_no_table_holds_the_value_any_more(sql, engine, model):
    repository = sql(model)
    repository.append("bob", company=NAMED, overtime=1)
    repository.append("bob", overtime=1)
    repository.append("bob", overtime=1)
    repository.snapshot("bob")
    repository.redact("bob", 1, "company", reason="asked")

    log = model.__osiris__
    with engine.connect() as connection:
        for table in (log.events, log.heads, log.archive):
            for column in table.c:
                held = connection.scalars(select(cast(column, String))).all()
                assert not [value for value in held if NAMED in str(value)], column


def test_a_composite_context(opens):
    repository = opens(Plain)
    repository.append(("acme", 1), salary=3)
    repository.append(("acme", 1), salary=4)

    told = repository.redact(("acme", 1), 1, "salary", reason="asked")

    assert told.context == ("acme", 1)
    assert repository.state(("acme", 1)).salary == 4


def test_within_a_session_it_is_part_of_its_transaction(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        SQLRepository(InlineEmployee, session).redact("bob", 1, "overtime", reason="asked")
        assert (bob.overtime, bob.seq) == (0, 2)
        session.rollback()

    assert repository.state("bob").overtime == 1


def test_an_object_that_was_loaded_before_is_stale(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        repository.redact("bob", 1, "overtime", reason="asked")
        bob.overtime += 1
        with pytest.raises(OsirisError, match="bob"):
            session.commit()


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=6)
@given(data=st.data())
def test_databases_redact_as_the_memory_does(sql, model, data):
    database, memory, prefix = sql(model), MemoryRepository(model), uuid4().hex[:8]
    for call in data.draw(calls_of(model)):
        answer(memory, prefix, *call)
        answer(database, prefix, *call)
    context = prefix + "bob"
    seq = data.draw(st.integers(1, 9))
    field = data.draw(st.sampled_from(sorted(model.__osiris__.reducers)))

    def redacted(repository):
        try:
            told = repository.redact(context, seq, field, reason="asked")
        except (InvalidValue, ContextErased) as error:
            return type(error)
        return told and (told.seq, told.ends)

    assert redacted(database) == redacted(memory)
    ours, expected = seen(database, prefix), seen(memory, prefix)
    for view in ("states", "all states", "by seq"):
        assert ours[view] == expected[view]
    assert database.verify()
