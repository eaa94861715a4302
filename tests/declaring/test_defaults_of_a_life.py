"""What do defaults give to the first event of a life, and to no later one? In memory: no database."""

from typing import Any

import pytest
from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    InvalidValue,
    Latest,
    MemoryRepository,
    Merge,
    NewEvent,
)
from sqla_osiris.databases.plan import NewKey
from sqla_osiris.schema.defaults import begun, completed
from sqla_osiris.schema.log import log_of


def declared(**fields: Any) -> Any:
    base = type("Base", (DeclarativeBase,), {})
    return type("Item", (EventSourced, base), {"__tablename__": "item", "id": Context(String(9)), **fields})


def told(context: Any) -> str:
    """A default that says what it was given."""
    assert context.current_parameters is context.get_current_parameters()
    return " ".join(f"{name}={value}" for name, value in context.get_current_parameters().items())


def test_the_first_event_of_a_life_alone_takes_them_in_their_order():
    model = declared(
        first=Latest(Integer, default=3),
        second=Latest(String(99), default=told),
        nothing=Latest(Integer, default=lambda: None),
        third=Aggregate(Integer, default=5),
        zero=Aggregate(Integer, default=0),
        given=Latest(Integer),
        other=Latest(Integer),
    )
    log = MemoryRepository(model)

    assert dict(log.append("a", given=1).fields) == {
        "given": 1,
        "first": 3,
        "second": "given=1 other=None id=a first=3",
        "third": 5,
    }
    assert dict(log.append("a", given=2).fields) == {"given": 2}


def test_a_key_that_the_database_will_give_is_no_value_yet():
    model = declared(id=Context(Integer), second=Latest(String(99), default=told), given=Latest(Integer))

    assert completed(log_of(model), (NewKey(),), {"given": 1}) == {"given": 1, "second": "given=1"}
    assert completed(log_of(model), (7,), {"second": "x"}) == {"second": "x"}


def test_what_has_no_default_is_missed():
    log = log_of(
        declared(first=Latest(Integer, default=3, nullable=False), name=Latest(String(9), nullable=False))
    )

    assert begun(log, ("a",), NewEvent("a", {"name": "x"})).fields == {"name": "x", "first": 3}
    with pytest.raises(
        InvalidValue, match=r"^Item 'a': the event would begin the stream without name, declared"
    ):
        begun(log, ("a",), NewEvent("a", {}))
    full = NewEvent("a", {"name": "x", "first": 1})
    assert begun(log, ("a",), full) is full


def test_a_default_that_cannot_be_folded_is_refused_by_the_fields_name():
    log = log_of(declared(first=Latest(Integer, default="x")))

    with pytest.raises(InvalidValue, match=r"^Item\.first: an integer was expected, 'x' found"):
        completed(log, ("a",), {})


def test_a_document_begins_with_what_its_default_says():
    log = log_of(declared(first=Aggregate(JSON, reducer=Merge(), default={"a": 1}), name=Latest(Integer)))

    assert completed(log, ("a",), {"name": 1}) == {"name": 1, "first": {"a": 1}}


def test_a_function_finds_nothing_else_of_a_statement():
    log = log_of(declared(first=Latest(Integer, default=lambda context: context.connection)))

    with pytest.raises(
        AttributeError,
        match=r"^default=: an event is no statement, so its context has no 'connection'\. It has get_current",
    ):
        completed(log, ("a",), {})


def test_a_dataclasss_factory_is_a_default():
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Item(EventSourced, Base):
        __tablename__ = "item"
        id: Mapped[str] = Context(String(9))
        given: Mapped[int | None] = Latest(Integer, default=None)
        tags: Mapped[list[str]] = Latest(JSON, default_factory=lambda: ["new"])

    log = MemoryRepository(Item)

    assert dict(log.append("a", given=1).fields) == {"given": 1, "tags": ["new"]}
    assert dict(log.append("b", tags=[]).fields) == {"tags": []}
