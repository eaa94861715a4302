"""Values that are changed in place: told by SQLAlchemy's Mutable extension, or found by comparison."""

import copy
import gc
import json
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, PickleType, event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.mutable import MutableDict, MutableList, MutableSet
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Latest,
    Merge,
    NewEvent,
    repository,
)
from sqla_osiris.writing.changes_in_place import notice_changes_in_place

pytestmark = pytest.mark.once_on_servers


class Base(DeclarativeBase):
    pass


class Badge(EventSourced, Base):
    id: Mapped[str] = Context()
    settings = Latest(MutableDict.as_mutable(JSON))
    doors = Latest(MutableSet.as_mutable(PickleType))
    visits = Latest(MutableList.as_mutable(JSON))
    profile = Aggregate(JSON, reducer=Merge())


class Desk(EventSourced, Base):
    """Values that nothing tells of."""

    id: Mapped[str] = Context()
    notes: Mapped[Any] = Latest(JSON, nullable=True)
    drawers: Mapped[Any] = Latest(PickleType, nullable=True)
    tracked: Mapped[Any] = Latest(MutableDict.as_mutable(JSON), nullable=True)
    places: Mapped[Any] = Latest(MutableSet.as_mutable(PickleType), nullable=True)
    merged = Aggregate(JSON, reducer=Merge())
    number: Mapped[int | None]


class Lamp(EventSourced, Base):
    id: Mapped[str] = Context()
    watts: Mapped[int | None]


@dataclass
class Drawer:
    """An object of an application's own."""

    content: list[str]


@pytest.fixture
def badge_session(engine: Engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            Badge(id="b", settings={"a": 1}, doors={1}, visits=["x"], profile={"p": {"q": 1}, "r": 2})
        )
        session.commit()
        yield session


def last_event(engine: Engine):
    return list(repository(Badge, engine).history("b"))[-1]


def test_a_tracked_dict_changed_in_place_is_an_event(engine, badge_session):
    badge = badge_session.get(Badge, "b")
    badge.settings["b"] = 2
    badge_session.commit()

    assert last_event(engine).fields == {"settings": {"a": 1, "b": 2}}


def test_a_tracked_set_changed_in_place_is_an_event(engine, badge_session):
    badge = badge_session.get(Badge, "b")
    badge.doors.add(2)
    badge_session.commit()

    assert last_event(engine).fields == {"doors": {1, 2}}


def test_a_tracked_list_changed_in_place_is_an_event(engine, badge_session):
    badge = badge_session.get(Badge, "b")
    badge.visits.append("y")
    badge_session.commit()

    assert last_event(engine).fields == {"visits": ["x", "y"]}


def test_a_merged_document_changed_in_place_says_its_difference_alone(engine, badge_session):
    badge = badge_session.get(Badge, "b")
    badge.profile["s"] = 3
    del badge.profile["r"]
    badge_session.commit()

    assert last_event(engine).fields == {"profile": {"s": 3, "r": None}}
    assert badge.profile == {"p": {"q": 1}, "s": 3}


# --- what nothing tells of: plain values, and what is nested in tracked ones ----------------------


