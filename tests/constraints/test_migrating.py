"""Alembic sees the constraints as ordinary ones of the heads' table."""

from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    inspect,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped

from sqla_osiris import Aggregate, Context, EventSourced, Latest, repository
from sqla_osiris.databases.registry import database_of
from tests.migrations.conftest import project
from tests.migrations.project import differences, employee

__all__ = ["project"]


def constrained(**more: Any) -> Any:
    return employee(
        email=Latest(String(40), unique=True),
        name=Latest(String(40), index=True),
        boss=Latest(String(40)),
        worked=Aggregate(Integer),
        __table_args__=(
            CheckConstraint("worked >= 0", name="positive"),
            UniqueConstraint("boss", "name", name="uq_boss_name"),
            Index("ix_boss", "boss"),
            ForeignKeyConstraint(["boss"], ["employee_snapshot.id"], name="fk_boss"),
        ),
        **more,
    )


def plain() -> Any:
    return employee(
        email=Latest(String(40)), name=Latest(String(40)), boss=Latest(String(40)), worked=Aggregate(Integer)
    )


def test_a_model_is_created_with_them_and_nothing_is_left_to_do(engine, project):
    model = constrained()
    project.migrate("create", model)

    assert project.differences(model) == []
    with pytest.raises(IntegrityError, match="positive"):
        repository(model, engine).append("bob", worked=-1)
    project.downgrade("base")


def test_they_come_to_a_model_that_is_there(engine, project):
    old, model = plain(), constrained()
    project.migrate("create", old)
    repository(old, engine).append("bob", email="bob@x", worked=2)
    written = project.migrate("constrain", model)

    assert "uq_boss_name" in written
    assert "create_check_constraint" in written
    found = inspect(engine)
    uniques = {each["name"] for each in found.get_unique_constraints("employee_snapshot")}
    assert "uq_boss_name" in uniques
    with pytest.raises(IntegrityError, match=r"(?i)email"):
        repository(model, engine).append("jane", email="bob@x")
    with pytest.raises(IntegrityError, match="positive"):
        repository(model, engine).append("jane", worked=-1)
    assert project.differences(model) == []
    project.downgrade("0001")
    assert project.differences(old) == []


def test_an_index_of_living_streams_alone_is_seen_too(engine, project):
    worked = {"email": Latest(String(40)), "worked": Aggregate(Integer)}
    model = employee(**worked, __table_args__=(UniqueConstraint("worked", name="uq_worked"),))
    if not database_of(engine.dialect).has_partial_indexes:
        assert "uq_worked" in project.revise("create", model)
        return
    project.migrate("create", model)

    assert project.differences(model) == []
    model = employee(email=Latest(String(40)), worked=Aggregate(Integer))
    project.migrate("release", model)
    assert project.differences(model) == []


def checked(*checks: CheckConstraint) -> Any:
    return employee(worked=Aggregate(Integer), title=Latest(String(9)), __table_args__=checks)


def test_a_check_that_changed_or_went_is_found_by_its_name(engine, project):
    old = checked(
        CheckConstraint("worked >= 0", name="ck_worked"),
        CheckConstraint("title <> 'ab'", name="ck_title"),
    )
    project.migrate("create", old)
    assert project.differences(old) == []
    new = checked(CheckConstraint("worked >= -5", name="ck_worked"))
    project.migrate("change", new)

    assert project.differences(new) == []
    employees = repository(new, engine)
    employees.append("bob", worked=-5, title="ab")
    with pytest.raises(IntegrityError, match="ck_worked"):
        employees.append("bob", worked=-1)
    employees.append("bob", worked=6)
    employees.append("bob", title="b")
    project.downgrade("0001")
    assert project.differences(old) == []
    with pytest.raises(IntegrityError, match="ck_title"):
        repository(old, engine).append("bob", title="ab")


def test_a_check_of_expressions_is_compared_as_the_database_writes_it(engine, project):
    worked = Aggregate("worked", Integer)
    title = Latest("title", String(9))
    condition = or_(
        worked.column.between(-1, 10), func.length(title.column) > 3, title.column.in_(["a", "b"])
    )
    model = employee(worked=worked, title=title, __table_args__=(CheckConstraint(condition, name="ck"),))
    project.migrate("create", model)

    assert project.differences(model) == []
    assert isinstance(project.differences(checked())[0], tuple | list)


def test_a_check_without_a_name_is_left_alone(engine):
    class Base(DeclarativeBase):
        pass

    class Item(EventSourced, Base):
        __table_args__ = (CheckConstraint("n >= 0"),)
        id: Mapped[int] = Context()
        n: Mapped[int] = Aggregate()
        kind: Mapped[str | None] = Latest(
            Enum("a", "b", native_enum=False, create_constraint=True, name="kind")
        )

    Base.metadata.create_all(engine)
    assert differences(engine, Base.metadata) == []


@pytest.mark.parametrize("worked", [0, -1], ids=["allowed", "refused"])
def test_an_ordinary_table_is_adopted_under_the_constraints(engine, project, worked):
    old = Table(
        "employee",
        MetaData(),
        Column("id", String(40), primary_key=True),
        Column("email", String(40)),
        Column("worked", Integer),
    )
    old.metadata.create_all(engine)
    rows = [{"id": "ann", "email": "a@x", "worked": 3}, {"id": "bob", "email": None, "worked": worked}]
    with engine.begin() as connection:
        connection.execute(insert(old), rows)
    check = CheckConstraint("worked >= 0", name="positive")
    model = employee(
        email=Latest(String(40), unique=True), worked=Aggregate(Integer), __table_args__=(check,)
    )
    assert "adopt_table" in project.revise("adopt", model)
    if worked < 0:
        with pytest.raises(DBAPIError, match="positive"):
            project.upgrade()
    else:
        project.upgrade()
        assert project.differences(model) == []
        employees = repository(model, engine)
        with pytest.raises(IntegrityError, match="positive"):
            employees.append("bob", worked=-1)
        with pytest.raises(IntegrityError, match=r"(?i)email"):
            employees.append("bob", email="a@x")
    with engine.connect() as connection:
        assert [row._asdict() for row in connection.execute(select(old).order_by(old.c.id))] == rows
