"""What a copy carries over beside events, and what two of them do that meet: on every store as source and as target."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import Integer, String

from sqla_osiris import (
    Aggregate,
    AsyncSQLRepository,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    MemoryRepository,
    NewEvent,
    OsirisError,
    Subscription,
    adiff,
    copy,
    diff,
    export_events,
    import_events,
    replay,
)
from sqla_osiris.records import CopiedEvent


class Copied(EventSourced):
    __tablename__ = "copied"
    id = Context(String(20))
    balance = Aggregate(Integer)


def filled(accounts, contexts="abab"):
    accounts.append_many(NewEvent(context, {"balance": 1}) for context in contexts)
    return accounts


def seqs(accounts, context):
    return [event.seq for event in accounts.history(context)]


def test_a_stream_that_was_erased_in_the_source_takes_no_events_in_the_target(opens):
    source, target = filled(MemoryRepository(Copied)), opens(Copied)
    source.erase("a")

    assert copy(source, target) == 2
    assert list(target.erased()) == ["a"]
    with pytest.raises(ContextErased):
        target.append("a", balance=1)
    assert copy(source, target) == 0


def test_a_stream_that_is_erased_between_two_copies_is_erased_in_the_target(opens):
    source, target = filled(MemoryRepository(Copied)), opens(Copied)
    copy(source, target)
    source.erase("a")

    assert copy(source, target) == 0
    assert target.state("a") is None
    assert seqs(target, "a") == []
    assert seqs(target, "b") == [1, 2]


def test_the_streams_that_a_store_erased_are_told_by_it(opens):
    source, target = filled(opens(Copied), "abc"), MemoryRepository(Copied)
    assert list(source.erased()) == []
    for context in "ac":
        source.erase(context)

    copy(source, target)
    assert sorted(target.erased()) == sorted(source.erased()) == ["a", "c"]


def test_a_tombstone_without_a_stream_is_erased_once(opens):
    accounts = opens(Copied)
    assert accounts.lay_tombstone("a") == accounts.lay_tombstone("a") == 0
    assert accounts.state("a") is None
    assert list(accounts.states()) == []
    assert accounts.erase("a") == 0
    assert accounts.verify()
    assert accounts.feed() == []


@pytest.mark.parametrize(("seq", "found"), [(1, 2), (4, 2)], ids=["behind", "ahead"])
def test_a_copied_event_gets_its_own_seq_or_is_refused(opens, seq, found):
    accounts = filled(opens(Copied))
    with pytest.raises(ConcurrentAppend) as refused:
        accounts.append_many([CopiedEvent("a", {"balance": 1}, seq=seq)])
    assert (refused.value.context, refused.value.expected_seq, refused.value.found_seq) == (
        "a",
        seq - 1,
        found,
    )
    assert seqs(accounts, "a") == [1, 2]
    assert accounts.append_many([CopiedEvent("a", {"balance": 1}, seq=3)]) == 1


def test_two_copies_at_once_leave_each_event_once(opens):
    source, target = filled(MemoryRepository(Copied), "abcde" * 8), opens(Copied)
    both_have_looked = threading.Barrier(2)

    class Beside:
        """The target, as one of the two sees it: neither appends before the other has found it empty."""

        def __getattr__(self, name):
            return getattr(target, name)

        def feed(self, **asked):
            found = target.feed(**asked)
            with suppress(threading.BrokenBarrierError):
                both_have_looked.wait(5)
            return found

    outcomes = []

    def start():
        try:
            outcomes.append(copy(source, Beside()))
        except OsirisError as error:
            outcomes.append(error)

    jobs = [threading.Thread(target=start) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    with suppress(OsirisError):
        copy(source, target)
    assert [seqs(target, context) for context in "abcde"] == [list(range(1, 9))] * 5
    assert target.verify()


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda accounts: diff(accounts, "a", 1), "adiff"),
        (lambda accounts: replay(accounts, "a"), "areplay"),
        (lambda accounts: copy(accounts, MemoryRepository(Copied)), "blocking"),
        (lambda accounts: copy(MemoryRepository(Copied), accounts), "blocking"),
        (lambda accounts: export_events(accounts, "never.jsonl"), "blocking"),
        (lambda accounts: import_events(accounts, "never.jsonl"), "blocking"),
        (lambda accounts: Subscription(accounts, "mail", lambda _event, _session: None), "AsyncSubscription"),
    ],
    ids=["diff", "replay", "copy from", "copy to", "export", "import", "subscription"],
)
def test_a_call_that_blocks_refuses_an_asynchronous_repository(call, advice):
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    with pytest.raises(OsirisError, match=advice):
        call(AsyncSQLRepository(Copied, create_async_engine("sqlite+aiosqlite://")))


async def test_the_difference_of_two_moments_is_awaited(tmp_path):
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'log.db'}")
    accounts = AsyncSQLRepository(Copied, engine)
    await accounts.create()
    for _ in range(2):
        await accounts.append("a", balance=1)
    assert dict(await adiff(accounts, "a", 1)) == {"balance": (1, 2)}
    await engine.dispose()
