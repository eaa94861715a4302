"""What are a model's fields, tables, keys and columns called, and where do they stand?"""

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    declared_attr,
    mapped_column,
)

from sqla_osiris import Aggregate, Context, EventSourced, Latest, repository

NAMING_CONVENTION = {
    "ix": "index_%(column_0_label)s",
    "uq": "unique_%(table_name)s_%(column_0_name)s",
    "ck": "check_%(table_name)s_%(constraint_name)s",
    "fk": "foreign_%(table_name)s_%(column_0_name)s",
    "pk": "primary_%(table_name)s",
}


# Names


def test_the_app_base_names_the_tables_where_it_does_so(saved):
    class Base(DeclarativeBase):
        @declared_attr.directive
        def __tablename__(cls) -> str:  # noqa: N805
            return f"{cls.__name__.lower()}s"

    class Employee(EventSourced, Base):
        id: Mapped[str] = Context()
        name: Mapped[str | None]

    assert saved(Employee(id="bob", name="Bob"), "bob").name == "Bob"
    assert set(Base.metadata.tables) == {"employees_event", "employees_snapshot"}


def test_a_field_may_have_another_column_name(engine, saved, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context("employee_no", String(20))
        title: Mapped[str | None] = Latest("job_title", String(20))
        overtime: Mapped[int] = Aggregate("hours", Integer)

    state = saved(Employee(id="bob", title="VP", overtime=3), "bob")
    employees = repository(Employee, engine)
    employees.append("bob", overtime=2)

    assert (state.id, state.title, state.overtime) == ("bob", "VP", 3)
    assert {"employee_no", "job_title", "hours"} <= set(Employee.Event.__table__.c.keys())
    assert [event.fields for event in employees.history("bob")] == [
        {"title": "VP", "overtime": 3},
        {"overtime": 2},
    ]
    with Session(engine) as session:
        assert session.scalars(select(Employee.id).where(Employee.title == "VP")).all() == ["bob"]


AWKWARD_NAMES = [
    "self",
    "context",
    "at",
    "fields",
    "order",
    "select",
    "user",
    "model",
    "Title",
    "größe",
    "head",
    "value",
]


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_a_field_may_be_called_anything_that_is_not_reserved(engine, base, name):
    employee = type(
        "Employee",
        (EventSourced, base),
        {
            "__tablename__": "employee",
            "id": Context(String(20)),
            name: Latest(String(20)),
            "n": Aggregate(Integer),
        },
    )
    base.metadata.create_all(engine)
    employees = repository(employee, engine)
    employees.append("bob", **{name: "old", "n": 1})
    with Session(engine) as session, session.begin():
        setattr(session.get(employee, "bob"), name, "new")

    assert getattr(employees.state("bob"), name) == "new"
    assert employees.state("bob").n == 1


def test_the_generated_classes_are_mapped_to_the_generated_tables(base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        name: Mapped[str | None]

    assert Employee.Event.__table__ is base.metadata.tables["employee_event"]
    assert Employee.Snapshot.__table__ is base.metadata.tables["employee_snapshot"]


def test_the_metadata_holds_exactly_the_two_tables(base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        name: Mapped[str | None]

    base.registry.configure()

    assert set(base.metadata.tables) == {"employee_event", "employee_snapshot"}


def test_the_generated_classes_are_queried_like_any_other(engine, saved, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        name: Mapped[str | None]

    before = datetime.now(UTC).replace(microsecond=0)
    saved(Employee(id="bob", name="Bob"), "bob")
    with Session(engine) as session:
        event = session.scalars(select(Employee.Event).where(Employee.Event.recorded_at >= before)).one()
        head = session.scalars(select(Employee.Snapshot)).one()

        assert (event.id, event.seq, event.name) == ("bob", 1, "Bob")
        assert (head.id, head.seq, head.name) == ("bob", 1, "Bob")


# The metadata


def test_what_create_all_makes_drop_all_takes_away(engine, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        name: Mapped[str | None] = Latest(index=True)

    base.metadata.create_all(engine)
    created = inspect(engine).get_table_names()
    base.metadata.drop_all(engine)

    assert sorted(created) == ["employee_event", "employee_snapshot"]
    assert inspect(engine).get_table_names() == []


def test_the_naming_convention_names_every_key_and_index(base, engine):
    base.metadata.naming_convention = NAMING_CONVENTION

    class Team(base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        name: Mapped[str | None] = Latest(index=True)
        team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))

    base.metadata.create_all(engine)
    inspector = inspect(engine)

    if engine.dialect.name not in {"mariadb", "mysql"}:  # there, every primary key is called PRIMARY
        assert inspector.get_pk_constraint("employee_event")["name"] == "primary_employee_event"
        assert inspector.get_pk_constraint("employee_snapshot")["name"] == "primary_employee_snapshot"
    assert "index_employee_snapshot_name" in {i["name"] for i in inspector.get_indexes("employee_snapshot")}
    assert [key["name"] for key in inspector.get_foreign_keys("employee_snapshot")] == [
        "foreign_employee_snapshot_team_id"
    ]


def in_metadata():
    class Base(DeclarativeBase):
        metadata = MetaData(schema="hr")

    return Base, {}


def in_table_args():
    class Base(DeclarativeBase):
        pass

    return Base, {"__table_args__": {"schema": "hr"}}


@pytest.mark.parametrize("place", [in_metadata, in_table_args])
def test_both_tables_stand_in_the_declared_schema(engine, place):
    base, attributes = place()
    declared = {
        "__tablename__": "employee",
        "id": Context(String(20)),
        "company": Latest(String(50)),
        **attributes,
    }
    employee = type("Employee", (EventSourced, base), declared)
    with hr_schema(engine) as connection:
        base.metadata.create_all(connection)
        with Session(connection) as session:
            session.add(employee(id="bob", company="Hooly"))
            session.commit()
            session.get(employee, "bob").company = "Acme"
            session.commit()
            found = session.scalars(select(employee).where(employee.company == "Acme")).all()

        assert [bob.id for bob in found] == ["bob"]
        assert sorted(inspect(connection).get_table_names("hr")) == ["employee_event", "employee_snapshot"]


@contextmanager
def hr_schema(engine):
    """A connection that sees a schema `hr`, which is gone afterwards."""
    create = "ATTACH ':memory:' AS hr" if engine.dialect.name == "sqlite" else "CREATE SCHEMA hr"
    with engine.connect() as connection:
        connection.execute(text(create))
        try:
            yield connection
        finally:
            connection.rollback()
            # A schema is a database there, and CREATE has committed.
            if engine.dialect.name in {"mariadb", "mysql"}:
                connection.execute(text("DROP SCHEMA hr"))


def test_the_type_annotation_map_gives_the_columns_their_types(saved):
    class Base(DeclarativeBase):
        type_annotation_map = {str: String(30), Decimal: Numeric(12, 2), dict[str, Any]: JSON}  # noqa: RUF012

    class Employee(EventSourced, Base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        company: Mapped[str | None]
        salary: Mapped[Decimal] = Aggregate()
        profile: Mapped[dict[str, Any] | None]

    state = saved(Employee(id="bob", company="Hooly", salary=Decimal("1.25"), profile={"a": [1]}), "bob")
    events = Employee.Event.__table__.c

    assert (state.salary, state.profile) == (Decimal("1.25"), {"a": [1]})
    assert (events.id.type.length, events.company.type.length) == (30, 30)
    assert (events.salary.type.precision, events.salary.type.scale) == (12, 2)
