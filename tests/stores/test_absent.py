"""What a stream reads of a field that it never touched, as it is older than the field: ``absent=``, wherever it is read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Every,
    Inline,
    InvalidValue,
    Latest,
    MemoryRepository,
    Never,
    NewEvent,
    copy,
)
from sqla_osiris.records import CopiedEvent

MOMENT = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class Paint(Enum):
    RED = "r"
    BLUE = "b"


class Item(EventSourced, Base):
    __abstract__ = True
    id: Mapped[str] = Context(sa.String(20))
    old: Mapped[str | None] = Latest(sa.String(20))
    stock: Mapped[int] = Aggregate()
    name: Mapped[str] = Latest(sa.String(20), absent="unnamed")
    count: Mapped[int] = Latest(absent=0)
    is_open: Mapped[bool] = Latest(absent=False)
    price: Mapped[Decimal] = Latest(sa.Numeric(10, 2), absent=Decimal("1.5"))
    rate: Mapped[float] = Latest(absent=0.5)
    since: Mapped[datetime] = Latest(sa.DateTime(timezone=True), absent=MOMENT)
    lasts: Mapped[timedelta] = Latest(absent=timedelta(hours=1))
    code: Mapped[UUID] = Latest(absent=UUID(int=7))
    data: Mapped[bytes] = Latest(sa.LargeBinary(20), absent=b"x")
    tags: Mapped[list[str]] = Latest(sa.JSON, absent=["old"])
    colour: Mapped[Paint] = Latest(absent=Paint.BLUE)
    note: Mapped[str | None] = Latest(sa.String(20), absent="none yet")
    due: Mapped[datetime | None] = Latest(sa.DateTime(timezone=True), absent=MOMENT)


class InlineItem(Item):
    __snapshot__ = Inline()
    __archive__ = True


class EveryItem(Item):
    __snapshot__ = Every(2)


class NeverItem(Item):
    __snapshot__ = Never()


ABSENT = {
    "name": "unnamed",
    "count": 0,
    "is_open": False,
    "price": Decimal("1.50"),
    "rate": 0.5,
    "since": MOMENT,
    "lasts": timedelta(hours=1),
    "code": UUID(int=7),
    "data": b"x",
    "tags": ["old"],
    "colour": Paint.BLUE,
    "note": "none yet",
    "due": MOMENT,
}
GIVEN = {
    "name": "tea",
    "count": 3,
    "is_open": True,
    "price": Decimal("2.50"),
    "rate": 1.5,
    "since": MOMENT + timedelta(days=1),
    "lasts": timedelta(hours=2),
    "code": UUID(int=8),
    "data": b"y",
    "tags": ["new"],
    "colour": Paint.RED,
    "note": None,
    "due": MOMENT + timedelta(days=2),
}


def seen(state: Any) -> dict[str, Any]:
    return {name: getattr(state, name) for name in ABSENT}


@pytest.fixture(params=[InlineItem, EveryItem, NeverItem], ids=lambda model: model.__name__)
def items(opens: Callable[[type[Any]], Any], request: pytest.FixtureRequest) -> Any:
    """A log of which the stream a is older than the fields, b was begun in between, and c has them all."""
    older = MemoryRepository(request.param)
    older.append_many(
        [
            CopiedEvent("a", {"stock": 1}, seq=1),
            CopiedEvent("a", {"old": "x"}, seq=2),
            CopiedEvent("a", {"stock": 1}, seq=3),
            CopiedEvent("b", {"name": "jam"}, seq=1),
        ]
    )
    repository = opens(request.param)
    copy(older, repository)
    repository.append("c", **GIVEN)
    return repository


def test_a_stream_that_never_touched_them_reads_them(items):
    assert seen(items.state("a")) == ABSENT
    assert seen(items.state("b")) == ABSENT | {"name": "jam"}
    assert seen(items.state("c")) == GIVEN
    assert [seen(state) for state in items.states(["a", "c"])] == [ABSENT, GIVEN]
    assert {state.id: seen(state) for state in items.states()}["a"] == ABSENT


def test_what_is_touched_later_is_read_then_and_not_before(items):
    items.append("a", name="cup", tags=[])

    assert seen(items.state("a")) == ABSENT | {"name": "cup", "tags": []}
    assert seen(items.state("a", at=2)) == ABSENT


def test_events_are_as_they_were_recorded(items):
    assert [dict(event.fields) for event in items.history("a")] == [{"stock": 1}, {"old": "x"}, {"stock": 1}]
    assert [dict(event.fields) for event in items.feed(limit=3)] == [{"stock": 1}, {"old": "x"}, {"stock": 1}]


def test_a_snapshot_changes_nothing(items):
    items.snapshot("a")
    items.append("a", count=1)

    assert seen(items.state("a")) == ABSENT | {"count": 1}
    assert not items.verify().differences


def test_what_was_redacted_is_absent(items):
    items.redact("c", 1, "name", reason="asked")

    assert items.state("c").name == "unnamed"


def test_a_new_life_gives_them_all_the_same(items):
    with pytest.raises(InvalidValue, match="without name, count"):
        items.append("d", stock=1)
    with pytest.raises(InvalidValue, match="without name, count"):
        items.append_many([NewEvent("d", {"stock": 1})])
    assert items.append("a", stock=1).seq == 4


def test_none_is_a_value_of_what_may_be_none(items):
    items.append("a", note=None)
    assert seen(items.state("a")) == ABSENT | {"note": None}
    items.append_many(
        [
            NewEvent("a", {"due": None}),
            NewEvent("b", {"note": "x", "due": None}),
            NewEvent("b", {"note": None}),
        ]
    )
    assert seen(items.state("a")) == ABSENT | {"note": None, "due": None}
    assert seen(items.state("b")) == ABSENT | {"name": "jam", "note": None, "due": None}
    items.snapshot("b")
    assert seen(items.state("b")) == ABSENT | {"name": "jam", "note": None, "due": None}
    assert seen(items.state("a", at=3)) == ABSENT
    items.append_many(
        [
            NewEvent("c", {}, ends=True),
            NewEvent("c", {name: GIVEN[name] for name in ABSENT if name != "note"}),
        ]
    )
    assert seen(items.state("c")) == GIVEN | {"note": "none yet"}
    assert not items.verify().differences


def test_none_is_refused(items):
    with pytest.raises(InvalidValue, match="name: None refused"):
        items.append("a", name=None)
    with pytest.raises(InvalidValue, match="name: None refused"):
        items.append_many([NewEvent("a", {"name": None})])


def test_a_list_that_is_changed_changes_no_other(items):
    items.state("a").tags.append("changed")

    assert items.state("a").tags == ["old"]
