"""The models of the unit of work's tests: event-sourced ones beside ordinary ones."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sqla_osiris import (
    Aggregate,
    Context,
    Count,
    EventSourced,
    First,
    Latest,
    Max,
    Merge,
    Min,
    repository,
)

__all__ = [
    "Badge",
    "Base",
    "Desk",
    "Employee",
    "Note",
    "Record",
    "Stay",
    "Team",
    "lives",
    "touches",
]


class Base(DeclarativeBase):
    """The application's own base."""


class Team(Base):
    """An ordinary row that event-sourced employees refer to."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    members: Mapped[list["Employee"]] = relationship(back_populates="team")


class Employee(EventSourced, Base):
    """Last values, one sum, and a reference to an ordinary row."""

    __tablename__ = "employee"

    id: Mapped[str] = Context(String(50))
    company: Mapped[str | None]
    title: Mapped[str | None] = Latest(String(100))
    overtime: Mapped[int] = Aggregate()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship(back_populates="members")


class Badge(Base):
    """An ordinary row that refers to an event-sourced one."""

    __tablename__ = "badge"

    number: Mapped[int] = mapped_column(primary_key=True)
    employee_id: Mapped[str] = mapped_column(ForeignKey("employee_snapshot.id"))
    employee: Mapped[Employee] = relationship()


class Record(EventSourced, Base):
    """One field for each of the other reducers, and a default."""

    __tablename__ = "record"

    id: Mapped[str] = Context(String(50))
    best: Mapped[int | None] = Aggregate(reducer=Max())
    worst: Mapped[int | None] = Aggregate(reducer=Min())
    logins: Mapped[int] = Aggregate(reducer=Count())
    joined: Mapped[int | None] = Aggregate(reducer=First())
    profile: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())
    level: Mapped[str | None] = Latest(String(20), default="junior")


class Note(EventSourced, Base):
    """Documents that are changed in place."""

    __tablename__ = "note"

    id: Mapped[str] = Context(String(50))
    tags: Mapped[dict[str, Any] | None] = Latest(MutableDict.as_mutable(JSON))
    draft: Mapped[dict[str, Any]] = Aggregate(MutableDict.as_mutable(JSON), reducer=Merge())


class Desk(EventSourced, Base):
    """Nothing that may be None."""

    __tablename__ = "desk"

    id: Mapped[str] = Context(String(50))
    floor: Mapped[str] = Latest(String(5))


class Stay(EventSourced, Base):
    """A context of two columns."""

    __tablename__ = "stay"

    hotel: Mapped[str] = Context(String(50))
    room: Mapped[int] = Context()
    guest: Mapped[str | None]


def touches(session, model, context):
    """What each event of a stream touched, in order."""
    return [event.fields for event in repository(model, session).history(context)]


def lives(session, model, context):
    """The seq of each event of a stream, and whether it ends the stream."""
    return [(event.seq, event.ends) for event in repository(model, session).history(context)]
