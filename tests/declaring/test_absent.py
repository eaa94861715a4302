"""``absent=`` is checked with the class, and wherever a field is declared it is the same."""

from typing import Annotated, Any

import pytest
from sqlalchemy import JSON, Integer, Numeric, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    Encrypted,
    EventSourced,
    Latest,
    MemoryRepository,
)
from sqla_osiris.records import CopiedEvent
from sqla_osiris.schema.log import log_of

KEY = bytes(32)


class Lower(TypeDecorator[str]):
    """Keeps a text in small letters."""

    impl = String(9)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.lower()


def declare(field: Any, annotation: Any = Mapped[str], **more: Any) -> Any:
    class Base(DeclarativeBase):
        pass

    annotations = {"x": annotation} if annotation is not None else {}
    body = {"x": field, "__annotations__": annotations, "id": Context(String(9)), **more}
    return type("Item", (EventSourced, Base), {"__tablename__": "item", **body})


REFUSED = {
    "another type": (
        lambda: Latest(Integer, absent="1"),
        Mapped[int],
        r"Item\.x: absent='1': .* Give a value",
    ),
    "too long": (lambda: Latest(String(2), absent="abc"), Mapped[str], r"Item\.x: absent='abc': "),
    "too precise": (lambda: Latest(Numeric(3, 1), absent="1.55"), Mapped[Any], r"Item\.x: absent='1.55': "),
    "None": (lambda: Latest(absent=None), Mapped[str], r"Latest\(absent=None\): .* reads None anyway"),
    "encrypted": (
        lambda: Latest(Encrypted(String, master_key=KEY), absent="a"),
        Mapped[str],
        r"Item\.x: absent= of an encrypted field",
    ),
    "an aggregate": (lambda: Aggregate(Integer, absent=1), Mapped[int], r"Aggregate\(.*absent=1"),
    "a context": (lambda: Context(Integer, absent=1), Mapped[int], r"Context\(.*absent=1"),
}


@pytest.mark.parametrize(("field", "annotation", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_the_class(field, annotation, words):
    with pytest.raises(DeclarationError, match=words):
        declare(field(), annotation)


def read(model: Any) -> Any:
    """What a stream reads that is older than the field."""
    log = MemoryRepository(model)
    log.append_many([CopiedEvent("a", {}, seq=1)])
    return log.state("a").x


@pytest.mark.parametrize(
    ("field", "annotation", "value"),
    [
        pytest.param(lambda: Latest(absent=""), Mapped[str], "", id="empty"),
        pytest.param(lambda: Latest(absent=0), Mapped[int], 0, id="zero"),
        pytest.param(lambda: Latest(absent=False), Mapped[bool], False, id="False"),
        pytest.param(lambda: Latest(String(9), absent="a", nullable=False), None, "a", id="untyped"),
        pytest.param(lambda: Latest(JSON, absent={"a": [1]}), Mapped[dict[str, Any]], {"a": [1]}, id="JSON"),
        pytest.param(lambda: Latest(Lower, absent="UNNAMED"), Mapped[str], "unnamed", id="own type"),
        pytest.param(Latest, Mapped[Annotated[str, Latest(absent="b")]], "b", id="annotated"),
    ],
)
def test_it_is_read_however_it_is_declared(field, annotation, value):
    model = declare(field(), annotation)

    assert (read(model), log_of(model).by_key["x"].required) == (value, True)


def test_a_dataclass_takes_it_too():
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Item(EventSourced, Base):
        __tablename__ = "item"
        id: Mapped[str] = Context(String(9))
        x: Mapped[str] = Latest(absent="a", default="b")

    assert (read(Item), Item("k").x) == ("a", "b")


def test_default_and_absent_are_two_things():
    log = MemoryRepository(declare(Latest(String(9), default="new", absent="old")))
    log.append_many([CopiedEvent("a", {}, seq=1)])
    log.append("b")

    assert (log.state("a").x, log.state("b").x) == ("old", "new")


def test_two_that_differ_are_two_declarations():
    with pytest.raises(
        DeclarationError,
        match=r"^Item\.x is declared twice: .* in its annotation, .* beside it\. Leave one of them out\.$",
    ):
        declare(Latest(absent="a"), Mapped[Annotated[str, Latest(absent="b")]])
