"""A batch reads no heads where all of its streams begin: the server says how many of them it has inserted."""

import pytest
from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris import Aggregate, Context, EventSourced, Every, Inline, NewEvent, SQLRepository
from tests.statements import counted


class Base(DeclarativeBase):
    pass


class Stored(EventSourced, Base):
    __tablename__ = "stored"
    id = Context(String(40))
    hours = Aggregate(Integer)


class Folded(EventSourced, Base):
    __tablename__ = "folded"
    __snapshot__ = Every(2)
    id = Context(String(40))
    hours = Aggregate(Integer)


class Checked(EventSourced, Base):
    __tablename__ = "checked"
    __snapshot__ = Inline()
    __constraints__ = "sql_only"
    __table_args__ = (CheckConstraint("hours >= 0", name="worked"),)
    id: Mapped[str] = Context(String(40))
    hours: Mapped[int] = Aggregate(Integer)


def events(*names):
    return [NewEvent(name, {"hours": hours}) for hours in (1, 2, 3) for name in names]


@pytest.mark.parametrize("model", [Stored, Checked])
def test_heads_are_read_if_one_was_there(engine, model):
    log = SQLRepository(model, engine)
    log.create()
    reads = []
    for names in (("a", "b"), ("b", "c")):
        with counted(engine) as sent:
            log.append_many(events(*names))
        reads.append(
            [each for each in sent if each.startswith("SELECT") and f"{model.__tablename__}_snapshot" in each]
        )

    assert reads[0] == []
    assert len(reads[1]) == 1
    assert {state.id: (state.seq, state.hours) for state in log.states()} == {
        "a": (3, 6),
        "b": (6, 12),
        "c": (3, 6),
    }


@pytest.mark.parametrize("model", [Stored, Folded, Checked])
def test_heads_that_begin_in_a_batch_go_on(engine, model):
    log = SQLRepository(model, engine)
    log.create()
    log.append_many(events("a", "b"))
    log.append_many(events("b", "c"))

    assert log.append("a", hours=1).seq == 4
    assert {state.id: state.hours for state in log.states()} == {"a": 7, "b": 12, "c": 6}
    assert log.verify().differences == ()
