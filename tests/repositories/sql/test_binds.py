"""A session's own choice of engine holds for a model's log, for its views and for its repository."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Delete, Engine, Insert, Integer, String, Update, create_engine, func, select
from sqlalchemy.ext.horizontal_shard import ShardedSession
from sqlalchemy.orm import DeclarativeBase, Session, aliased, sessionmaker

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    EventView,
    Every,
    Latest,
    NewEvent,
    NotExpressible,
    as_of,
    grouped_by,
    repository,
)


class Base(DeclarativeBase):
    pass


class Item(EventSourced, Base):
    __archive__ = True

    id = Context(String(9))
    kind = Latest(String(9))
    stock = Aggregate(Integer)


class Kind(EventView, of=Item, by="kind"):
    __snapshot__ = Every(1)

    stock = Aggregate(Integer)


ByKind = grouped_by(Item, Item.Event.kind)


class Priced:
    """A mixin."""

    price = Latest(Integer)


class Goods(Base):
    __abstract__ = True


class Ware(EventSourced, Priced, Goods):
    id = Context(String(9))
    stock = Aggregate(Integer)


class Price(EventView, of=Ware, by="price"):
    __snapshot__ = Every(1)

    stock = Aggregate(Integer)


ByPrice = grouped_by(Ware, Ware.Event.price)


@pytest.fixture
def leader(engine):
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def follower(tmp_path):
    """Another database, which has the tables too."""
    engine = create_engine(f"sqlite:///{tmp_path / 'follower.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def bound(leader, follower):
    """Makes sessions that have the model elsewhere than everything else."""
    return sessionmaker(bind=follower, binds={Item: leader})


@pytest.fixture(params=["as documented", "inserts too"])
def routed(request, leader, follower):
    """Makes sessions that send writes to the leader, as SQLAlchemy's documentation has it, and reads to the follower."""
    writes = (Update, Delete) if request.param == "as documented" else (Insert, Update, Delete)

    class Routed(Session):
        def get_bind(self, mapper=None, *, clause=None, **_):
            return leader if self._flushing or isinstance(clause, writes) else follower

    return sessionmaker(class_=Routed)


def events(engine: Engine) -> int:
    with engine.connect() as connection:
        # SQLite keeps the place of an erased event, with a seq below zero.
        return connection.scalar(select(func.count()).where(Item.Event.__table__.c.seq > 0))


def test_everything_of_a_model_is_where_the_session_binds_the_model(bound, leader, follower):
    with bound() as session:
        session.add(Item(id="a", kind="x", stock=1))
        session.commit()
        read = [Item.stock, Item.Event.seq, Item.Snapshot.seq, Kind.stock, ByKind.stock, as_of(Item, 1).stock]
        assert [session.scalars(select(each)).all() for each in read] == [[1]] * len(read)
        assert session.scalars(select(Item.Event)).one().stock == 1
        assert session.scalars(select(Item.Event.__table__.c.seq)).all() == [1]
    assert (events(leader), events(follower)) == (1, 0)


@pytest.mark.parametrize("base", [Base, Goods, Priced])
def test_everything_of_a_model_is_where_the_session_binds_a_base_of_the_model(leader, follower, base):
    with Session(follower, binds={base: leader}) as session:
        session.add(Ware(id="a", price=3, stock=1))
        session.flush()
        wares = repository(Ware, session)
        wares.append("b", price=3, stock=2)
        wares.snapshots()
        session.commit()
        read = {
            Ware: 2, Ware.Event: 2, aliased(Ware.Event): 2, Ware.Snapshot: 2, as_of(Ware, 1): 2,
            Price: 1, ByPrice: 1, as_of(Price, 1): 1,
        }  # fmt: skip
        assert {each: len(session.scalars(select(each)).all()) for each in read} == read
        assert session.get(Price, 3).stock == session.scalar(select(ByPrice.stock)) == 3
        assert session.get(Ware.Event, ("b", 1)).stock == session.get(Ware.Snapshot, "b").stock == 2
        assert session.scalar(select(func.count(Ware.Event.seq))) == 2
    with follower.connect() as connection:
        tables = (Ware.Event.__table__, Ware.Snapshot.__table__)
        assert [connection.scalar(select(func.count()).select_from(table)) for table in tables] == [0, 0]


