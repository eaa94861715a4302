"""A session whose append or batch would begin a stream without what it must is refused, and goes on with nothing of it."""

import pytest
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import Aggregate, Context, EventSourced, InvalidValue, Latest, NewEvent, SQLRepository

ITEM = {"name": "tea"}


class Base(DeclarativeBase):
    pass


class Item(EventSourced, Base):
    __tablename__ = "item"
    id: Mapped[str] = Context(String(20))
    name: Mapped[str] = Latest(String(20))
    stock: Mapped[int] = Aggregate()


@pytest.fixture
def items(engine):
    repository = SQLRepository(Item, engine)
    repository.create()
    return repository


def test_a_session_goes_on_after_a_refusal_without_anything_of_it(items, engine):
    items.append("a", **ITEM)
    with Session(engine) as session:
        mine = SQLRepository(Item, session)
        mine.append("b", **ITEM)
        with pytest.raises(InvalidValue):
            mine.append("c", stock=1)
        with pytest.raises(InvalidValue):
            mine.append_many([NewEvent("a", {"stock": 1}), NewEvent("c", {"stock": 1})])
        mine.append("d", **ITEM)
        session.commit()

    assert sorted((state.id, state.seq) for state in items.states()) == [("a", 1), ("b", 1), ("d", 1)]
    assert items.append("c", **ITEM).seq == 1
    assert not items.verify().differences


def test_a_session_whose_first_call_is_refused_has_written_nothing(items, engine):
    items.append("a", **ITEM)
    with Session(engine) as session:
        mine = SQLRepository(Item, session)
        mine.append_many([NewEvent("a", {"stock": 1}), NewEvent("b", ITEM)])
        session.rollback()
        with pytest.raises(InvalidValue):
            mine.append_many([NewEvent("a", {"stock": 1}), NewEvent("c", {"stock": 1})])
        session.commit()

    assert [(state.id, state.seq) for state in items.states()] == [("a", 1)]
