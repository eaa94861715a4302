"""Values that are changed in place: noticed where SQLAlchemy's Mutable extension tracks them."""

import pytest
from sqlalchemy import JSON, Engine, PickleType
from sqlalchemy.ext.mutable import MutableDict, MutableList, MutableSet
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import Aggregate, Context, EventSourced, Latest, Merge, repository


class Base(DeclarativeBase):
    pass


class Badge(EventSourced, Base):
    id: Mapped[str] = Context()
    settings = Latest(MutableDict.as_mutable(JSON))
    doors = Latest(MutableSet.as_mutable(PickleType))
    visits = Latest(MutableList.as_mutable(JSON))
    profile = Aggregate(JSON, reducer=Merge())


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
