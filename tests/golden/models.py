"""The models whose SQL is pinned: the policies, the kinds of contexts and folds, and what a model may ask for, in pairs."""

from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Uuid,
    cast,
)
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    All,
    Append,
    Context,
    Count,
    Distinct,
    Encrypted,
    EventSourced,
    EventView,
    Every,
    First,
    Inline,
    Latest,
    Max,
    Mean,
    Min,
    Never,
    Upcast,
)

__all__ = ["MODELS", "VIEWS", "Base"]

_MASTER_KEY = bytes(32)


class Base(DeclarativeBase):
    metadata = MetaData()


class Account(EventSourced, Base):
    """Folded by the statement that writes."""

    __snapshot__ = Inline()
    id = Context(String(20))
    name = Latest(String(40), index=True)
    balance = Aggregate(Numeric(10, 2))
    moves = Aggregate(Integer, reducer=Count())
    best = Aggregate(Integer, reducer=Max())
    mean = Aggregate(Integer, reducer=Mean())


class Item(EventSourced, Base):
    """Whose events a batch folds beforehand."""

    __snapshot__ = Inline()
    id = Context(Integer)
    name = Latest(String(40))
    stock = Aggregate(Integer)
    moves = Aggregate(Integer, reducer=Count())
    best = Aggregate(Integer, reducer=Max())
    first = Aggregate(Date, reducer=First())


class Employee(EventSourced, Base):
    """Folded in Python right after it is written; protected, with an archive; of two contexts."""

    __snapshot__ = Inline()
    __archive__ = True
    __append_only__ = True
    __notify__ = True
    company = Context(String(20))
    number = Context(Integer)
    name = Latest(String)
    tags = Aggregate(JSON, reducer=Append())
    colours = Aggregate(JSON, reducer=Distinct())
    salary = Aggregate(Float)


class Invoice(EventSourced, Base):
    """With a tail of five events and an archive; what its first event must touch, and what an earlier version wrote."""

    __snapshot__ = Every(5)
    __archive__ = True
    id = Context(Integer)
    customer = Latest(String(40), nullable=False)
    total = Aggregate(Numeric(12, 2))
    paid = Aggregate(Boolean, reducer=All())
    due = Latest(Date, upcast=Upcast("day", DateTime, lambda day: cast(day, Date)))


class Patient(EventSourced, Base):
    """Encrypted, in a schema of its own."""

    __snapshot__ = Every(3)
    __table_args__: ClassVar[Any] = {"schema": "ward"}
    hospital = Context(String(20))
    number = Context(Integer)
    name = Latest(Encrypted(String(40), master_key=_MASTER_KEY))
    visits = Aggregate(Integer)


class Reading(EventSourced, Base):
    """Always folded from the log; protected."""

    __snapshot__ = Never()
    __append_only__ = True
    sensor = Context(Uuid)
    least = Aggregate(Float, reducer=Min())
    first = Aggregate(DateTime(timezone=True), reducer=First())
    notes = Aggregate(JSON, reducer=Append())


class Visit(EventSourced, Base):
    """Always folded from the log and the archive; of two contexts."""

    __snapshot__ = Never()
    __archive__ = True
    page = Context(String)
    day = Context(Date)
    hits = Aggregate(Integer)
    last = Latest(LargeBinary)
    size = Aggregate(Float, reducer=Mean())


class Owners(EventView, of=Account, by="name"):
    """Folded at each read."""

    balance = Aggregate(Numeric(10, 2))
    id = Latest(String(20))
    best = Aggregate(Integer, reducer=Max())


class Customers(EventView, of=Invoice, by="customer"):
    """With snapshots; of a model with an archive."""

    __snapshot__ = Every(10)
    __from__: ClassVar[dict[str, str]] = {"invoices": "id"}
    total = Aggregate(Numeric(12, 2))
    due = Latest(Date)
    invoices = Aggregate(Integer, reducer=Count())


class Names(EventView, of=Employee, by=("company", "name")):
    """Of a fold in Python, by a part of the context and a field."""

    tags = Aggregate(JSON, reducer=Append())
    salary = Aggregate(Float)


MODELS = (Account, Item, Employee, Invoice, Patient, Reading, Visit)
VIEWS = (Owners, Customers, Names)
