"""archive(before=, keep=) and restore(): what moves, and that nobody who reads can tell. On every store alike."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sqla_osiris import ContextErased, InvalidValue, NewEvent
from tests.repositories.models import MODELS, InlineEmployee, NeverEmployee, values
from tests.stores.small_pages import small_pages

START = datetime(2020, 1, 1, tzinfo=UTC)
FAR = datetime(2200, 1, 1, tzinfo=UTC)
CONTEXTS = ["bob", "jane", "cid"]


@pytest.fixture
def repository(opens):
    return opens(NeverEmployee)


def filled(repository, events=10, contexts=CONTEXTS):
    for context in contexts:
        repository.append_many(
            NewEvent(
                context,
                {"overtime": n, "company": f"c{n}"},
                event_id=UUID(int=n),
                event_meta={"n": n},
                recorded_at=START + timedelta(days=n),
            )
            for n in range(1, events + 1)
        )
        repository.snapshot(context)
    return repository


def seen(repository, contexts=CONTEXTS):
    # The feed first: a store may give an event its position when the feed is read.
    feed = [e for e in repository.feed(limit=1_000) if e.context in contexts]
    return {
        "states": [values(repository.state(context)) for context in contexts],
        "all": {state.id: values(state) for state in repository.states() if state.id in contexts},
        "past": [values(repository.state(context, at=seq)) for context in contexts for seq in (1, 4, 8, 11)],
        "days": [values(repository.state(context, at=START + timedelta(days=5))) for context in contexts],
        "histories": [list(repository.history(context)) for context in contexts],
        "ends": [list(repository.history(context, after=2)) for context in contexts],
        "feed": feed,
        "page": [e for e in repository.feed(after=feed[3].position, limit=4) if e.context in contexts],
    }


@pytest.mark.parametrize("model", MODELS)
def test_archived_events_are_still_in_states_histories_and_the_feed(opens, model):
    repository = filled(opens(model))
    repository.append("tim", overtime=1)
    everybody = [*CONTEXTS, "tim"]
    before = seen(repository, everybody)

    for moment, moved in [(START, 0), (START + timedelta(days=4), 9), (START + timedelta(days=6), 6)]:
        assert [repository.archive(before=moment), repository.archive(before=moment)] == [moved, 0]
        assert seen(repository, everybody) == before
    repository.snapshot("tim")
    assert repository.archive(before=FAR) == 16
    assert seen(repository, everybody) == before
    report = repository.verify()
    assert (bool(report), report.contexts, report.events) == (True, 4, 31)

    # Appends go on where everything is archived.
    last = repository.feed()[-1].position
    assert repository.append("tim", overtime=5, expected_seq=1).seq == 2
    assert repository.append_many([NewEvent("bob", {"overtime": 1})]) == 1
    assert (repository.state("tim").overtime, repository.state("bob").overtime) == (6, 56)
    assert [event.seq for event in repository.history("bob")] == list(range(1, 12))
    assert [event.seq for event in repository.history("bob", after=9)] == [10, 11]
    assert [(event.context, event.seq) for event in repository.feed(after=last)] == [("tim", 2), ("bob", 11)]


def test_what_no_snapshot_has_folded_stays(opens):
    repository = filled(opens(NeverEmployee), events=3, contexts=["bob"])
    repository.append("bob", overtime=1)
    repository.append("bob", overtime=1)

    assert repository.archive(before=FAR) == 3


def test_positions_go_on_after_each_archive(opens):
    repository, positions = opens(InlineEmployee), []
    for number in range(3):
        repository.append("e1", overtime=number)
        positions.append(repository.feed()[-1].position)
        repository.snapshot("e1")
        assert repository.archive(keep=0) == 1
    assert positions == sorted(set(positions))


def test_an_archived_event_keeps_its_identity(repository):
    filled(repository)
    assert repository.archive(keep=0) == 30

    assert repository.append("bob", overtime=1, event_id=UUID(int=3)).seq == 3
    assert repository.append_many([NewEvent("bob", {"overtime": 1}, event_id=UUID(int=3))]) == 0
    assert repository.state("bob").overtime == 55


@pytest.mark.parametrize("events", [19, 20, 21])
def test_a_long_archive_is_read_in_parts(opens, events):
    unfolded = opens(NeverEmployee)
    with small_pages(10):
        unfolded.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(events))
        unfolded.snapshot("bob")
        unfolded.append("bob", overtime=1)
        told = []

        assert unfolded.archive(before=FAR, progress=told.append) == events
        assert [event.seq for event in unfolded.history("bob")] == list(range(1, events + 2))
        assert [event.seq for event in unfolded.feed(limit=5000)] == list(range(1, events + 2))
        assert told[-1] == events


MOVED = [
    ({"before": START + timedelta(days=4)}, 9),
    ({"keep": 0}, 30),
    ({"keep": 4}, 18),
    ({"keep": 10}, 0),
    ({"before": START + timedelta(days=4), "keep": 9}, 3),
    ({"before": FAR, "keep": 2}, 24),
]


def test_what_is_folded_and_old_and_not_among_the_newest_moves(repository, subtests):
    before = seen(filled(repository))
    for limits, moved in MOVED:
        with subtests.test(limits=limits):
            assert repository.archive(**limits) == moved
            assert seen(repository) == before
            assert repository.archive(**limits) == 0
            assert repository.restore() == moved
            assert seen(repository) == before
            assert repository.restore() == 0
    assert repository.verify()


def test_keep_counts_from_the_head_not_from_the_snapshot(repository):
    filled(repository, contexts=["bob"])
    repository.append("bob", overtime=1)
    repository.append("bob", overtime=1)

    # 12 events, the first 10 of them folded.
    assert repository.archive(keep=4) == 8


def test_one_stream_is_restored_alone(repository):
    before = seen(filled(repository))
    repository.archive(keep=0)

    assert repository.restore("bob") == 10
    assert repository.restore("bob") == 0
    assert repository.restore("nobody") == 0
    assert seen(repository) == before
    assert repository.restore() == 20


def test_what_was_restored_is_archived_again_and_restored_again(repository):
    before = seen(filled(repository))
    for _ in range(2):
        assert repository.archive(keep=0) == 30
        assert repository.restore() == 30
    repository.archive(keep=0)

    assert seen(repository) == before
    assert repository.verify()


def test_appends_go_on_behind_what_was_restored(repository):
    filled(repository)
    repository.archive(keep=0)
    repository.restore()
    last = repository.feed(limit=1_000)[-1].position

    assert repository.append("bob", overtime=1, event_id=UUID(int=3)).seq == 3
    appended = repository.append("bob", overtime=1)

    assert (appended.seq, repository.state("bob").overtime) == (11, 56)
    assert [(e.context, e.seq) for e in repository.feed(after=last)] == [("bob", 11)]


def test_of_an_erased_stream_nothing_is_restored(repository):
    filled(repository)
    repository.archive(keep=5)
    repository.erase("bob")

    assert repository.restore("bob") == 0
    assert repository.restore() == 10
    assert list(repository.history("bob")) == []
    assert repository.state("bob") is None
    with pytest.raises(ContextErased):
        repository.append("bob", overtime=1)


def test_a_stream_that_was_restored_is_erased_whole(repository):
    filled(repository)
    repository.archive(keep=0)
    repository.restore("bob")

    assert repository.erase("bob") == 10
    assert repository.restore() == 20
    assert {e.context for e in repository.feed(limit=1_000)} == {"jane", "cid"}


def test_progress_is_told(repository):
    filled(repository)
    archived, restored = [], []
    repository.archive(keep=0, progress=archived.append)
    repository.restore(progress=restored.append)

    assert archived[-1] == restored[-1] == 30


REFUSED = [
    ({}, "say which events"),
    ({"keep": -1}, "keep=-1"),
    ({"keep": True}, "keep=True"),
    ({"keep": "3"}, "keep='3'"),
    ({"before": 3}, "before=3"),
    ({"before": "2020-01-01"}, "before="),
    ({"before": datetime(2020, 1, 1)}, "time zone"),  # noqa: DTZ001
]


def test_other_limits_are_refused(repository, subtests):
    for limits, said in REFUSED:
        with subtests.test(limits=limits), pytest.raises(InvalidValue, match=said):
            repository.archive(**limits)


FALLING = [
    ([5, 1], 3, 0),
    ([1, 5, 2, 3], 4, 1),
    ([1, 2, 9, 1, 1], 5, 2),
    ([1, 2, 3, 1], 4, 4),
    ([4, 4, 1], 4, 0),
]
"""The days of a stream's events, the day before which they are archived, and how many of them are."""


def test_an_archive_takes_the_beginning_of_a_stream_whose_times_fall(repository, subtests):
    for number, (days, before, moved) in enumerate(FALLING):
        with subtests.test(days=days):
            takes_the_beginning(repository, [f"bob{number}", f"jane{number}"], days, before, moved)


def takes_the_beginning(repository, contexts, days, before, moved):
    """All events of other contexts are archived already."""
    for context in contexts:
        repository.append_many(
            NewEvent(context, {"overtime": 2**n}, recorded_at=START + timedelta(days=day))
            for n, day in enumerate(days)
        )
        repository.snapshot(context)
    before_it = seen(repository, contexts)

    assert repository.archive(before=START + timedelta(days=before)) == 2 * moved
    assert repository.archive(before=START + timedelta(days=before)) == 0
    assert seen(repository, contexts) == before_it
    assert [event.seq for event in repository.history(contexts[0])] == list(range(1, len(days) + 1))
    assert repository.verify()
    assert repository.restore(contexts[0]) == moved
    # What is archived already is in nobody's way.
    assert repository.archive(keep=len(days) - moved) == moved
    assert repository.archive(before=FAR) == 2 * (len(days) - moved)
    assert seen(repository, contexts) == before_it
