"""Alembic sees the constraints as ordinary ones of the heads' table."""

from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.exc import IntegrityError

from sqla_osiris import Aggregate, Latest, repository
from sqla_osiris.databases.registry import database_of
from tests.migrations.conftest import project
from tests.migrations.project import employee

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
    found = inspect(engine)
    uniques = {each["name"] for each in found.get_unique_constraints("employee_snapshot")}
    assert "uq_boss_name" in uniques
    with pytest.raises(IntegrityError, match=r"(?i)email"):
        repository(model, engine).append("jane", email="bob@x")
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
