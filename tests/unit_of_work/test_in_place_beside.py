"""Values changed in place are compared with what was loaded, whatever else happens to their object."""

import gc
import pickle
from typing import Any
from weakref import ref

import pytest
from sqlalchemy import JSON, Engine, PickleType, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Latest,
    Merge,
    NewEvent,
    NotExpressible,
    Reducer,
    repository,
)
from tests.kept_tables import EngineWith

pytestmark = pytest.mark.once_on_servers


class PerKey(Reducer):
    """Adds numbers, each under its key."""

    def identity(self) -> dict[str, int]:
        return {}

    def lift(self, touch: dict[str, int]) -> dict[str, int]:
        return touch

    def merge(self, left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
        return {key: left.get(key, 0) + right.get(key, 0) for key in {**left, **right}}

    def touch_between(self, before: Any, after: Any) -> dict[str, int]:
        return {key: value - (before or {}).get(key, 0) for key, value in after.items()}


class Base(DeclarativeBase):
    pass


class Item(EventSourced, Base):
    __tablename__ = "item"
    id: Mapped[int] = Context()
    stock: Mapped[int] = Aggregate()
    data: Mapped[Any] = Latest(JSON, nullable=True)
    pickled: Mapped[Any] = Latest(PickleType, nullable=True)
    tracked: Mapped[Any] = Latest(MutableDict.as_mutable(JSON), nullable=True)
    merged: Mapped[Any] = Aggregate(JSON, reducer=Merge())
    counts: Mapped[dict[str, int]] = Aggregate(JSON, reducer=PerKey(), state_type=JSON)


FIELDS = ["data", "pickled", "tracked", "merged", "counts"]


@pytest.fixture
def engine(engine_with: EngineWith):
    return engine_with(Base.metadata)


@pytest.fixture
def session(engine: Engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def item(session):
    """One with {"a": 1} in each field, loaded."""
    session.add(item := Item(id=1, **{field: {"a": 1} for field in FIELDS}))
    session.commit()
    session.refresh(item)
    return item


def count(engine_or_session) -> int:
    return len(list(repository(Item, engine_or_session).history(1)))


# --- then assigned --------------------------------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_that_an_equal_value_replaces_is_written(session, item, field):
    getattr(item, field)["a"] = 2
    setattr(item, field, {"a": 2})
    session.commit()

    assert (getattr(item, field), count(session)) == ({"a": 2}, 2)


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_that_another_value_replaces_leads_to_that_value(session, item, field):
    getattr(item, field)["a"] = 5
    setattr(item, field, {"a": 7})
    session.commit()

    assert getattr(item, field) == {"a": 7}


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_that_the_loaded_value_replaces_is_none(session, item, field):
    getattr(item, field)["a"] = 5
    setattr(item, field, {"a": 1})
    session.commit()

    assert (getattr(item, field), count(session)) == ({"a": 1}, 1)


@pytest.mark.parametrize("field", FIELDS)
def test_a_changed_value_that_is_assigned_itself_is_written(session, item, field):
    value = getattr(item, field)
    value["a"] = 2
    setattr(item, field, value)
    session.commit()

    assert getattr(item, field) == {"a": 2}


@pytest.mark.parametrize("field", FIELDS)
def test_a_value_that_is_assigned_and_then_changed_is_written_as_it_is_at_the_flush(session, item, field):
    setattr(item, field, {"a": 3})
    getattr(item, field)["a"] = 4
    session.commit()

    assert (getattr(item, field), count(session)) == ({"a": 4}, 2)


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_after_an_assignment_was_flushed_is_written(session, item, field):
    setattr(item, field, {"a": 3})
    session.flush()
    getattr(item, field)["a"] = 4
    session.commit()

    assert (getattr(item, field), count(session)) == ({"a": 4}, 3)


@pytest.mark.parametrize("field", ["data", "pickled"])
@pytest.mark.parametrize("value", [{"a": True}, {"a": 1.0}], ids=str)
def test_a_value_that_python_takes_for_its_equal_is_another(session, item, field, value):
    setattr(item, field, value)
    session.commit()

    assert repr(getattr(item, field)) == repr(value)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("expired", [True, False])
def test_assigning_an_equal_of_what_was_loaded_is_no_change(session, item, field, expired):
    if expired:
        session.expire(item)
    setattr(item, field, {"a": 1})
    session.commit()

    assert count(session) == 1


# --- savepoints -----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("flushed", [True, False])
def test_a_change_inside_a_savepoint_that_is_rolled_back_is_not_written(session, item, field, flushed):
    savepoint = session.begin_nested()
    getattr(item, field)["a"] = 2
    if flushed:
        item.stock += 1
        session.flush()
    savepoint.rollback()
    session.commit()

    assert (getattr(item, field), item.stock) == ({"a": 1}, 0)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("flushed", [True, False])
def test_a_change_before_a_savepoint_outlives_its_rollback(session, item, field, flushed):
    getattr(item, field)["a"] = 2
    savepoint = session.begin_nested()
    if flushed:
        item.stock += 1
        session.flush()
    savepoint.rollback()
    session.commit()

    assert (getattr(item, field), item.stock) == ({"a": 2}, 0)


@pytest.mark.parametrize("field", FIELDS)
def test_changes_before_and_inside_a_savepoint_are_told_apart(session, item, field):
    getattr(item, field)["a"] = 2
    with session.begin_nested() as savepoint:
        getattr(item, field)["a"] = 3
        savepoint.rollback()
    with session.begin(nested=True):
        getattr(item, field)["b"] = 4
    session.commit()

    assert getattr(item, field) == {"a": 2, "b": 4}


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_inside_an_inner_savepoint_is_the_outer_ones_once_that_is_released(session, item, field):
    outer = session.begin_nested()
    with session.begin_nested():
        getattr(item, field)["a"] = 2
    outer.rollback()
    session.commit()

    assert getattr(item, field) == {"a": 1}


def test_a_change_before_a_refused_flush_in_a_savepoint_is_written(session, item):
    item.data["a"] = 2
    with session.begin_nested() as savepoint:
        item.stock = None
        with pytest.raises(NotExpressible):
            session.flush()
        savepoint.rollback()
    item.stock += 5
    session.commit()

    assert (item.data, item.stock) == ({"a": 2}, 5)


# --- expiry, refreshing, merging, leaving ---------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
def test_an_expired_change_is_dropped_as_an_assignment_is(session, item, field):
    getattr(item, field)["a"] = 2
    session.expire(item)
    session.commit()

    assert (getattr(item, field), count(session)) == ({"a": 1}, 1)


@pytest.mark.parametrize("field", FIELDS)
def test_a_refresh_drops_a_change_as_it_does_an_assignment(session, item, field):
    getattr(item, field)["a"] = 2
    item.stock = 3
    session.refresh(item)
    session.commit()

    assert (getattr(item, field), item.stock, count(session)) == ({"a": 1}, 0, 1)


READS = {
    "populate_existing": lambda session: session.scalars(
        select(Item).execution_options(populate_existing=True)
    ).one(),
    "get": lambda session: session.get(Item, 1, populate_existing=True),
    "repository": lambda session: repository(Item, session).state(1),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_read_that_overwrites_what_is_loaded_flushes_a_change_first(session, item, field, read):
    getattr(item, field)["a"] = 2
    read(session)
    session.commit()

    assert getattr(item, field) == {"a": 2}


@pytest.mark.parametrize("field", FIELDS)
def test_merging_onto_a_changed_object_leads_to_what_was_merged(session, item, field):
    getattr(item, field)["a"] = 5
    session.merge(Item(id=1, **{field: {"a": 7}}))
    session.commit()

    assert getattr(item, field) == {"a": 7}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("pickles", [True, False])
@pytest.mark.parametrize("when", ["before", "while detached", "after"])
def test_a_change_goes_along_into_another_session(engine, session, item, field, when, pickles):
    if when == "before":
        getattr(item, field)["a"] = 2
    session.expunge(item)
    if when == "while detached":
        getattr(item, field)["a"] = 2
    if pickles:
        item = pickle.loads(pickle.dumps(item))  # noqa: S301
    session.close()
    with Session(engine) as other:
        other.add(item)
        if when == "after":
            getattr(item, field)["a"] = 2
        other.commit()
        assert getattr(item, field) == {"a": 2}


# --- what a session keeps -------------------------------------------------------------------------


LEAVE = {
    "expunge": lambda session, seen: [session.expunge(each()) for each in seen],
    "expunge_all": lambda session, _: session.expunge_all(),
    "expire_all": lambda session, _: session.expire_all(),
    "expire": lambda session, seen: [session.expire(each()) for each in seen],
    "rollback": lambda session, _: session.rollback(),
    "close": lambda session, _: session.close(),
}


@pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)
def test_objects_that_left_or_expired_are_not_kept(engine, session, leave):
    repository(Item, engine).append_many(NewEvent(number, {"data": {}}) for number in range(20))
    seen = [ref(each) for each in session.scalars(select(Item))]
    assert all(each() is not None for each in seen)
    leave(session, seen)
    gc.collect()

    assert sum(each() is not None for each in seen) == 0


def test_deleted_objects_are_not_kept(engine, session):
    repository(Item, engine).append_many(NewEvent(number, {"data": {}}) for number in range(20))
    seen = []
    for each in session.scalars(select(Item)):
        seen.append(ref(each))
        session.delete(each)
    del each
    session.commit()
    gc.collect()

    assert sum(each() is not None for each in seen) == 0


def test_a_change_of_an_object_read_anew_is_kept_though_nobody_refers_to_it(session, item):
    session.commit()
    assert item.data == {"a": 1}
    item.data["a"] = 2
    del item
    gc.collect()
    session.commit()

    assert session.get(Item, 1).data == {"a": 2}


@pytest.mark.asyncio
async def test_an_asynchronous_session_tells_savepoints_apart_too(async_engine):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(async_engine) as session:
        session.add(Item(id=1, data={"a": 1}))
        await session.commit()
        item = await session.get(Item, 1)
        item.data["a"] = 2
        savepoint = await session.begin_nested()
        await session.refresh(item)
        assert item.data == {"a": 2}
        item.data["a"] = 3
        await savepoint.rollback()
        await session.commit()
        await session.refresh(item)

        assert item.data == {"a": 2}
