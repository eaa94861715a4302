"""MongoDB: whoever reads beside restore() and archive() finds every event once; the feed counts on its own document."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, cycle

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.monitoring import CommandListener
from pymongo.write_concern import WriteConcern
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    AsyncMongoRepository,
    Context,
    EventSourced,
    Every,
    MongoRepository,
    NewEvent,
    OsirisError,
)
from sqla_osiris.repositories.mongo import archiving, feeding, folding, reading, verifying
from sqla_osiris.schema.checks import archive_limits, reporting
from sqla_osiris.steps import run
from tests.stores.interleaving import Between, driven

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
EVENTS, HALF = 4, 2


class Base(DeclarativeBase):
    pass


class Moved(EventSourced, Base):
    __tablename__ = "moved"
    __snapshot__ = Every(100)
    id = Context(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture
def accounts(mongodb_database):
    repository = MongoRepository(Moved, mongodb_database)
    repository.create()
    return repository


def filled(repository, events=EVENTS, folded=EVENTS):
    for seq in range(events):
        at = MONDAY + timedelta(days=seq)
        repository.append_many([NewEvent("bob", {"overtime": 2**seq}, recorded_at=at)])
        if seq + 1 == folded:
            repository.snapshot("bob")
    repository.feed()
    return repository


def restore(collections):
    return archiving.restore(collections, None, reporting(None))


def archive(collections):
    return archiving.archive(collections, archive_limits(None, 0), reporting(None))


def gone(collections):
    """What the server does a day later."""
    yield lambda: collections.events.delete_many({"vacated": {"$exists": True}})


def all_pages(collections):
    last, more, seqs = 0, True, []
    while more:
        part, more = yield from reading.events_beyond(collections, "bob", last)
        seqs += [event.seq for event in part]
        last = seqs[-1] if seqs else 0
    return seqs


def fed(collections):
    events = yield from feeding.feed(collections, None, 100)
    return [event.position for event in events]


def state(collections):
    (read,) = yield from folding.fold_contexts(collections, ["bob"])
    return read.folded.seq, read.folded.accumulators["overtime"]


def past(at, collections):
    (read,) = yield from folding.fold_contexts(collections, ["bob"], at)
    return read.folded.seq, read.folded.accumulators["overtime"]


def verified(collections):
    found = yield from verifying.verify(collections, lambda _: None)
    return found.events, found.differences


ALL = list(range(1, EVENTS + 1))
READERS = {
    "history": (all_pages, ALL),
    "feed": (fed, ALL),
    "state": (state, (EVENTS, 2**EVENTS - 1)),
    "state at a seq": (partial(past, 3), (3, 7)),
    "state at a time": (partial(past, MONDAY + timedelta(days=2)), (3, 7)),
    "verify": (verified, (EVENTS, ())),
}


@pytest.fixture(params=[*READERS, "history in parts"])
def reader(request, monkeypatch):
    if request.param == "history in parts":
        monkeypatch.setattr(reading, "_EVENTS_A_PART", 2)
        return READERS["history"]
    return READERS[request.param]


class Kept:
    """Steps whose result is kept."""

    def __init__(self, steps):
        self.result = None
        self.steps = self._run(steps)

    def _run(self, steps):
        self.result = yield from steps


@pytest.mark.parametrize(("folded", "slots"), [(HALF, "there"), (HALF, "removed"), (EVENTS, "removed")])
def test_a_reader_finds_each_event_once_whatever_moves_between_two_of_its_steps(
    accounts, reader, folded, slots
):
    read, expected = reader
    filled(accounts, folded=folded)
    collections = accounts._store.backend
    for moves in ((archive, restore), (restore, archive)):
        for place in count():
            run(moves[1](collections))
            if slots == "removed":
                run(gone(collections))
            kept = Kept(read(collections))
            again = driven(kept.steps, Between(place, partial(moves[0], collections)))
            assert kept.result == expected
            if not again:
                break


@pytest.mark.parametrize("first", [archive, restore])
def test_a_reader_whose_events_move_all_the_time_reads_them_or_says_so(accounts, reader, first):
    read, expected = reader
    filled(accounts)
    collections = accounts._store.backend
    moves = cycle([archive, restore] if first is archive else [restore, archive])

    def moving():
        steps, given = read(collections), None
        while True:
            try:
                call = steps.send(given)
            except StopIteration as end:
                return end.value
            run(next(moves)(collections))
            given = call()

    with suppress(OsirisError):
        assert moving() == expected


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 5])
def test_the_history_of_an_erased_stream_of_many_parts_ends(accounts, monkeypatch, parts):
    monkeypatch.setattr(reading, "_EVENTS_A_PART", parts)
    filled(accounts)
    accounts.erase("bob")

    assert list(accounts.history("bob")) == []
    assert accounts.verify().events == 0


class Before(CommandListener):
    """Acts before the commands of one name, each act once."""

    def __init__(self, command, *acts):
        self.command, self.acts = command, list(acts)

    def started(self, event):
        if event.command_name == self.command and self.acts:
            self.acts.pop(0)()

    def succeeded(self, event): ...

    def failed(self, event): ...


@pytest.mark.parametrize("missed", [[1, 2], [3, 4], ALL])
def test_events_that_one_look_at_log_and_archive_missed_are_looked_for_again(
    accounts, mongodb_url, mongodb_database, missed
):
    """Log and archive are folded by one command; what a restore moves between its halves is in neither."""
    filled(accounts)
    accounts.archive(keep=0)
    collections = accounts._store.backend
    run(gone(collections))
    collections.snapshots.update_many({}, {"$set": {"fingerprint": 0}})  # another declaration's
    held = list(collections.archive.find({"seq": {"$in": missed}}))
    collections.archive.delete_many({"seq": {"$in": missed}})
    # The snapshot and the tail are the first command, log and archive the second one.
    listener = Before("aggregate", lambda: None, lambda: None, partial(collections.archive.insert_many, held))
    with MongoClient(mongodb_url, event_listeners=[listener]) as client:
        reader = MongoRepository(Moved, client[mongodb_database.name])
        assert reader.state("bob").overtime == 2**EVENTS - 1
    assert listener.acts == []


@pytest.mark.parametrize("limit", [1, 2, 5, 10])
def test_a_feed_in_pages_has_every_event_of_a_log_with_an_archive(accounts, limit):
    accounts.append_many(NewEvent("old", {"overtime": 1}) for _ in range(10))
    accounts.append_many(NewEvent("erased", {"overtime": 1}) for _ in range(7))
    accounts.feed()
    accounts.snapshot("old")
    assert accounts.archive(keep=0) == 10
    accounts.append_many(NewEvent("new", {"overtime": 1}) for _ in range(10))
    accounts.feed()
    accounts.erase("erased")

    read, after = [], None
    while page := accounts.feed(after=after, limit=limit):
        assert len(page) <= limit
        read += [(event.context, event.seq) for event in page]
        after = page[-1].position
    assert sorted(read) == sorted((context, seq) for context in ("old", "new") for seq in range(1, 11))


async def test_an_asynchronous_reader_beside_a_restore_finds_every_event(
    accounts, mongodb_url, mongodb_database
):
    filled(accounts)
    accounts.archive(keep=0)

    class BeforeTheArchive(Before):
        def started(self, event):
            if str(event.command.get(event.command_name)).endswith("_archive"):
                super().started(event)

    client = AsyncMongoClient(
        mongodb_url,
        event_listeners=[BeforeTheArchive("find", accounts.restore, lambda: accounts.archive(keep=0))],
    )
    reader = AsyncMongoRepository(Moved, client[mongodb_database.name])
    assert [event.position for event in await reader.feed()] == ALL
    accounts.restore()
    accounts.archive(keep=0)
    assert [event.seq async for event in reader.history("bob")] == ALL
    assert (await reader.verify()).differences == ()
    await client.close()


@pytest.mark.parametrize("place", range(2, 16))
def test_an_event_that_came_after_the_archive_had_given_positions_stays_in_the_log(accounts, place):
    accounts.append("bob", overtime=1)
    accounts.snapshot("bob")

    def append():
        accounts.append("bob", overtime=2)
        accounts.snapshot("bob")

    def late():
        yield append

    assert driven(archive(accounts._store.backend), Between(place, late))
    assert [event.seq for event in accounts.feed()] == [1, 2]


# The feed's document


def without_the_feed(collections):
    collections.feed.drop()


def of_an_older_dump(collections):
    collections.feed.update_one({"_id": "feed"}, {"$set": {"position": 2}})


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("lost", [without_the_feed, of_an_older_dump])
def test_a_log_restored_without_its_feed_is_refused_until_its_command_has_mended_it(
    accounts, mongodb_database, lost, archived
):
    filled(accounts)
    if archived:
        accounts.archive(keep=0)
    lost(accounts._store.backend)
    restored = MongoRepository(Moved, mongodb_database)
    for repository in (accounts, restored):
        for call in (
            repository.feed,
            lambda repository=repository: repository.archive(keep=0),
        ):
            with pytest.raises(OsirisError, match=r"'moved_event_feed'.*position: Long\('4'\)"):
                call()
    restored.append("late", overtime=1)
    with pytest.raises(OsirisError, match="moved_event_feed"):
        restored.feed()

    # The command of the message, as a driver says it.
    accounts._store.backend.feed.update_one(
        {"_id": "feed"}, {"$set": {"position": EVENTS, "batch": []}}, upsert=True
    )
    assert [event.position for event in restored.feed()] == [*ALL, 5]
    assert [event.context for event in restored.feed(after=EVENTS)] == ["late"]
    assert restored.verify()


def test_a_restore_without_the_feed_is_refused_and_loses_nothing(accounts):
    filled(accounts)
    accounts.archive(keep=0)
    accounts._store.backend.feed.drop()

    with pytest.raises(OsirisError, match="moved_event_feed"):
        accounts.restore()
    assert [event.seq for event in accounts.history("bob")] == ALL


@pytest.mark.parametrize("after", [EVENTS + 1, 2**63, 10**40])
def test_a_position_that_was_never_given_is_refused(accounts, after):
    filled(accounts)

    with pytest.raises(OsirisError, match="has come to 4 only"):
        accounts.feed(after=after)
    assert accounts.feed(after=EVENTS) == []


@pytest.mark.parametrize("limit", [2**31, 2**63, 10**40])
def test_a_feed_without_end_is_all_of_it(accounts, limit):
    assert [event.position for event in filled(accounts).feed(limit=limit)] == ALL


# Writes that the majority has not confirmed


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_restore_that_the_majority_has_not_confirmed_leaves_the_archive_as_it_is(accounts, interrupted):
    filled(accounts)
    accounts.archive(keep=0)
    collections = accounts._store.backend
    if interrupted:
        # Its events are in the log already, but one: their keys are taken.
        held = list(collections.archive.find())
        accounts.restore()
        collections.archive.insert_many(held)
        collections.events.delete_one({"seq": 1})
    collections.events = collections.events.with_options(
        write_concern=WriteConcern(w=2, wtimeout=1)
    )  # there is no second server

    with pytest.raises(BulkWriteError):
        accounts.restore()
    assert collections.archive.count_documents({}) == EVENTS


def test_a_time_whose_events_one_look_missed_is_looked_for_again(accounts):
    """The log and the archive are read by one command; what a restore moves in between is in neither."""
    filled(accounts)
    accounts.archive(keep=0)
    collections = accounts._store.backend
    aggregate, held = collections.database.aggregate, list(collections.archive.find())

    def missed(pipeline, **options):
        collections.database.aggregate = aggregate
        collections.archive.delete_many({})
        (answer,) = aggregate(pipeline, **options).to_list()
        collections.archive.insert_many(held)
        restoring_now = [{**answer, "after": [{"restores": 1}]}]
        return aggregate([{"$documents": restoring_now}])

    collections.database.aggregate = missed
    assert run(past(MONDAY + timedelta(days=2), collections)) == (3, 7)


def test_a_batch_whose_commit_stays_unknown_is_not_taken_for_written(accounts):
    """The server was asked three times, and may have committed: its caller is told so, by the driver's error."""
    client, commits = accounts._store.backend.database.client, []
    start = client.start_session

    def unknown(*_, **__):
        commits.append(1)
        error = PyMongoError("no answer")
        error._add_error_label("UnknownTransactionCommitResult")
        raise error

    def session(*arguments, **options):
        started = start(*arguments, **options)
        started.commit_transaction = unknown
        return started

    client.start_session = session
    try:
        with pytest.raises(PyMongoError, match="no answer"):
            accounts.append_many([NewEvent("bob", {"overtime": 1})])
    finally:
        del client.start_session
    assert len(commits) == 3
