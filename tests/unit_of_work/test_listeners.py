"""What an application's own listeners assign during a flush is in the event."""

from typing import Any

import pytest
from sqlalchemy import JSON, String, event
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, validates

from sqla_osiris import Aggregate, Context, EventSourced, InvalidValue, Latest, NotExpressible, repository


@pytest.fixture
def base():
    return type("Base", (DeclarativeBase,), {})


@pytest.fixture
def item(base):
    class Stamped:
        """A mixin that makes a slug, as SQLAlchemy's recipes do."""

        name: Mapped[str | None] = Latest(String(20))
        slug: Mapped[str | None] = Latest(String(20))

    class Item(EventSourced, Stamped, base):
        __tablename__ = "item"
        id: Mapped[int] = Context()
        stock: Mapped[int] = Aggregate()
        data: Mapped[dict[str, Any] | None] = Latest(JSON)
        tags: Mapped[dict[str, Any] | None] = Latest(MutableDict.as_mutable(JSON))

    Item.stamped = Stamped
    return Item


@pytest.fixture
def session(engine, base, item):
    base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def make_slug(_mapper, _connection, item):
    item.slug = item.name.lower()


def touched(session, item):
    return [each.fields for each in repository(item, session).history(1)]


@pytest.mark.parametrize("target", ["model", "mixin", "mapper"])
def test_what_listeners_assign_before_an_insert_and_an_update_is_in_the_events(session, item, target):
    where = {"model": item, "mixin": item.stamped, "mapper": item.__mapper__}[target]
    for moment in ("before_insert", "before_update"):
        event.listen(where, moment, make_slug, propagate=target == "mixin")
    session.add(one := item(id=1, name="First"))
    session.commit()
    one.name = "Second"
    session.commit()

    assert touched(session, item) == [
        {"name": "First", "slug": "first"},
        {"name": "Second", "slug": "second"},
    ]
    assert one.slug == "second"


def test_a_listener_on_all_mappers_is_heard(session, item):
    def listener(_mapper, _connection, target):
        if isinstance(target, item):
            target.slug = "s"

    event.listen(Mapper, "before_update", listener)
    try:
        session.add(one := item(id=1))
        session.commit()
        one.stock += 1
        session.commit()
    finally:
        event.remove(Mapper, "before_update", listener)

    assert touched(session, item)[1] == {"stock": 1, "slug": "s"}


@pytest.mark.parametrize("changed", [1, 5])
def test_each_of_many_objects_has_what_its_listener_assigned(session, item, changed):
    event.listen(item, "before_update", make_slug)
    items = [item(id=number, name=f"N{number}") for number in range(changed)]
    session.add_all(items)
    session.commit()
    for one in items:
        one.stock += 1
    session.commit()

    assert [one.slug for one in items] == [f"n{number}" for number in range(changed)]
    assert [one.seq for one in items] == [2] * changed


def test_a_change_that_a_listener_takes_back_is_none(session, item):
    @event.listens_for(item, "before_update")
    def take_back(_mapper, _connection, target):
        target.name = "a"

    session.add(one := item(id=1, name="a"))
    session.commit()
    assert one.name == "a"
    one.name = "b"
    session.commit()

    assert touched(session, item) == [{"name": "a"}]


@pytest.mark.parametrize("field", ["data", "tags"])
@pytest.mark.parametrize("moment", ["before_insert", "before_update"])
def test_a_value_that_a_listener_changes_in_place_is_in_the_event(session, item, field, moment):
    @event.listens_for(item, moment)
    def count(_mapper, _connection, target):
        getattr(target, field)["n"] = 1

    session.add(one := item(id=1, **{field: {}}))
    session.commit()
    one.stock += 1
    session.commit()

    assert getattr(one, field) == {"n": 1}
    assert sum(field in each for each in touched(session, item)) == (1 if moment == "before_insert" else 2)


def test_a_sum_that_a_listener_assigns_is_its_difference(session, item):
    @event.listens_for(item, "before_update")
    def count(_mapper, _connection, target):
        target.stock += 10

    session.add(one := item(id=1, stock=5))
    session.commit()
    one.name = "a"
    session.commit()

    assert touched(session, item)[1] == {"name": "a", "stock": 10}
    assert one.stock == 15


def test_what_a_session_listener_assigns_before_the_flush_is_in_the_event(session, item):
    @event.listens_for(session, "before_flush")
    def stamp(session, *_):
        for one in session.dirty | session.new:
            one.slug = "s"

    session.add(one := item(id=1))
    session.commit()
    one.stock += 1
    session.commit()

    assert touched(session, item) == [{"slug": "s"}, {"stock": 1}]


def test_what_an_attribute_listener_makes_of_a_value_is_in_the_event(session, item):
    @event.listens_for(item.name, "set", retval=True)
    def shout(target, value, *_):
        target.slug = value.lower()
        return value.upper()

    session.add(item(id=1, name="a"))
    session.commit()

    assert touched(session, item) == [{"name": "A", "slug": "a"}]


def test_what_a_validator_makes_of_a_value_is_in_the_event(engine):
    Base = type("Base", (DeclarativeBase,), {})  # noqa: N806

    class Item(EventSourced, Base):
        __tablename__ = "item"
        id: Mapped[int] = Context()
        name: Mapped[str | None] = Latest(String(20))

        @validates("name")
        def shout(self, _key, value):
            return value.upper()

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Item(id=1, name="a"))
        session.commit()
        assert touched(session, Item) == [{"name": "A"}]


def test_what_a_listener_cannot_say_is_refused(session, item):
    event.listen(item, "before_insert", lambda _m, _c, target: setattr(target, "seq", 7))
    session.add(item(id=1))
    with pytest.raises(NotExpressible, match="seq"):
        session.commit()


def test_what_a_listener_assigns_is_checked(session, item):
    event.listen(item, "before_insert", lambda _m, _c, target: setattr(target, "name", "x" * 21))
    session.add(item(id=1))
    with pytest.raises(InvalidValue, match="name"):
        session.commit()
    session.rollback()
    assert list(repository(item, session).feed()) == []


def test_a_listener_after_the_flush_sees_the_event_in_the_log(session, item):
    seen = []

    @event.listens_for(item, "after_update")
    def look(_mapper, connection, target):
        seen.append((target.seq, connection.exec_driver_sql("SELECT max(seq) FROM item_event").scalar()))

    session.add(one := item(id=1))
    session.commit()
    one.stock += 1
    session.commit()

    assert seen == [(2, 2)]
