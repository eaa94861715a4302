"""The model that each tool is given: money, a moment, an Enum and a sum, declared as any model's columns are."""

import enum
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, Enum, Integer, Numeric, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, Latest, repository


class Size(enum.Enum):
    SMALL = "SMALL"
    LARGE = "LARGE"


class Base(DeclarativeBase):
    pass


class InUTC(TypeDecorator[datetime]):
    """A moment; one without a zone is in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Ware(EventSourced, Base):
    __tablename__ = "ware"
    id: Mapped[str] = Context(String(9))
    title: Mapped[str] = Latest(String(20), comment="as it is sold")
    price: Mapped[Decimal] = Latest(Numeric(10, 2))
    made: Mapped[datetime | None] = Latest(DateTime(timezone=True))
    size: Mapped[Size | None] = Latest(Enum(Size))
    stock: Mapped[int] = Aggregate(Integer)


class Delivery(EventSourced, Base):
    """What a tool is given whose forms and filters know no time zones."""

    __tablename__ = "delivery"
    id: Mapped[str] = Context(String(9))
    at: Mapped[datetime] = Latest(InUTC)


class Shelf(EventSourced, Base):
    """Its key is the database's, and its name no other shelf's."""

    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(9), unique=True)


NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TEA: dict[str, Any] = {
    "title": "tea",
    "price": Decimal("2.50"),
    "made": NOON,
    "size": Size.SMALL,
    "stock": 3,
}
JAM: dict[str, Any] = {**TEA, "title": "jam", "price": Decimal("4.25"), "size": Size.LARGE}
OAT: dict[str, Any] = {**TEA, "title": "oat", "price": Decimal("1.10"), "stock": 4}


def events(shop: Engine, ware: str) -> list[dict[str, Any]]:
    """Return what the ware's events say, in their order."""
    return [event.fields for event in repository(Ware, shop).history(ware)]
