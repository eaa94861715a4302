"""Models that between them use all reducers, all column types, a composite context, a foreign key, a schema, encryption."""

import enum
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Enum,
    Float,
    ForeignKey,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

import sqla_osiris
from sqla_osiris import (
    Aggregate,
    Context,
    Count,
    Encrypted,
    EventSourced,
    Every,
    First,
    Latest,
    Max,
    Merge,
    Min,
)


class Base(DeclarativeBase):
    metadata = MetaData()


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Team(Base):
    __tablename__ = "kit_team"
    id: Mapped[int] = mapped_column(primary_key=True)


class Employee(EventSourced, Base):
    """The folds that the writing statement does: Inline."""

    __tablename__ = "kit_employee"
    id: Mapped[str] = Context(String(40))
    title: Mapped[str | None] = Latest(String(10))
    salary: Mapped[int] = Aggregate(Integer)
    bonus: Mapped[Decimal] = Aggregate(Numeric(12, 2))
    hours: Mapped[float] = Aggregate(Float)
    best: Mapped[str | None] = Aggregate(String, reducer=Max())
    hired: Mapped[int | None] = Aggregate(BigInteger, reducer=First())
    visits: Mapped[int] = Aggregate(SmallInteger, reducer=Count())
    least: Mapped[Decimal | None] = Aggregate(Numeric(8, 3), reducer=Min())
    team_id: Mapped[int | None] = Latest(ForeignKey("kit_team.id"))
    note: Mapped[str | None] = Latest(Encrypted(String(20)))


class Ledger(EventSourced, Base):
    """Every column type as Latest, in a schema, on a composite context."""

    __tablename__ = "kit_ledger"
    __table_args__ = {"schema": "hr"}  # noqa: RUF012
    book: Mapped[UUID] = Context(Uuid)
    page: Mapped[int] = Context(Integer)
    flag: Mapped[bool | None] = Latest(Boolean)
    colour: Mapped[Colour | None] = Latest(Enum(Colour))
    size: Mapped[str | None] = Latest(Enum("s", "m", name="kit_size"))
    note: Mapped[str] = Latest(Text)
    blob: Mapped[bytes | None] = Latest(LargeBinary(8))
    day: Mapped[Any] = Latest(Date, nullable=True)
    hour: Mapped[Any] = Latest(Time, nullable=True)
    span: Mapped[Any] = Latest(Interval, nullable=True)
    at: Mapped[Any] = Latest(DateTime(timezone=True), nullable=True)
    local: Mapped[Any] = Latest(DateTime, nullable=True)
    number: Mapped[float | None] = Latest(Float)
    key: Mapped[UUID | None] = Latest(Uuid)
    document: Mapped[Any] = Latest(JSON, nullable=True)


class Desk(EventSourced, Base):
    """What the first event of each stream must give."""

    __tablename__ = "kit_desk"
    id: Mapped[int] = Context(Integer)
    floor: Mapped[str] = Latest(String(5))
    room: Mapped[int] = Latest(Integer)
    seats: Mapped[int] = Aggregate(Integer)


class Shouted(TypeDecorator[str]):
    """Stored in capitals: the values of a column's own type, which only its author can describe."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.upper()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.lower()


class Herald(EventSourced, Base):
    """Folds of a column type of the application's own."""

    __tablename__ = "kit_herald"
    __snapshot__ = Every(2)
    id: Mapped[int] = Context(Integer)
    cry: Mapped[str | None] = Latest(Shouted(8))
    loudest: Mapped[str | None] = Aggregate(Shouted(8), reducer=First())


class Profile(EventSourced, Base):
    """The folds of documents and of sets, and of an encrypted value."""

    __tablename__ = "kit_profile"
    __snapshot__ = Every(3)
    id: Mapped[int] = Context(Integer)
    profile: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())
    log: Mapped[list[Any]] = Aggregate(JSON, reducer=sqla_osiris.Append())
    skills: Mapped[set[Any]] = Aggregate(JSON, reducer=sqla_osiris.Union())
    mean: Mapped[float | None] = Aggregate(Integer, reducer=sqla_osiris.Mean())
    ever: Mapped[bool] = Aggregate(Boolean, reducer=sqla_osiris.Any())
    always: Mapped[bool] = Aggregate(Boolean, reducer=sqla_osiris.All())
    places: Mapped[int] = Aggregate(String(5), reducer=sqla_osiris.Distinct())
    pin: Mapped[int | None] = Aggregate(Encrypted(BigInteger), reducer=First())
