"""state(at=): the state after a seq, or after the last event recorded up to a moment."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import update

from sqla_osiris import InvalidValue, NewEvent, SQLRepository
from tests.repositories.models import MODELS, EveryEmployee, InlineEmployee, Plain, values

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


def played(repository):
    """A stream of two lives, a day apart from each other its events; and the state after each, by seq."""
    states = [None]
    for number in range(1, 10):
        ends = number == 5
        fields = (
            {} if ends else {"overtime": number, "company": f"c{number}", "best": -number, "bonus": number}
        )
        repository.append_many([NewEvent("bob", fields, recorded_at=day(number), ends=ends)])
        states.append(values(repository.state("bob")))
    return states


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def bob(request, opens):
    repository = opens(request.param)
    return repository, played(repository)


def test_the_state_after_each_seq_is_the_one_that_was_seen_then(bob):
    repository, states = bob

    assert [values(repository.state("bob", at=seq)) for seq in range(10)] == states


def test_the_state_at_each_moment_is_the_one_that_was_seen_then(bob):
    repository, states = bob

    assert [values(repository.state("bob", at=day(number))) for number in range(10)] == states
    assert values(repository.state("bob", at=day(3) + timedelta(hours=1))) == states[3]


def test_a_snapshot_of_now_is_no_base_of_the_past(bob):
    repository, states = bob
    repository.snapshot("bob")

    assert [values(repository.state("bob", at=seq)) for seq in range(10)] == states


def test_after_the_last_event_it_is_the_present_state(bob):
    repository, states = bob

    assert values(repository.state("bob", at=10)) == states[-1]
    assert values(repository.state("bob", at=2**70)) == states[-1]
    assert values(repository.state("bob", at=day(10_000))) == states[-1]


def test_before_the_first_event_there_is_none(bob):
    repository, _ = bob

    assert repository.state("bob", at=0) is None
    assert repository.state("bob", at=-3) is None
    assert repository.state("bob", at=day(0)) is None
    assert repository.state("nobody", at=day(5)) is None
    assert repository.state("nobody", at=5) is None


def test_a_moment_is_the_same_in_every_time_zone(bob):
    repository, states = bob
    elsewhere = day(3).astimezone(timezone(timedelta(hours=-9)))

    assert values(repository.state("bob", at=elsewhere)) == states[3]


@pytest.mark.any_database
@pytest.mark.parametrize("at", [datetime(2026, 1, 3), "2026-01-03", True, 1.5])  # noqa: DTZ001  (it is what is refused)
def test_what_is_no_moment_is_refused(opens, at):
    with pytest.raises(InvalidValue, match="at="):
        opens(InlineEmployee).state("bob", at=at)


@pytest.mark.parametrize("model", MODELS)
def test_clocks_that_went_back_hide_no_event_before_the_last_one_of_the_moment(opens, model):
    repository = opens(model)
    times = [day(1), day(9), day(2), day(9)]
    repository.append_many(NewEvent("bob", {"overtime": 1}, recorded_at=time) for time in times)

    seqs = [repository.state("bob", at=time).seq for time in (day(1), day(2), day(8), day(9))]

    assert seqs == [1, 3, 3, 4]


def test_events_of_one_moment_are_all_of_it(opens):
    repository = opens(InlineEmployee)
    repository.append_many([NewEvent("bob", {"overtime": 1}, recorded_at=day(1))] * 3)

    assert repository.state("bob", at=day(1)).overtime == 3


def test_a_context_of_several_columns_has_a_past(opens):
    repository = opens(Plain)
    repository.append_many(NewEvent(("Hooly", 1), {"salary": n}, recorded_at=day(n)) for n in (1, 2, 3))

    assert values(repository.state(("Hooly", 1), at=2)) == {
        "seq": 2,
        "company": "Hooly",
        "number": 1,
        "salary": 3,
    }


def test_a_document_is_merged_as_it_was(opens):
    repository = opens(EveryEmployee)
    for number in range(6):
        repository.append("bob", profile={str(number): {"a": number}, "last": number})

    assert repository.state("bob", at=4).profile == {**{str(n): {"a": n} for n in range(4)}, "last": 3}


@pytest.mark.parametrize("model", MODELS)
def test_a_stale_snapshot_is_no_base(sql, engine, model):
    repository = sql(model)
    states = played(repository)
    heads = model.Snapshot.__table__
    with engine.begin() as connection:
        connection.execute(update(heads).values(osiris_fingerprint=7, company="wrong", overtime=99))

    assert [values(repository.state("bob", at=seq)) for seq in range(10)] == states


def test_the_past_does_not_mix_with_the_present_objects_of_a_session(sql, engine):
    from sqlalchemy.orm import Session  # noqa: PLC0415

    sql(InlineEmployee).append_many([NewEvent("bob", {"overtime": 1})] * 3)
    with Session(engine) as session:
        now = session.get(InlineEmployee, "bob")

        then = SQLRepository(InlineEmployee, session).state("bob", at=1)

        assert (now.overtime, then.overtime) == (3, 1)
        assert then not in session
        assert session.get(InlineEmployee, "bob") is now
        assert not session.dirty


@pytest.mark.parametrize("model", MODELS)
def test_a_past_state_is_compiled_once(sql, engine, model):
    # What Python folds has types of its own, which kept every statement about them out of SQLAlchemy's cache.
    repository = sql(model)
    engine.clear_compiled_cache()
    repository.append("bob", overtime=1)
    compiled = [len(engine._compiled_cache)]

    for seq in (1, 0):
        repository.state("bob", at=seq)
        compiled.append(len(engine._compiled_cache))

    assert [after - compiled[0] for after in compiled] == [0, 1, 1]
