"""The models of the stores' contract: every column type, every reducer, and a context of two columns."""

import enum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
)

from sqla_osiris import Aggregate, Context, Count, EventSourced, Every, First, Latest, Max, Merge, Min, Never


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Employed:
    id = Context(String(400))
    company = Latest(String)
    title = Latest(String)
    overtime = Aggregate(BigInteger)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(String, reducer=Max())
    worst = Aggregate(Integer, reducer=Min())
    hired = Aggregate(String, reducer=First())
    reviews = Aggregate(Integer, reducer=Count())


class Employee(EventSourced, Employed):
    __tablename__ = "contract_employee"
    __archive__ = True


class Unfolded(EventSourced, Employed):
    """Snapshots are taken when they are asked for, on every store."""

    __tablename__ = "contract_unfolded"
    __snapshot__ = Never()
    __archive__ = True


class WithProfile:
    id = Context(String(40))
    profile = Aggregate(JSON, reducer=Merge())
    overtime = Aggregate(Integer)


class Profiled(EventSourced, WithProfile):
    """Folds in Python, and takes a snapshot every three events."""

    __tablename__ = "contract_profiled"
    __snapshot__ = Every(3)
    __archive__ = True


class Stock(EventSourced):
    __tablename__ = "contract_stock"
    warehouse = Context(String(40))
    article = Context(Integer)
    pieces = Aggregate(Integer)


class Typed(EventSourced):
    """A field of each type."""

    __tablename__ = "contract_typed"
    id = Context(String(40))
    whole = Latest(BigInteger)
    real = Latest(Float)
    exact = Latest(Numeric(12, 2))
    flag = Latest(Boolean)
    text = Latest(String)
    raw = Latest(LargeBinary)
    moment = Latest(DateTime(timezone=True))
    wall = Latest(DateTime)
    day = Latest(Date)
    hour = Latest(Time)
    span = Latest(Interval)
    colour = Latest(Enum(Colour))
    token = Latest(Uuid)
    document = Latest(JSON)


MODELS = [Employee, Profiled, Stock, Typed]
