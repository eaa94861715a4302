"""A shop whose keys the database gives, in each way that it can."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Sequence, String, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    CreatedAt,
    Encrypted,
    EventSourced,
    Every,
    Latest,
    Never,
    UpdatedAt,
)

__all__ = [
    "EVERYWHERE",
    "Base",
    "Customer",
    "Given",
    "Note",
    "Order",
    "Parcel",
    "Secret",
    "Ticket",
    "made_by",
]


class Base(DeclarativeBase):
    pass


class Customer(EventSourced, Base):
    __archive__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = Latest(String(40))
    points: Mapped[int] = Aggregate()
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", cascade="all, delete-orphan")


class Order(EventSourced, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = Latest(ForeignKey("customer.id"))
    title: Mapped[str | None] = Latest(String(40))
    follows_id: Mapped[int | None] = Latest(ForeignKey("order.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    follows: Mapped["Order | None"] = relationship(remote_side="Order.id")


class Ticket(EventSourced, Base):
    """Identity(), and snapshots now and then."""

    __snapshot__ = Every(3)
    id: Mapped[int] = mapped_column(Identity(start=10), primary_key=True)
    name: Mapped[str | None] = Latest(String(40))
    state: Mapped[str] = Latest(String(9), default="open")
    opened: Mapped[datetime] = CreatedAt()
    changed: Mapped[datetime] = UpdatedAt()
    lines: Mapped[list[str]] = Aggregate(JSON, reducer=Append())


class Parcel(EventSourced, Base):
    """A sequence; on SQLite, which has none, a number as of any integer key."""

    __snapshot__ = Never()
    id: Mapped[int] = Context(BigInteger, Sequence("parcel_number", start=500))
    name: Mapped[str | None] = Latest(String(40))


class Secret(EventSourced, Base):
    id: Mapped[int] = Context()
    name: Mapped[str | None] = Latest(Encrypted(String(40), master_key=bytes(32)))


class Note(EventSourced, Base):
    """A unique field, and a state that Python folds."""

    id: Mapped[int] = Context(BigInteger)
    name: Mapped[str | None] = Latest(String(40), unique=True)


class Given(EventSourced, Base):
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None] = Latest(String(40))


EVERYWHERE = [Customer, Ticket, Parcel, Secret, Note]

_EXPRESSIONS = {
    "sqlite": (String(40), "(lower(hex(randomblob(16))))"),
    "postgresql": (Uuid(), "gen_random_uuid()"),
    "mariadb": (String(36), "(uuid())"),
    "mysql": (String(36), "(uuid())"),
}


def made_by(database: str) -> type:
    """A model whose keys an expression of this database makes."""
    type_, expression = _EXPRESSIONS[database]
    base = type("Base", (DeclarativeBase,), {})
    attributes = {
        "__annotations__": {
            "id": Mapped[uuid.UUID if database == "postgresql" else str],
            "name": Mapped[str | None],
        },
        "id": Context(type_, server_default=text(expression)),
        "name": Latest(String(40)),
    }
    return type("Made", (EventSourced, base), attributes)