@pytest.fixture
def desk_session(engine: Engine):
    """A session that has loaded nothing yet."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            Desk(
                id="d",
                notes={"a": [1, {"b": 2}]},
                drawers=[Drawer(["pen"])],
                tracked={"a": {"b": [1]}},
                places={1, 2},
                merged={"p": {"q": 1, "r": [1]}, "s": 1},
                number=1,
            )
        )
        session.commit()
    with Session(engine) as session:
        yield session


def events(engine: Engine):
    return [event.fields for event in repository(Desk, engine).history("d")][1:]


def said(fields):
    """As text: Python takes 1 for True."""
    return json.dumps(fields, sort_keys=True, default=repr)


def add_a_key(desk):
    desk.notes["c"] = 3


def remove_a_key(desk):
    del desk.notes["a"]


def replace_nested(desk):
    desk.notes["a"][1]["b"] = 5


def turn_one_into_true(desk):
    desk.notes["a"][0] = True


def append_nested(desk):
    desk.notes["a"].append(None)


def change_an_object(desk):
    desk.drawers[0].content.append("paper")


def change_nested_in_a_tracked_one(desk):
    desk.tracked["a"]["b"].append(2)


def change_nested_in_a_merged_one(desk):
    desk.merged["p"]["q"] = 2
    del desk.merged["p"]["r"]


CHANGES = [
    (add_a_key, {"notes": {"a": [1, {"b": 2}], "c": 3}}),
    (remove_a_key, {"notes": {}}),
    (replace_nested, {"notes": {"a": [1, {"b": 5}]}}),
    (turn_one_into_true, {"notes": {"a": [True, {"b": 2}]}}),
    (append_nested, {"notes": {"a": [1, {"b": 2}, None]}}),
    (change_an_object, {"drawers": [Drawer(["pen", "paper"])]}),
    (change_nested_in_a_tracked_one, {"tracked": {"a": {"b": [1, 2]}}}),
    (change_nested_in_a_merged_one, {"merged": {"p": {"q": 2, "r": None}}}),
]


@pytest.mark.parametrize(("change", "touched"), CHANGES, ids=lambda part: getattr(part, "__name__", ""))
def test_a_change_that_nothing_tells_of_is_an_event(engine, desk_session, change, touched):
    change(desk_session.get(Desk, "d"))
    desk_session.commit()

    assert said(events(engine)) == said([touched])


@pytest.mark.parametrize(("change", "touched"), CHANGES, ids=lambda part: getattr(part, "__name__", ""))
def test_a_change_of_an_object_that_was_just_added_is_an_event(engine, desk_session, change, touched):
    original = desk_session.get(Desk, "d")
    values = {
        key: copy.deepcopy(getattr(original, key))
        for key in ("notes", "drawers", "tracked", "places", "merged")
    }
    desk_session.add(desk := Desk(id="e", **values))
    desk_session.flush()
    change(desk)
    desk_session.commit()

    assert said([event.fields for event in repository(Desk, engine).history("e")][1:]) == said([touched])


def test_a_change_belongs_to_the_event_of_other_changes(engine, desk_session):
    desk = desk_session.get(Desk, "d")
    desk.notes["a"].clear()
    desk.number = 2
    desk_session.flush()
    desk_session.rollback()
    assert events(engine) == []

    desk.notes["a"].clear()
    desk.number = 2
    desk_session.commit()

    assert events(engine) == [{"notes": {"a": []}, "number": 2}]


def test_each_commit_finds_what_changed_since_the_last(engine, desk_session):
    desk = desk_session.get(Desk, "d")
    for number in range(3):
        desk.notes["n"] = number
        desk_session.commit()

    assert [fields["notes"]["n"] for fields in events(engine)] == [0, 1, 2]


def test_values_that_are_only_read_are_no_change(engine, desk_session):
    for _ in range(2):
        desk = desk_session.get(Desk, "d")
        assert (desk.notes["a"][0], desk.places, desk.merged["s"]) == (1, {1, 2}, 1)
        desk_session.commit()
        desk.number = (desk.number or 0) + 1
        desk_session.commit()

    assert events(engine) == [{"number": 2}, {"number": 3}]


def test_a_change_is_kept_though_nobody_refers_to_its_object(engine, desk_session):
    desk_session.get(Desk, "d").notes["c"] = 3
    gc.collect()
    desk_session.commit()

    assert events(engine) == [{"notes": {"a": [1, {"b": 2}], "c": 3}}]


def test_a_change_that_is_rolled_back_is_none(engine, desk_session):
    desk = desk_session.get(Desk, "d")
    desk.notes["c"] = 3
    desk_session.rollback()
    assert desk.notes == {"a": [1, {"b": 2}]}
    desk_session.commit()

    assert events(engine) == []


def test_a_change_of_an_object_that_does_not_expire_is_an_event(engine, desk_session):
    with Session(engine, expire_on_commit=False) as session:
        desk = session.get(Desk, "d")
        session.commit()
        desk.notes["a"].append(2)
        session.commit()
        desk.notes["a"].append(3)
        session.commit()

    assert [fields["notes"]["a"][2:] for fields in events(engine)] == [[2], [2, 3]]


def test_a_change_in_a_savepoint_is_an_event(engine, desk_session):
    desk = desk_session.get(Desk, "d")
    with desk_session.begin_nested():
        desk.notes["c"] = 3
    desk_session.commit()

    assert [list(fields) for fields in events(engine)] == [["notes"]]


def test_an_append_in_the_same_session_writes_the_change_first(engine, desk_session):
    desk_session.get(Desk, "d").notes["c"] = 3
    repository(Desk, desk_session).append("d", number=2)
    desk_session.commit()

    assert [list(fields) for fields in events(engine)] == [["notes"], ["number"]]


def test_a_change_in_place_loses_a_race_like_any_other(engine, desk_session):
    desk = desk_session.get(Desk, "d")
    desk.notes["c"] = 3
    desk_session.rollback()
    with Session(engine, expire_on_commit=False) as late:
        late.get(Desk, "d")
        late.commit()
        repository(Desk, engine).append("d", number=9)
        late.get(Desk, "d").notes["c"] = 3

        with pytest.raises(ConcurrentAppend):
            late.commit()


def test_a_session_lets_go_of_objects_that_expired(engine, desk_session):
    desk_session.get(Desk, "d")
    desk_session.commit()
    gc.collect()

    assert len(desk_session.identity_map) == 0


def test_a_stream_of_results_holds_no_object(engine, desk_session):
    repository(Desk, engine).append_many(NewEvent(f"n{i}", {"notes": {"n": i}}) for i in range(50))
    alive = 0
    for _ in desk_session.scalars(select(Desk).execution_options(yield_per=5)):
        alive = max(alive, len(desk_session.identity_map))

    assert alive <= 15


def test_a_session_without_such_a_model_gets_no_listener(engine, desk_session):
    with Session(engine) as session:
        session.add(Lamp(id="l", watts=5))
        session.commit()
        session.get(Lamp, "l").watts = 6
        session.commit()

        assert not event.contains(session, "before_commit", notice_changes_in_place)


def test_an_object_that_was_pickled_keeps_its_values_and_has_them_noticed(engine, desk_session):
    pickled = pickle.dumps(desk_session.get(Desk, "d"))
    desk_session.close()
    desk = pickle.loads(pickled)  # noqa: S301
    desk_session.add(desk)
    desk.merged["s"] = 2
    desk_session.commit()

    assert events(engine) == [{"merged": {"s": 2}}]


@pytest.mark.asyncio
async def test_an_asynchronous_session_finds_it_too(async_engine):
    # aiomysql cannot write bytes, which places are: tests/databases/mysql/test_drivers.py.
    pickled = {} if async_engine.driver == "aiomysql" else {"places": set()}
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(async_engine) as session:
        session.add(Desk(id="d", notes={"a": [1]}, tracked={}, **pickled))
        await session.commit()
        desk = await session.get(Desk, "d")
        desk.notes["a"].append(2)
        await session.commit()
        await session.refresh(desk)

        assert (desk.notes, desk.seq) == ({"a": [1, 2]}, 2)
