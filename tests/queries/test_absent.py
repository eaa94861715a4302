"""Queries of a field that some streams never touched: they see what ``absent=`` says, wherever a state stands in SQL."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    EventView,
    Every,
    Inline,
    Latest,
    MemoryRepository,
    Never,
    as_of,
    copy,
    grouped_by,
    repository,
)
from sqla_osiris.records import CopiedEvent
from sqla_osiris.schema.log import log_of


def declared(policy: Any) -> tuple[Any, Any, Any]:
    class Base(DeclarativeBase):
        pass

    class Item(EventSourced, Base):
        __tablename__ = "absent_item"
        __snapshot__ = policy
        id: Mapped[str] = Context(sa.String(20))
        shop: Mapped[str | None] = Latest(sa.String(20))
        stock: Mapped[int] = Aggregate()
        name: Mapped[str] = Latest(sa.String(20), absent="unnamed")
        price: Mapped[Decimal] = Latest(sa.Numeric(10, 2), absent=Decimal("1.5"))
        since: Mapped[date] = Latest(absent=date(2020, 1, 1))
        note: Mapped[str | None] = Latest(sa.String(20), absent="none yet")

    class Shop(EventView, of=Item, by="shop"):
        __tablename__ = "absent_shop"
        __snapshot__ = Every(10)
        name: Mapped[str] = Latest(sa.String(20), absent="none yet")
        stock: Mapped[int] = Aggregate()

    class Sale(Base):
        __tablename__ = "absent_sale"
        id: Mapped[int] = mapped_column(primary_key=True)
        of: Mapped[str] = mapped_column(sa.String(20))

    return Item, Shop, Sale


MODELS = [declared(policy) for policy in (Inline(), Every(2), Never())]


@pytest.fixture(params=MODELS, ids=["Inline", "Every", "Never"])
def models(request, engine):
    """The stream a is older than the fields; b and c have touched them."""
    item, _, sale = models = request.param
    item.metadata.create_all(engine)
    log = MemoryRepository(item)
    log.append_many(
        [
            CopiedEvent("a", {"stock": 1, "shop": "x"}, seq=1),
            CopiedEvent("a", {"stock": 1}, seq=2),
            CopiedEvent("d", {"shop": "y", "stock": 4}, seq=1),
        ]
    )
    items = repository(item, engine)
    copy(log, items)
    items.append("b", name="jam", price=Decimal(3), since=date(2026, 1, 1), shop="x")
    items.append("c", name="tea", price=Decimal(2), since=date(2019, 1, 1), shop="z")
    items.append("d", name="cup", note=None)
    with engine.begin() as connection:
        connection.execute(sa.insert(sale), [{"id": 1, "of": "a"}, {"id": 2, "of": "b"}])
    return models


@pytest.fixture(params=["fresh", "stale"])
def session(models, engine, request):
    if request.param == "stale":
        with engine.begin() as connection:
            connection.execute(sa.update(log_of(models[0]).heads).values(osiris_fingerprint=0))
    with Session(engine) as session:
        yield session


def test_it_is_selected_compared_and_ordered_by(models, session):
    item, _, _ = models

    rows = session.execute(
        select(item.id, item.name, item.price, item.since).order_by(item.price, item.id)
    ).all()
    assert [(row.id, row.name, row.price) for row in rows] == [
        ("a", "unnamed", Decimal("1.50")),
        ("d", "cup", Decimal("1.50")),
        ("c", "tea", Decimal("2.00")),
        ("b", "jam", Decimal("3.00")),
    ]
    found = session.scalars(select(item.id).where(item.name == "unnamed")).all()
    early = session.scalars(select(item.id).where(item.since < date(2020, 6, 1)).order_by(item.id)).all()
    assert (found, early) == (["a"], ["a", "c", "d"])
    assert session.scalars(select(item.id).where(item.name.is_(None))).all() == []
    assert session.scalar(select(func.sum(item.price))) == Decimal("8.00")
    assert session.scalar(select(func.max(item.name)).where(item.id == "a")) == "unnamed"
    assert session.get(item, "a").price == Decimal("1.50")


def test_none_is_not_what_was_never_touched(models, session):
    item, _, _ = models
    by_shop = grouped_by(item, item.Event.shop)

    notes = select(item.id, item.note).order_by(item.id)
    assert session.execute(notes).all() == [
        ("a", "none yet"),
        ("b", "none yet"),
        ("c", "none yet"),
        ("d", None),
    ]
    assert session.scalars(select(item.id).where(item.note.is_(None))).all() == ["d"]
    past = as_of(item, 1)
    assert session.execute(select(past.id, past.note).where(past.id == "d")).all() == [("d", "none yet")]
    assert set(session.scalars(select(by_shop.note))) == {"none yet"}


def test_it_is_joined_by(models, session):
    item, _, sale = models
    other = aliased(item)

    joined = select(sale.id, item.name).join(item, item.id == sale.of).order_by(sale.id)
    assert session.execute(joined).all() == [(1, "unnamed"), (2, "jam")]
    alike = select(item.id, other.id).join(other, (other.price == item.price) & (other.id > item.id))
    assert session.execute(alike).all() == [("a", "d")]
    outer = (
        select(sale.id, item.name)
        .outerjoin(item, (item.id == sale.of) & (item.name == "jam"))
        .order_by(sale.id)
    )
    assert session.execute(outer).all() == [(1, None), (2, "jam")]


def test_the_past_reads_it_too(models, session):
    past = as_of(models[0], 1)

    rows = session.execute(select(past.id, past.name).order_by(past.id)).all()
    assert rows == [("a", "unnamed"), ("b", "jam"), ("c", "tea"), ("d", "unnamed")]


def test_and_groups_of_which_no_event_touched_it(models, session, engine):
    item, shop, _ = models
    by_shop = grouped_by(item, item.Event.shop)

    before = session.execute(select(shop.shop, shop.name, shop.stock).order_by(shop.shop)).all()
    assert before == [("x", "jam", 1), ("y", "none yet", 4), ("z", "tea", 0)]
    assert session.execute(
        select(by_shop.shop, by_shop.name, by_shop.price).order_by(by_shop.shop)
    ).all() == [
        ("x", "jam", Decimal("3.00")),
        ("y", "unnamed", Decimal("1.50")),
        ("z", "tea", Decimal("2.00")),
    ]
    session.commit()
    repository(item, engine).snapshots()
    assert session.execute(select(shop.shop, shop.name, shop.stock).order_by(shop.shop)).all() == before


def test_an_object_that_reads_it_says_nothing_of_it(models, session, engine):
    item, _, _ = models
    old = session.get(item, "a")
    old.stock += 1
    old.name = "unnamed"
    session.commit()

    assert [dict(event.fields) for event in repository(item, engine).history("a", after=2)] == [{"stock": 1}]
    old.name = "tin"
    session.commit()
    assert (session.get(item, "a").name, old.price) == ("tin", Decimal("1.50"))
    assert not repository(item, engine).verify().differences


def test_it_is_no_part_of_what_heads_hold(models):
    item, _, _ = models

    class Base(DeclarativeBase):
        pass

    class Without(EventSourced, Base):
        __tablename__ = "absent_item"
        __snapshot__ = item.__snapshot__
        id: Mapped[str] = Context(sa.String(20))
        shop: Mapped[str | None] = Latest(sa.String(20))
        stock: Mapped[int] = Aggregate()
        name: Mapped[str] = Latest(sa.String(20))
        price: Mapped[Decimal] = Latest(sa.Numeric(10, 2))
        since: Mapped[date]
        note: Mapped[str | None] = Latest(sa.String(20), absent="of another text")

    assert log_of(Without).fingerprint == log_of(item).fingerprint
