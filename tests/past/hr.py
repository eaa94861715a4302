"""A team and its employees, event-sourced, and the ordinary departments that both refer to; and models of each policy."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from sqla_osiris import Aggregate, Context, EventSourced, Every, Inline, Latest, Never, NewEvent, repository
from tests.repositories.models import Fields, PythonFields


class Base(DeclarativeBase):
    pass


class Department(Base):
    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    members: Mapped[list["Employee"]] = relationship(back_populates="department")


class Team(EventSourced, Base):
    id: Mapped[str] = Context(String(40))
    title: Mapped[str | None] = Latest(String(40))
    members: Mapped[list["Employee"]] = relationship(back_populates="team", order_by="Employee.id")


class Employee(EventSourced, Base):
    id: Mapped[str] = Context(String(40))
    company: Mapped[str | None] = Latest(String(40))
    overtime: Mapped[int] = Aggregate(Integer)
    team_id: Mapped[str | None] = Latest(ForeignKey("team_snapshot.id"))
    department_id: Mapped[int | None] = Latest(ForeignKey("department.id"))
    team: Mapped[Team | None] = relationship(back_populates="members")
    department: Mapped[Department | None] = relationship(back_populates="members")


class Badge(Base):
    """An ordinary row that refers to an event-sourced one."""

    __tablename__ = "badge"

    number: Mapped[int] = mapped_column(primary_key=True)
    employee_id: Mapped[str] = mapped_column(ForeignKey("employee_snapshot.id"))
    employee: Mapped[Employee] = relationship()


class InlineOne(EventSourced, Fields, Base):
    __snapshot__ = Inline()


class EveryOne(EventSourced, Fields, Base):
    __snapshot__ = Every(3)


class NeverOne(EventSourced, Fields, Base):
    __snapshot__ = Never()


class InlinePython(EventSourced, PythonFields, Base):
    __snapshot__ = Inline()


class EveryPython(EventSourced, PythonFields, Base):
    __snapshot__ = Every(3)


MODELS = [InlineOne, EveryOne, NeverOne, InlinePython, EveryPython]


def day(number):
    return datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)


def play(connection):
    """Day 1: team "old" has bob and jane, 1 hour each. Day 2: it is "new", bob works 10 more. Day 3: jane leaves."""
    hired = {"overtime": 1, "company": "Hooly", "team_id": "red", "department_id": 1}
    with Session(connection) as session:
        session.add(Department(id=1, name="sales"))
        repository(Team, session).append_many(
            [
                NewEvent("red", {"title": "old"}, recorded_at=day(1)),
                NewEvent("red", {"title": "new"}, recorded_at=day(2)),
            ]
        )
        repository(Employee, session).append_many(
            [
                NewEvent("bob", hired, recorded_at=day(1)),
                NewEvent("jane", hired, recorded_at=day(1)),
                NewEvent("bob", {"overtime": 10, "company": "Acme"}, recorded_at=day(2)),
                NewEvent("jane", {}, recorded_at=day(3), ends=True),
            ]
        )
        session.commit()
