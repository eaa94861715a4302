"""A statement is printed without a database: loggers, debuggers and libraries look into it so."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import JSON, ForeignKey, Numeric, String, exists, func, select, union_all
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    EventSourced,
    EventView,
    Every,
    Inline,
    Latest,
    Merge,
    Reducer,
    as_of,
    grouped_by,
)

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


class Longest(Reducer):
    """Folded in Python."""

    def identity(self):
        return ""

    def lift(self, touch):
        return touch

    def merge(self, left, right):
        return right if len(right) > len(left) else left

    def present(self, accumulator):
        return accumulator


class Base(DeclarativeBase):
    pass


class Item(EventSourced, Base):
    __tablename__ = "item"
    __archive__ = True
    id: Mapped[str] = Context(String(20))
    firm: Mapped[str | None] = Latest(String(9))
    stock: Mapped[int] = Aggregate()
    price: Mapped[Decimal | None] = Latest(Numeric(10, 2))


class Document(EventSourced, Base):
    __tablename__ = "document"
    id: Mapped[str] = Context(String(20))
    tags: Mapped[list[str]] = Aggregate(JSON, reducer=Append())
    item_id: Mapped[str | None] = Latest(ForeignKey("item_snapshot.id"))


class Kept(EventSourced, Base):
    __tablename__ = "kept"
    __snapshot__ = Inline()
    id: Mapped[str] = Context(String(20))
    name: Mapped[str] = Aggregate(String(9), reducer=Longest())
    data: Mapped[dict[str, str]] = Aggregate(JSON, reducer=Merge())


class Firm(EventView, of=Item, by="firm"):
    stock: Mapped[int] = Aggregate()


class StoredFirm(EventView, of=Item, by="firm"):
    __tablename__ = "stored_firm"
    __snapshot__ = Every(5)
    stock: Mapped[int] = Aggregate()


Other, Past = aliased(Item), as_of(Item, WHEN)

STATEMENTS = {
    "a model": select(Item).where(Item.stock > 1),
    "columns": select(Item.price, func.sum(Item.stock)).group_by(Item.price),
    "a join": select(Document).join(Other, Document.item_id == Other.id),
    "a fold in Python": select(Document),
    "a kept fold in Python": select(Kept).where(Kept.name == "x"),
    "the past": select(Past).where(Past.firm == "x"),
    "the past of a fold in Python": select(as_of(Document, WHEN)),
    "the past at a seq": select(as_of(Kept, 3)),
    "another key": select(grouped_by(Item, Item.Event.firm)),
    "a view": select(Firm),
    "a view with snapshots": select(StoredFirm),
    "the past of a view": select(as_of(Firm, WHEN)),
    "a subquery": select(select(Item).subquery().c.stock),
    "exists": select(exists().where(Item.stock > 1)),
    "a union": union_all(select(Item.id), select(Document.id)),
    "events": select(Item.Event),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_can_be_printed(statement):
    assert str(statement).startswith("SELECT")


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_can_be_printed_with_all_its_values(statement):
    compiled = statement.compile(compile_kwargs={"literal_binds": True})

    assert not [name for name in compiled.params if f":{name}" in str(compiled)]


def test_what_is_printed_is_the_fold():
    assert "FROM item_snapshot AS head" in str(select(Item))
    assert "'2026-01-01 00:00:00" in str(select(Past).compile(compile_kwargs={"literal_binds": True}))
