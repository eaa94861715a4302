"""The models of DynamoDB's tests."""

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
    MetaData,
    Numeric,
    String,
    Time,
    Uuid,
)

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Count,
    EventSourced,
    Every,
    First,
    Latest,
    Max,
    Merge,
    Min,
    Never,
)

__all__ = ["Booking", "Colour", "Diary", "Employee", "Everything", "Kept", "Profile", "Unfolded"]


class Employee(EventSourced):
    """`Inline()` by default."""

    __tablename__ = "dynamo_employee"
    id = Context(String)
    title = Latest(String)
    overtime = Aggregate(Integer)


class Profile(EventSourced):
    """A snapshot every three events; one field of each reducer."""

    __tablename__ = "dynamo_profile"
    __snapshot__ = Every(3)
    id = Context(String)
    title = Latest(String)
    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(String, reducer=Max())
    worst = Aggregate(DateTime(timezone=True), reducer=Min())
    hired = Aggregate(Date, reducer=First())
    visits = Aggregate(Integer, reducer=Count())
    document = Aggregate(JSON, reducer=Merge())


class Unfolded(EventSourced):
    """No snapshots by themselves."""

    __tablename__ = "dynamo_unfolded"
    __snapshot__ = Never()
    id = Context(String)
    title = Latest(String)
    total = Aggregate(Numeric)


class Kept(EventSourced):
    """As `Profile`'s table after a deployment that changed the model: the snapshots there are of no use to it."""

    __tablename__ = "dynamo_profile"
    metadata = MetaData()
    __snapshot__ = Every(3)
    id = Context(String)
    title = Latest(String)
    salary = Aggregate(Integer, reducer=Max())


class Booking(EventSourced):
    """A context of two columns."""

    __tablename__ = "dynamo_booking"
    hotel = Context(String)
    room = Context(Integer)
    guest = Latest(String)


class Diary(EventSourced):
    """Its state grows."""

    __tablename__ = "dynamo_diary"
    __snapshot__ = Every(2)
    id = Context(String)
    notes = Aggregate(JSON, reducer=Append())


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Everything(EventSourced):
    """A last value of each column type."""

    __tablename__ = "dynamo_everything"
    id = Context(String)
    small = Latest(Integer)
    great = Latest(BigInteger)
    exact = Latest(Numeric(38, 10))
    unscaled = Latest(Numeric)
    inexact = Latest(Float)
    text = Latest(String)
    raw = Latest(LargeBinary)
    flag = Latest(Boolean)
    moment = Latest(DateTime(timezone=True))
    local = Latest(DateTime)
    day = Latest(Date)
    hour = Latest(Time)
    span = Latest(Interval)
    uuid = Latest(Uuid)
    colour = Latest(Enum(Colour))
    document = Latest(JSON)
