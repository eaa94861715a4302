"""Models as both type checkers must see them. Checked by test_typing.py, never run.

Each line that must be an error carries an ignore of exactly that error; an ignore that ignores nothing is an error itself.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

from sqlalchemy import JSON, ColumnElement, Date, Engine, ForeignKey, Integer, Numeric, String, select
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    Session,
    mapped_column,
    relationship,
)

from sqla_osiris import (
    Aggregate,
    Context,
    CreatedAt,
    Distinct,
    Encrypted,
    Event,
    EventSourced,
    Inline,
    Latest,
    Max,
    Mean,
    Merge,
    NewEvent,
    Reducer,
    Union,
    UpdatedAt,
    repository,
)


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)


class Employee(EventSourced, Base):
    """The typed style."""

    __tablename__ = "employee"
    __snapshot__ = Inline()
    id: Mapped[str] = Context(String(20))
    company: Mapped[str | None]
    title: Mapped[str | None] = Latest(String(20))
    born: Mapped[str | None] = Latest("birthday", String(10))
    overtime: Mapped[int] = Aggregate()
    best: Mapped[Decimal | None] = Aggregate(Numeric(10, 2), reducer=Max())
    profile: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())
    grade: Mapped[float | None] = Aggregate(Integer, reducer=Mean())
    skills: Mapped[set[str]] = Aggregate(JSON, reducer=Union())
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship()
    created_at: Mapped[datetime] = CreatedAt()


class Told(Reducer):
    """Presents another type than it takes."""

    def identity(self) -> int:
        return 0

    def lift(self, touch: int) -> int:
        return touch

    def merge(self, left: int, right: int) -> int:
        return left + right

    def present(self, accumulator: int) -> str:
        return str(accumulator)


class Visitor(EventSourced):
    """The untyped style."""

    browser = Latest(String)
    name = Latest(String(20))
    since = Latest(Date)
    pages = Aggregate(Integer)
    paid = Aggregate(Numeric(10, 2))
    longest = Aggregate(Integer, reducer=Max())
    mean = Aggregate(Numeric(10, 2), reducer=Mean())
    note = Latest(Encrypted(String(200)))
    seen = Aggregate(String, reducer=Distinct())
    told = Aggregate(Integer, reducer=Told(), state_type=String)
    updated = UpdatedAt("updated_at")


def on_the_class_a_field_is_an_sql_expression() -> None:
    assert_type(Employee.overtime, InstrumentedAttribute[int])
    assert_type(Employee.grade, InstrumentedAttribute[float | None])
    assert_type(Employee.skills, InstrumentedAttribute[set[str]])
    assert_type(Employee.company, InstrumentedAttribute[str | None])
    assert_type(Employee.best, InstrumentedAttribute[Decimal | None])
    assert_type(Employee.id, InstrumentedAttribute[str])
    assert_type(Employee.team, InstrumentedAttribute[Team | None])
    assert_type(Employee.seq, InstrumentedAttribute[int])
    assert_type(Visitor.pages, InstrumentedAttribute[int])
    assert_type(Visitor.browser, InstrumentedAttribute[str])
    assert_type(Visitor.mean, InstrumentedAttribute[float | None])
    assert_type(Visitor.seen, InstrumentedAttribute[int])
    assert_type(Visitor.told, InstrumentedAttribute[str])
    assert_type(Visitor.name, InstrumentedAttribute[str])
    assert_type(Visitor.note, InstrumentedAttribute[str])
    assert_type(Visitor.paid, InstrumentedAttribute[Decimal])
    assert_type(Visitor.longest, InstrumentedAttribute[int])
    assert_type(Visitor.seq, InstrumentedAttribute[int])
    assert_type(Employee.created_at, InstrumentedAttribute[datetime])
    assert_type(Visitor.updated, InstrumentedAttribute[datetime])
    assert_type(Employee.overtime > 40, ColumnElement[bool])
    assert_type(Visitor.pages > 40, ColumnElement[bool])


def on_an_instance_a_field_is_a_value(bob: Employee, jane: Visitor) -> None:
    assert_type(bob.overtime, int)
    assert_type(bob.company, str | None)
    assert_type(bob.best, Decimal | None)
    assert_type(bob.profile, dict[str, Any])
    assert_type(bob.id, str)
    assert_type(bob.seq, int)
    assert_type(bob.team, Team | None)
    assert_type(jane.pages, int)
    assert_type(jane.browser, str)
    assert_type(jane.paid, Decimal)
    assert_type(jane.seq, int)
    assert_type(bob.created_at, datetime)
    assert_type(jane.updated, datetime)


def a_query_yields_values_and_states(session: Session) -> None:
    assert_type(session.scalars(select(Employee.overtime)).one(), int)
    assert_type(session.scalars(select(Employee.company)).one(), str | None)
    assert_type(session.scalars(select(Visitor.pages)).one(), int)
    assert_type(session.scalars(select(Employee).where(Employee.overtime > 40)).one(), Employee)
    assert_type(session.get(Employee, "bob"), Employee | None)
    assert_type(session.get(Visitor, "jane"), Visitor | None)


def a_model_is_constructed_by_its_fields() -> None:
    assert_type(Employee(id="bob", company="Hooly", overtime=3), Employee)
    assert_type(Visitor(context="bob", pages=3), Visitor)


def a_repository_yields_states_of_its_model(session: Session, engine: Engine) -> None:
    employees = repository(Employee, session)
    assert_type(employees.state("bob"), Employee | None)
    assert_type(employees.states(), Iterator[Employee])
    assert_type(employees.states(["bob", "jane"]), Iterator[Employee])
    assert_type(employees.append("bob", overtime=3, expected_seq=7, event_type="worked late"), Event)
    assert_type(employees.append_many([NewEvent("bob", {"overtime": 3})]), int)
    assert_type(employees.history("bob", after=3), Iterator[Event])
    assert_type(repository(Visitor, engine).state("bob"), Visitor | None)
    assert_type(repository(Visitor, "memory://").state("bob"), Visitor | None)


def a_value_of_another_type_is_an_error(bob: Employee, jane: Visitor) -> None:
    bob.overtime = "three"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    bob.overtime = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    bob.company = 7  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    bob.best = 0.5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    jane.pages = "three"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    jane.browser = 7  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    jane.paid = "1.50"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def an_unknown_attribute_is_an_error(bob: Employee, jane: Visitor) -> None:
    bob.overtme = 3  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    print(Employee.overtme)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: T201
    print(jane.page)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: T201


def a_reducer_that_is_none_is_an_error() -> None:
    Aggregate(Integer, reducer=max)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
