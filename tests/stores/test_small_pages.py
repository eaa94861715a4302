"""A store whose pages are of 1, 2 or 5 gives what the memory gives, wherever a page ends: at an archive, a hole, the end."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from sqlalchemy import Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    DynamoRepository,
    EventSourced,
    Latest,
    MemoryRepository,
    MongoRepository,
    Never,
    NewEvent,
    SQLRepository,
    copy,
    export_events,
    import_events,
)
from tests.selection import pairs
from tests.stores.small_pages import small_pages, with_small_answers

CONTEXTS = ["a", "b", "c"]
START = datetime(2020, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class Paged(EventSourced, Base):
    __tablename__ = "paged"
    __snapshot__ = Never()
    __archive__ = True
    id = Context(String(20))
    name = Latest(String(20))
    total = Aggregate(Integer)


Opened = Callable[[], Any]
"""Opens a repository on an empty store."""


def on_sqlite(request: pytest.FixtureRequest) -> Opened:
    folder, numbers = request.getfixturevalue("tmp_path"), count()

    def opened() -> SQLRepository[Paged]:
        engine = create_engine(f"sqlite:///{folder}/{next(numbers)}.db")
        request.addfinalizer(engine.dispose)
        return SQLRepository(Paged, engine)

    return opened


def on_a_server(request: pytest.FixtureRequest, database: str) -> Opened:
    engine = create_engine(request.getfixturevalue(f"{database}_database"))
    request.addfinalizer(engine.dispose)

    def opened() -> SQLRepository[Paged]:
        Base.metadata.drop_all(engine)
        return SQLRepository(Paged, engine)

    return opened


def on_mongodb(request: pytest.FixtureRequest) -> Opened:
    database = request.getfixturevalue("mongodb_database")

    def opened() -> MongoRepository[Paged]:
        for name in database.list_collection_names():
            database[name].delete_many({})
        return MongoRepository(Paged, database)

    return opened


def on_dynamodb(request: pytest.FixtureRequest) -> Opened:
    prefix, numbers, size = request.getfixturevalue("prefix"), count(), request.getfixturevalue("size")
    client = with_small_answers(request.getfixturevalue("dynamodb"), lambda: size)
    return lambda: DynamoRepository(Paged, client, table_prefix=f"{prefix}{next(numbers)}_")


STORES = {
    "sqlite": on_sqlite,
    "postgresql": lambda request: on_a_server(request, "postgresql"),
    "mariadb": lambda request: on_a_server(request, "mariadb"),
    "mysql": lambda request: on_a_server(request, "mysql"),
    "mongodb": on_mongodb,
    "dynamodb": on_dynamodb,
}


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Iterator[int]:
    with small_pages(request.param):
        yield request.param


@pytest.fixture
def opened(request: pytest.FixtureRequest, size: int) -> Opened:
    return STORES[request.param](request)


contexts = st.sampled_from(CONTEXTS)
events = st.builds(
    lambda context, total, day, ends, number: NewEvent(
        context,
        {} if ends else {"total": total, "name": str(total)},
        event_id=UUID(int=number) if number else None,
        recorded_at=START + timedelta(days=day),
        ends=ends,
    ),
    contexts,
    st.integers(1, 9),
    st.integers(0, 9),
    st.sampled_from([False] * 9 + [True]),
    st.sampled_from([0, 0, 0, 0, 1, 2]),  # ids that come again, when their events are archived too
)
steps = st.one_of(
    st.tuples(st.just("append"), st.lists(events, min_size=1, max_size=3)),
    st.tuples(st.just("append"), st.lists(events, min_size=4, max_size=6)),
    st.tuples(st.just("feed"), st.integers(1, 9)),
    st.tuples(st.just("archive"), st.fixed_dictionaries({"keep": st.integers(0, 2)})),
    st.tuples(
        st.just("archive"),
        st.fixed_dictionaries({"before": st.integers(1, 9).map(lambda day: START + timedelta(days=day))}),
    ),
    st.tuples(st.just("restore"), st.none() | contexts),
    st.tuples(st.just("redact"), contexts),
    st.tuples(st.just("erase"), contexts),
)


def make(repository: Any, step: str, said: Any) -> None:
    if step == "append":
        erased = set(repository.erased())
        repository.append_many(event for event in said if event.context not in erased)
    elif step == "feed":
        repository.feed(limit=said)
    elif step == "archive":
        for context in CONTEXTS:
            repository.snapshot(context)
        repository.archive(**said)
    elif step == "restore":
        repository.restore(said)
    elif step == "redact":
        if any(True for _ in repository.history(said)):
            repository.redact(said, 1, "name", reason="asked")
    else:
        repository.erase(said)


def said(event: Any) -> Any:
    return event.context, event.seq, dict(event.fields), event.event_type, event.ends


def state_of(state: Any) -> Any:
    return None if state is None else (state.id, state.seq, state.name, state.total)


def fed(repository: Any, limit: int) -> list[Any]:
    read: list[Any] = []
    while page := repository.feed(after=read[-1].position if read else None, limit=limit):
        assert len(page) <= limit
        read += page
    return read


def readable(repository: Any, histories: dict[str, list[Any]]) -> Any:
    """All that a reader sees but for the order of the feed; ``histories`` says how long the streams are."""
    return {
        "from some seqs on": {
            (context, seq): list(map(said, repository.history(context, after=seq)))
            for context, events in histories.items()
            for seq in {0, len(events) // 2, len(events)}
        },
        "past": {
            (context, seq): state_of(repository.state(context, at=seq))
            for context, events in histories.items()
            for seq in {1, len(events) // 2}
        },
        "states": sorted(map(state_of, repository.states())),
        "some": list(map(state_of, repository.states([*CONTEXTS, "nobody"]))),
    }


def agree(store: Any, memory: Any, limit: int) -> list[Any]:
    """Compare all that readers see; the feed as it is read in pages of this many."""
    histories = {context: list(memory.history(context)) for context in CONTEXTS}
    assert readable(store, histories) == readable(memory, histories)

    feed = fed(store, limit)
    positions = [event.position for event in feed]
    assert positions == sorted(set(positions))
    for context, stream in histories.items():
        assert [said(event) for event in feed if event.context == context] == list(map(said, stream))
    assert len(feed) == sum(map(len, histories.values()))
    found = store.verify()
    assert (found.events, found.differences) == (len(feed), ())
    exported, copied, imported = io.StringIO(), MemoryRepository(Paged), MemoryRepository(Paged)
    assert export_events(store, exported) == len(feed)
    exported.seek(0)
    import_events(imported, exported)
    copy(store, copied)
    for other in (copied, imported):
        assert readable(other, histories) == readable(memory, histories)
    return [(event.context, event.seq) for event in feed]


@pytest.mark.parametrize(
    ("opened", "size"),
    pairs(sqlite=[1, 2, 5], postgresql=[2], mariadb=[2], mysql=[2], mongodb=[2], dynamodb=[2]),
    indirect=True,
)
@settings(max_examples=settings.default.max_examples // 5)
@given(data=st.data())
def test_a_store_of_small_pages_is_the_memory(opened: Opened, size: int, data: DataObject) -> None:
    store, memory = opened(), MemoryRepository(Paged)
    store.create()
    limit, before = data.draw(st.integers(1, 6), "limit"), list[Any]()
    for step, said in data.draw(st.lists(steps, min_size=4, max_size=9), "steps"):
        for repository in (memory, store):
            make(repository, step, said)
        if step == "archive":
            before = [(event.context, event.seq) for event in fed(store, limit)]
    feed = agree(store, memory, limit)
    kept = [place for place in before if place in feed]
    assert feed[: len(kept)] == kept
