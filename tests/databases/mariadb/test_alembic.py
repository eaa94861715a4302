"""Alembic on MariaDB: nothing to migrate in what create_all made, and a migration makes what the models need."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import ModifyTableOps
from sqlalchemy import Integer, String, inspect
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Latest, repository


@pytest.fixture
def sample() -> Any:
    class Base(DeclarativeBase):
        pass

    class Sample(EventSourced, Base):
        __tablename__ = "sample"
        id = Context(String(20))
        name = Latest(String)
        worked = Aggregate(Integer)

    return Sample


def test_what_create_all_made_needs_no_migration(engine, sample):
    sample.metadata.create_all(engine)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), sample.metadata) == []


def test_a_migration_makes_tables_that_take_events_and_need_no_other(engine, sample):
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        migration = produce_migrations(context, sample.metadata)
        for operation in migration.upgrade_ops.ops:
            steps = operation.ops if isinstance(operation, ModifyTableOps) else [operation]
            for step in steps:
                Operations(context).invoke(step)

    assert repository(sample, engine).append("bob", worked=1).position == 1
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), sample.metadata) == []


def test_position_has_one_key(engine, sample):
    sample.metadata.create_all(engine)

    found = inspect(engine).get_indexes("sample_event")

    assert [index["name"] for index in found if index["column_names"] == ["position"]] == [
        "ix_sample_event_position"
    ]
