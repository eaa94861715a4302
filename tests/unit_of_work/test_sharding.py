"""Under SQLAlchemy's ShardedSession each object stays in its shard, in the present and in the past."""

import pytest
from sqlalchemy import ForeignKey, String, create_engine, delete, event, select, update
from sqlalchemy.ext.horizontal_shard import ShardedSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship, sessionmaker

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Latest,
    as_of,
    repository,
    time_travel,
)


class Base(DeclarativeBase):
    pass


class Item(EventSourced, Base):
    __tablename__ = "item"
    id: Mapped[str] = Context(String(9))
    stock: Mapped[int] = Aggregate()
    note: Mapped[str | None] = Latest(String(9))


class Part(EventSourced, Base):
    __tablename__ = "part"
    id: Mapped[str] = Context(String(9))
    whole_id: Mapped[str | None] = Latest(ForeignKey("item_snapshot.id"))
    whole: Mapped[Item | None] = relationship()


@pytest.fixture
def shards(engine, tmp_path):
    """Names from a to m live in the first, the others in the second; a name may be in both."""
    second = create_engine(f"sqlite:///{tmp_path / 'second.db'}")
    shards = {"first": engine, "second": second}
    for each in shards.values():
        Base.metadata.create_all(each)
    yield shards
    second.dispose()


@pytest.fixture
def sharded(shards):
    def of_name(name):
        return "first" if name < "n" else "second"

    def chosen(execution):
        state = execution.lazy_loaded_from if execution.is_select else None
        return list(shards) if state is None else [state.identity_token]

    return sessionmaker(
        class_=ShardedSession,
        shards=shards,
        shard_chooser=lambda _mapper, instance, clause=None: of_name(instance.id),
        identity_chooser=lambda _mapper, key, **_: [of_name(key[0])],
        execute_chooser=chosen,
    )


@pytest.fixture
def stocked(shards):
    for engine, name in zip(shards.values(), ["ann", "zoe"], strict=True):
        repository(Item, engine).append(name, stock=1, note=name)


def stocks(shards) -> list[dict]:
    found = []
    for engine in shards.values():
        with Session(engine) as session:
            found.append(dict(session.execute(select(Item.id, Item.stock)).all()))
    return found


def test_a_flush_writes_each_object_into_its_shard(shards, sharded):
    with sharded() as session:
        session.add_all(
            [Item(id=name, stock=number) for number, name in enumerate(["ann", "zoe", "bob", "yan"])]
        )
        session.commit()
    assert stocks(shards) == [{"ann": 0, "bob": 2}, {"zoe": 1, "yan": 3}]


def test_a_flush_changes_each_object_in_its_shard(shards, sharded, stocked):
    with sharded() as session:
        for one in session.scalars(select(Item)):
            one.stock += 1
        session.commit()
    assert stocks(shards) == [{"ann": 2}, {"zoe": 2}]


def test_objects_that_expired_are_changed_in_their_shards(shards, sharded, stocked):
    with sharded() as session:
        items = session.scalars(select(Item)).all()
        session.commit()
        for one in items:
            one.stock, one.note = 5, "ann"
        session.commit()
        assert [one.seq for one in items] == [2, 2]
    assert stocks(shards) == [{"ann": 5}, {"zoe": 5}]
    assert [list(repository(Item, each).feed())[-1].fields for each in shards.values()] == [
        {"stock": 4},
        {"stock": 4, "note": "ann"},
    ]


def test_a_flush_ends_and_begins_each_stream_in_its_shard(shards, sharded, stocked):
    with sharded() as session:
        for one in session.scalars(select(Item)).all():
            session.delete(one)
            session.add(Item(id=one.id, stock=7))
        session.commit()
    assert stocks(shards) == [{"ann": 7}, {"zoe": 7}]


def test_a_race_lost_in_one_shard_is_told(shards, sharded, stocked):
    with sharded() as session:
        items = session.scalars(select(Item)).all()
        repository(Item, shards["second"]).append("zoe", stock=1)
        for one in items:
            one.stock += 1
        with pytest.raises(ConcurrentAppend, match="zoe"):
            session.commit()
    assert stocks(shards) == [{"ann": 1}, {"zoe": 2}]


@pytest.fixture
def twice(shards):
    """One key in both shards."""
    for engine, stock in zip(shards.values(), [1, 100], strict=True):
        repository(Item, engine).append("same", stock=stock)
        repository(Item, engine).append("same", stock=stock)


@pytest.mark.parametrize("read_before", [False, True])
def test_one_key_in_two_shards_is_two_objects_in_the_past_too(sharded, twice, read_before):
    with sharded() as session:
        if read_before:
            assert sorted(one.stock for one in session.scalars(select(Item))) == [2, 200]
        for _ in range(2):
            assert sorted(past.stock for past in session.scalars(select(as_of(Item, 1)))) == [1, 100]
        assert sorted(one.stock for one in session.scalars(select(Item))) == [2, 200]


def test_time_travel_sees_each_shard(sharded, stocked, twice):
    with sharded() as session:
        with time_travel(session, 1):
            assert sorted(past.stock for past in session.scalars(select(Item))) == [1, 1, 1, 100]
            session.expunge_all()
            assert session.get(Item, "zoe").stock == 1
            assert session.get(Item, "zoe") is session.get(Item, "zoe")
        assert sorted(one.stock for one in session.scalars(select(Item))) == [1, 1, 2, 200]


def test_a_past_object_of_a_shard_can_be_refreshed(sharded, twice):
    with sharded() as session:
        for past in session.scalars(select(as_of(Item, 1))).all():
            before = past.stock
            session.refresh(past)
            assert past.stock == before
            session.expire(past)
            assert past.stock == before


def test_what_a_past_object_refers_to_is_of_its_shard(shards, sharded, twice):
    for engine in shards.values():
        repository(Part, engine).append("part", whole_id="same")
    with sharded() as session:
        parts = session.scalars(select(as_of(Part, 1))).all()
        assert sorted(part.whole.stock for part in parts) == [1, 100]


def test_a_statement_of_each_shard_is_sent_to_that_shard_alone(shards, sharded, stocked):
    sent = {name: [] for name in shards}
    for name, engine in shards.items():
        event.listen(engine, "before_cursor_execute", lambda *args, name=name: sent[name].append(args[2]))
    with sharded() as session:
        session.add(Item(id="bob"))
        session.commit()
    assert sent["first"]
    assert not sent["second"]


def test_a_bulk_statement_writes_in_each_shard(shards, sharded, stocked):
    with sharded() as session:
        zoe = session.get_one(Item, "zoe")
        changed = session.execute(update(Item).values(stock=Item.stock + 1, note="new"))
        assert (changed.rowcount, zoe.note, zoe.stock) == (2, "new", 2)
        assert session.execute(delete(Item).where(Item.id == "ann")).rowcount == 1
        session.commit()
    assert stocks(shards) == [{}, {"zoe": 2}]
