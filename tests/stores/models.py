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

from sqla_osiris import Aggregate, Context, Count, EventSourced, Every, First, Latest, Max, Merge, Min


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Employee(EventSourced):
    __tablename__ = "contract_employee"
    id = Context(String(400))
    company = Latest(String)
    title = Latest(String)
    overtime = Aggregate(BigInteger)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(String, reducer=Max())
    worst = Aggregate(Integer, reducer=Min())
    hired = Aggregate(String, reducer=First())
    reviews = Aggregate(Integer, reducer=Count())


class Profiled(EventSourced):
    """Folds in Python, and takes a snapshot every three events."""

    __tablename__ = "contract_profiled"
    __snapshot__ = Every(3)
    id = Context(String(40))
    profile = Aggregate(JSON, reducer=Merge())
    overtime = Aggregate(Integer)


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
