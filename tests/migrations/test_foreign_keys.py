"""Alembic sees a foreign key to a model's own table as one to its heads: a migration names them, so that it runs."""

from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sqla_osiris import Context, EventSourced, Latest
from tests.migrations.project import CONVENTION, employee


def staffed(
    *,
    schema: str | None = None,
    key: str = "employee.id",
    first: str = "employee",
    with_followers: bool = True,
) -> Any:
    """Employees who have bosses, and an ordinary class and a plain table that refer to them; by which is declared first."""
    metadata = MetaData(naming_convention=CONVENTION, schema=schema)
    base: Any = type("Base", (DeclarativeBase,), {"metadata": metadata})

    def plain() -> None:
        if with_followers:
            Table(
                "followers",
                metadata,
                Column("follower", String(40), ForeignKey(key), primary_key=True),
                Column("followed", ForeignKey(key), primary_key=True),
            )
        type(
            "Laptop",
            (base,),
            {
                "__tablename__": "laptop",
                "__annotations__": {"id": Mapped[int], "owner": Mapped[str]},
                "id": mapped_column(primary_key=True),
                "owner": mapped_column(ForeignKey(key)),
            },
        )

    if first != "employee":
        plain()
    model = type(
        "Employee",
        (EventSourced, base),
        {
            "__tablename__": "employee",
            "id": Context(String(40)),
            "boss": Latest(String(40), ForeignKey(key)),
            "worked": Latest(Integer),
        },
    )
    if first == "employee":
        plain()
    return model


def referred(engine: Any, table: str) -> set[tuple[str, str, str]]:
    return {
        (key["constrained_columns"][0], key["referred_table"], key["referred_columns"][0])
        for key in inspect(engine).get_foreign_keys(table)
    }


@pytest.mark.parametrize("first", ["employee", "the tables"])
def test_a_migration_names_the_heads_and_leaves_nothing_to_do(engine, project, first):
    model = staffed(first=first)
    text = project.migrate("create", model)

    assert "employee_snapshot.id" in text
    assert "employee.id" not in text
    assert project.differences(model) == []
    project.check(model)
    assert referred(engine, "followers") == {
        ("follower", "employee_snapshot", "id"),
        ("followed", "employee_snapshot", "id"),
    }
    assert referred(engine, "laptop") == {("owner", "employee_snapshot", "id")}
    assert referred(engine, "employee_snapshot") == {("boss", "employee_snapshot", "id")}
    project.downgrade("base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}


def test_either_order_of_declaration_is_the_same_schema(project):
    project.migrate("create", staffed(first="employee"))

    assert project.differences(staffed(first="the tables")) == []


def test_a_key_that_comes_later_is_added_and_goes_again(engine, project):
    before, model = employee(worked=Latest(Integer)), staffed(with_followers=False)
    project.migrate("create", before)
    text = project.migrate("refer", model)

    assert "employee_snapshot" in text
    assert referred(engine, "laptop") == {("owner", "employee_snapshot", "id")}
    assert project.differences(model) == []
    with_followers = staffed()
    project.migrate("follow", with_followers)
    assert project.differences(with_followers) == []
    project.downgrade("0001")
    assert project.differences(before) == []


def test_the_spelling_of_a_key_changes_nothing_in_the_database(project):
    def spelled(target: str) -> Any:
        return employee(worked=Latest(Integer), boss=Latest(String(40), ForeignKey(target)))

    project.migrate("create", spelled("employee_snapshot.id"))

    assert project.differences(spelled("employee.id")) == []


def test_a_text_that_refers_to_an_ordinary_table_compares_as_its_column(engine, project):
    """A migration knows that column by its name alone."""

    def version(*names: str) -> Any:
        metadata = MetaData(naming_convention=CONVENTION)
        base: Any = type("Base", (DeclarativeBase,), {"metadata": metadata})
        Table("team", metadata, Column("code", String(9), primary_key=True))
        fields = {name: Latest(String(9), ForeignKey("team.code")) for name in names}
        attributes = {"__tablename__": "employee", "id": Context(String(40)), "worked": Latest(Integer)}
        return type("Employee", (EventSourced, base), attributes | fields)

    first, last = version("team"), version("team", "former")
    project.migrate("create", first)
    project.check(first)
    project.migrate("change", last)

    project.check(last)
    assert referred(engine, "employee_snapshot") == {("team", "team", "code"), ("former", "team", "code")}
    project.downgrade("base")