def test_the_model_is_bound_before_its_bases(leader, follower):
    repository(Ware, leader).append("a", price=3, stock=1)
    with Session(follower, binds={Base: follower, Ware: leader}) as session:
        read = (Ware, Ware.Event, Ware.Snapshot, Price, ByPrice)
        assert [len(session.scalars(select(each)).all()) for each in read] == [1] * len(read)


def test_rows_and_views_have_nothing_of_the_models_bases(leader):
    for each in (Ware.Event, Ware.Snapshot, Price, ByPrice):
        assert not issubclass(each, Base | Priced)
        assert Base not in each.__mro__
        assert not hasattr(each, "Event")


@pytest.mark.parametrize("kind", ["session", "sessionmaker"])
def test_a_repository_is_where_the_session_binds_the_model(bound, leader, follower, kind):
    with bound() as session:
        items = repository(Item, session if kind == "session" else bound)
        items.append("a", stock=1)
        items.append_many([NewEvent("a", {"stock": 2})])
        assert [items.state("a").stock, items.state("a", at=1).stock] == [3, 1]
        assert len(list(items.history("a"))) == 2
        assert [each.stock for each in items.states()] == [3]
        session.commit()
        assert len(items.feed()) == 2
    assert (events(leader), events(follower)) == (2, 0)


@pytest.mark.parametrize("kind", ["session", "sessionmaker"])
def test_what_a_repository_writes_goes_where_the_session_sends_writes(routed, leader, follower, kind):
    with routed() as session:
        items = repository(Item, session if kind == "session" else routed)
        items.append("a", stock=1)
        items.append_many([NewEvent(name, {"stock": 2}) for name in "abc"])
        items.snapshot("a")
        items.snapshots()
        assert items.archive(before=datetime(2100, 1, 1, tzinfo=UTC)) == 4
        assert items.restore() == 4
        assert items.redact("a", 1, "stock", reason="told to") is not None
        assert items.erase("b") == 1
        session.commit()
    assert (events(leader), events(follower)) == (4, 0)


@pytest.mark.parametrize("kind", ["session", "sessionmaker"])
def test_what_a_repository_reads_comes_from_where_the_session_sends_reads(routed, follower, kind):
    repository(Item, follower).append("a", stock=7)
    with routed() as session:
        items = repository(Item, session if kind == "session" else routed)
        assert [items.state("a").stock, items.state("a", at=1).stock] == [7, 7]
        assert [each.fields for each in items.feed()] == [each.fields for each in items.history("a")]
        assert items.verify().contexts == 1


def test_models_that_are_bound_apart_are_flushed_together(leader, follower):
    class Base(DeclarativeBase):
        pass

    def model(name):
        return type(name, (EventSourced, Base), {"id": Context(String(9)), "stock": Aggregate(Integer)})

    here, there = model("Here"), model("There")
    for each in (leader, follower):
        Base.metadata.create_all(each)
    with Session(binds={here: leader, there: follower}) as session:
        session.add_all([here(id="a", stock=1), there(id="a", stock=2), here(id="b", stock=3)])
        session.commit()
    found = {}
    for engine in (leader, follower):
        with Session(engine) as session:
            found[engine] = [
                session.scalars(select(each.stock).order_by(each.id)).all() for each in (here, there)
            ]
    assert found == {leader: [[1, 3], []], follower: [[], [2]]}


def test_a_repository_on_a_sharded_session_is_refused(leader):
    sharded = sessionmaker(
        class_=ShardedSession,
        shards={"only": leader},
        shard_chooser=lambda *_, **__: "only",
        identity_chooser=lambda *_, **__: ["only"],
        execute_chooser=lambda _: ["only"],
    )
    with sharded() as session:
        for target in (sharded, session):
            with pytest.raises(NotExpressible, match="one in each shard"):
                repository(Item, target)
