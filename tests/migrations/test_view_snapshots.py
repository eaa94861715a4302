"""Snapshots of views: migrations make their tables, and have them forgotten where events are rewritten."""

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, Numeric, String, inspect, select
from sqlalchemy.orm import Session

from sqla_osiris import Aggregate, EventView, Every, Latest, Never, OsirisError, repository
from sqla_osiris import alembic as osiris
from tests.migrations.project import employee


def payroll(policy, *, by="company", schema=None):
    """The model and its view."""
    model = employee(
        schema=schema, company=Latest(String(20)), team=Latest(String(20)), salary=Aggregate(Integer)
    )
    body = {"__tablename__": "payroll", "__snapshot__": policy, "salary": Aggregate(Integer)}
    return model, type(EventView)("Payroll", (EventView,), body, of=model, by=by)


def salaries(engine, view):
    with Session(engine) as session:
        return session.scalars(select(view.salary)).all()


def test_autogenerate_makes_the_tables_and_finds_nothing_more(engine, project):
    plain, (stored, view) = payroll(Never())[0], payroll(Every(1))
    project.migrate("create", plain)

    text = project.migrate("snapshots", stored)
    assert "op.create_table('payroll_snapshot'" in text
    assert "op.create_table('employee_event_views'" in text
    assert project.differences(stored) == []
    people = repository(stored, engine)
    people.append("bob", company="acme", salary=3)
    assert people.snapshots() == 1
    assert salaries(engine, view) == [3]

    project.downgrade("-1")
    assert "payroll_snapshot" not in inspect(engine).get_table_names()
    assert project.differences(plain) == []


def test_a_migration_that_rewrites_events_has_views_fold_them_anew(engine):
    model, view = payroll(Every(1))
    people = repository(model, engine)
    people.create()
    people.append("bob", company="acme", salary=3)
    people.snapshots()
    state = [Column("salary", Numeric(9, 2))]
    wide, narrow = Column("salary", Numeric(9, 2)), Column("salary", Integer)

    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        osiris.retype_field(
            "employee", wide, existing=narrow, state=state, existing_state=[narrow], using="salary * 2"
        )
        osiris.retype_field("employee", narrow, existing=wide, state=[narrow], existing_state=state)

    assert salaries(engine, view) == [6]


def test_a_view_of_another_key_asks_for_a_new_table(engine):
    model, _ = payroll(Every(1))
    repository(model, engine).create()
    other, _ = payroll(Every(1), by="team")
    people = repository(other, engine)
    people.append("bob", team="red", salary=3)

    with pytest.raises(
        OsirisError, match=r"primary key of payroll_snapshot is \['company'\].*Drop the table"
    ):
        people.snapshots()
