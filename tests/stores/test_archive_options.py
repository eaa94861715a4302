"""archive(before=, keep=) and restore() on every store: what moves, and that nobody who reads can tell."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, ContextErased, EventSourced, Every, InvalidValue, Latest, NewEvent

START = datetime(2020, 1, 1, tzinfo=UTC)
FAR = datetime(2200, 1, 1, tzinfo=UTC)
CONTEXTS = ["bob", "jane", "cid"]


class Base(DeclarativeBase):
    pass


class Kept(EventSourced, Base):
    __tablename__ = "option_kept"
    __snapshot__ = Every(3)
    __archive__ = True
    id = Context(String(40))
    company = Latest(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture
def repository(opens):
    return opens(Kept)


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
    feed = [e for e in repository.feed(limit=1_000) if e.context in contexts]
    return {
        "states": [_values(repository.state(context)) for context in contexts],
        "past": [_values(repository.state(context, at=seq)) for context in contexts for seq in (1, 4, 8)],
        "days": [_values(repository.state(context, at=START + timedelta(days=5))) for context in contexts],
        "histories": [list(repository.history(context)) for context in contexts],
        "feed": feed,
    }


def _values(state):
    return None if state is None else (state.id, state.seq, state.company, state.overtime)


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
