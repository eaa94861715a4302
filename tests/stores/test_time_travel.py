"""state(at=): the state after a seq, or after the last event recorded up to a moment. On every store alike."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sqla_osiris import InvalidValue, NewEvent
from tests.repositories.models import MODELS, EveryEmployee, InlineEmployee, Plain, values
from tests.stores.models import Unfolded

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG_AGO, FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


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


def test_a_past_state_is_the_one_that_was_seen_then(bob, subtests):
    repository, states = bob

    def at(moment, context="bob"):
        return values(repository.state(context, at=moment))

    with subtests.test("after each seq"):
        assert [at(seq) for seq in range(10)] == states
    with subtests.test("at each moment"):
        assert [at(day(number)) for number in range(10)] == states
    with subtests.test("between two moments"):
        assert at(day(3) + timedelta(hours=1)) == states[3]
        assert at(day(3) - timedelta(microseconds=1)) == states[2]
    with subtests.test("in another time zone"):
        assert at(day(3).astimezone(timezone(timedelta(hours=-9)))) == states[3]
    with subtests.test("after the last event"):
        assert [at(moment) for moment in (10, 2**70, day(10_000), FAR)] == [states[-1]] * 4
    with subtests.test("before the first one"):
        assert [at(moment) for moment in (0, -3, day(0), LONG_AGO)] == [None] * 4
    with subtests.test("of nobody"):
        assert [at(moment, "nobody") for moment in (day(5), 5)] == [None, None]
    repository.snapshot("bob")
    with subtests.test("a snapshot of now is no base of the past"):
        assert [at(seq) for seq in range(10)] == states
        assert [at(day(number)) for number in range(10)] == states


@pytest.mark.parametrize("snapshots", [[], [2, 6], [7]])
def test_a_document_is_merged_as_it_was(opens, snapshots):
    repository = opens(EveryEmployee)
    for number in range(1, 8):
        repository.append("bob", overtime=number, profile={f"k{number}": {"a": number}, "last": number})
        if number in snapshots:
            repository.snapshot("bob")

    for seq in range(1, 8):
        state = repository.state("bob", at=seq)
        documents = {f"k{number}": {"a": number} for number in range(1, seq + 1)}
        assert (state.seq, state.overtime) == (seq, sum(range(seq + 1)))
        assert state.profile == {**documents, "last": seq}


@pytest.mark.parametrize("archived", [False, True])
def test_a_clock_that_went_back_hides_no_event_before_the_last_one_of_the_moment(opens, archived):
    """The past is a prefix of the stream: a state that was true once."""
    unfolded = opens(Unfolded)
    unfolded.append_many(
        NewEvent("bob", {"overtime": n}, recorded_at=day(number))
        for n, number in [(1, 3), (2, 9), (4, 5), (8, 7)]
    )
    if archived:
        unfolded.snapshot("bob")
        unfolded.archive(before=day(6))

    days = [unfolded.state("bob", at=day(number)) for number in range(2, 10)]
    assert [found and found.overtime for found in days] == [None, 1, 1, 7, 7, 15, 15, 15]


@pytest.mark.parametrize("model", MODELS)
def test_of_two_events_of_one_moment_whose_clock_went_back_both_count(opens, model):
    repository = opens(model)
    times = [day(1), day(9), day(2), day(9), day(9)]
    repository.append_many(NewEvent("bob", {"overtime": 1}, recorded_at=time) for time in times)

    assert [repository.state("bob", at=time).seq for time in (day(1), day(2), day(8), day(9))] == [1, 3, 3, 5]


def test_a_context_of_several_columns_has_a_past(opens):
    repository = opens(Plain)
    repository.append_many(NewEvent(("Hooly", 1), {"salary": n}, recorded_at=day(n)) for n in (1, 2, 3))

    past = {"seq": 2, "company": "Hooly", "number": 1, "salary": 3}
    assert values(repository.state(("Hooly", 1), at=2)) == past
    assert values(repository.state(("Hooly", 1), at=day(2))) == past


def test_a_moment_is_a_seq_or_an_aware_time(opens, subtests):
    repository = opens(InlineEmployee)
    for moment in (datetime(2026, 1, 3), "2026-01-03", True, 1.5):  # noqa: DTZ001  (it is what is refused)
        with subtests.test(moment=moment), pytest.raises(InvalidValue, match="at="):
            repository.state("bob", at=moment)
