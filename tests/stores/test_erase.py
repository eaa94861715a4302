"""erase(): a stream is gone for good, from wherever it stood, and nothing can begin it again. On every store alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest

from sqla_osiris import ContextErased, NewEvent
from tests.repositories.models import MODELS, InlineEmployee, contents, values

FAR = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def repository(request, opens):
    """Two streams, e0 and e1, of five events each, recorded a day apart."""
    repository = opens(request.param)
    repository.append_many(
        NewEvent(
            f"e{number % 2}", {"overtime": number}, recorded_at=datetime(2020, 1, 1 + number, tzinfo=UTC)
        )
        for number in range(10)
    )
    return repository


@pytest.mark.parametrize(
    "archived", [None, datetime(2020, 1, 5, tzinfo=UTC), FAR], ids=["not", "partly", "whole"]
)
def test_nothing_of_it_is_left(repository, archived):
    if archived:
        repository.snapshot("e1")
        repository.archive(before=archived)
    others = [event for event in contents(repository.feed()) if event[0] == "e0"]

    assert [repository.erase("e1"), repository.erase("e1")] == [5, 0]

    assert [repository.state("e1", at=at) for at in (None, 3, FAR)] == [None] * 3
    assert list(repository.history("e1")) == []
    assert [state.id for state in repository.states()] == ["e0"]
    assert contents(repository.feed()) == others
    assert repository.snapshot("e1") is None
    repository.snapshots()
    assert repository.snapshots() == 0
    report = repository.verify()
    assert (bool(report), report.contexts, report.events) == (True, 1, 5)


APPENDS = {
    "an append": lambda each: each.append("e1", overtime=1),
    "with an event_id": lambda each: each.append("e1", overtime=1, event_id=UUID(int=1)),
    **{
        f"at {seq}": lambda each, seq=seq: each.append("e1", overtime=1, expected_seq=seq)
        for seq in (0, 1, 5)
    },
    **{
        f"{times} in a batch": lambda each, times=times: each.append_many(
            [NewEvent("e0", {}), NewEvent("new", {"overtime": 1}), *[NewEvent("e1", {"visits": 1})] * times]
        )
        for times in (1, 2, 700)
    },
}


def test_nothing_can_be_appended_to_it_and_a_batch_with_it_is_refused_as_a_whole(repository, subtests):
    repository.erase("e1")
    before = values(repository.state("e0"))
    for name, append in APPENDS.items():
        with subtests.test(name):
            with pytest.raises(ContextErased, match=r"'e1'.*erased"):
                append(repository)
            assert list(repository.history("e1")) == []
    assert values(repository.state("e0")) == before
    assert repository.state("new") is None


def test_erasing_a_stream_that_never_was_is_nothing_and_it_can_still_begin(opens):
    repository = opens(InlineEmployee)
    assert repository.erase("nobody") == 0
    assert repository.append("nobody", overtime=1).seq == 1


def test_a_stream_that_had_ended_is_erased_too(repository):
    repository.append_many([NewEvent("e1", {}, ends=True)])

    assert repository.erase("e1") == 6
    with pytest.raises(ContextErased):
        repository.append("e1", overtime=1)


def test_readers_of_the_feed_are_not_disturbed(repository):
    feed = repository.feed()
    assert feed[-1].context == "e1"
    last, half = feed[-1].position, feed[4].position

    repository.erase("e1")
    appended = repository.append("e0", overtime=1)

    (found,) = repository.feed(after=last)
    assert (found.context, found.seq) == ("e0", appended.seq)
    assert found.position > last
    assert {event.context for event in repository.feed(after=half)} == {"e0"}


@pytest.mark.parametrize("batch", [False, True])
def test_of_a_race_with_appends_nothing_is_left(opens, batch):
    repository = opens(InlineEmployee)

    def append_until_refused(_number):
        appended = 0
        while True:
            try:
                if batch:
                    appended += repository.append_many([NewEvent("bob", {"overtime": 1})] * 2)
                else:
                    repository.append("bob", overtime=1)
                    appended += 1
            except ContextErased:
                return appended

    repository.append("bob", overtime=1)
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(append_until_refused, number) for number in range(4)]
        while repository.state("bob").seq < 20:
            pass
        erased = repository.erase("bob")
        appended = [writer.result() for writer in writers]

    assert erased == 1 + sum(appended)
    assert list(repository.history("bob")) == repository.feed() == []
    assert repository.verify()
