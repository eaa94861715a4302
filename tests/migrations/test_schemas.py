"""Models in a schema that is not the default one: made, changed, adopted and protected there, and nothing else is seen."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    BLANK_SCHEMA,
    BigInteger,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from sqla_osiris import Aggregate, Every, Inline, Latest, Max, NewEvent, repository
from tests.conftest import DATABASES
from tests.migrations.project import Project, described, employee
from tests.migrations.test_foreign_keys import staffed

WITH_SCHEMAS = [database for database in DATABASES if database != "sqlite"]
pytestmark = pytest.mark.parametrize("database_url", WITH_SCHEMAS, indirect=True)


@pytest.fixture
def schema(engine: Engine) -> Iterator[str]:
    """An empty schema beside the database's own; on MariaDB that is another database."""
    name = f"{engine.url.database}_hr"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield name
    if engine.dialect.name != "postgresql":
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {name}"))


def guarded(schema: str, engine: Engine, **body: Any) -> Any:
    archive = engine.dialect.name == "postgresql"
    name = Latest(String(40), index=True)
    return employee(schema=schema, __append_only__=True, __archive__=archive, name=name, **body)


@pytest.mark.parametrize("policy", [Inline(), Every(3)], ids=["inline", "every"])
def test_a_model_goes_through_its_versions_in_its_schema(project: Project, schema, policy):
    engine = project.engine
    first = guarded(schema, engine, __snapshot__=policy, title=Latest(String(40)), pay=Aggregate(Integer))
    last = guarded(
        schema,
        engine,
        __snapshot__=policy,
        role=Latest(String(40)),  # renamed
        pay=Aggregate(BigInteger, reducer=Max()),  # retyped, and folded otherwise
        bonus=Aggregate(Integer),  # added
    )
    project.migrate("create", first)
    project.check(first)
    repository(first, engine).append_many(
        [
            NewEvent("bob", {"name": "Bob", "title": "VP", "pay": 3}),
            NewEvent("bob", {"title": None, "pay": 4}),
        ]
    )

    changed = project.migrate("change", last)

    assert f"schema='{schema}'" in changed
    project.check(last)
    for _ in range(2):
        bob = repository(last, engine).state("bob")
        assert (bob.name, bob.role, bob.pay, bob.bonus) == ("Bob", None, 4, 0)
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(delete(last.Event.__table__))
        project.downgrade("0001")
        assert repository(first, engine).state("bob").pay == 7
        project.upgrade()
    migrated = described(engine, schema)
    project.downgrade("base")
    assert inspect(engine).get_table_names(schema) == []
    last.metadata.create_all(engine)
    assert described(engine, schema) == migrated


def ordinary(metadata: MetaData, schema: Any) -> Table:
    return Table(
        "employee",
        metadata,
        Column("id", String(40), primary_key=True),
        Column("pay", Integer),
        schema=schema,
    )


def test_a_table_of_the_schema_is_adopted_and_its_namesake_outside_is_left_alone(project: Project, schema):
    engine = project.engine
    model = employee(schema=schema, pay=Aggregate(Integer))
    tables = [ordinary(MetaData(), schema), ordinary(model.metadata, BLANK_SCHEMA)]
    for table, pay in zip(tables, (3, 4), strict=True):
        table.create(engine)
        with engine.begin() as connection:
            connection.execute(insert(table).values(id="bob", pay=pay))

    written = project.migrate("adopt", model)

    assert "osiris.adopt_table(" in written
    assert "drop_table" not in written.partition("def downgrade")[0]
    assert repository(model, engine).state("bob").pay == 3
    project.check(model)
    repository(model, engine).append("bob", pay=2)
    project.downgrade("base")
    with engine.connect() as connection:
        assert [connection.scalar(select(table.c.pay)) for table in tables] == [5, 4]


def test_an_environment_that_looks_into_no_schema_is_told_so(project: Project, schema, capfd):
    env = project.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace('"include_schemas": True', '"include_schemas": False'))
    project.revise("create", employee(schema=schema, pay=Aggregate(Integer)))
    logged = capfd.readouterr().err
    assert f"Employee's tables are in the schema {schema}" in logged
    assert "include_schemas=True" in logged


@pytest.mark.parametrize("names_schema", [True, False])
@pytest.mark.parametrize("first", ["employee", "the tables"])
def test_a_key_to_a_models_own_table_names_its_heads_in_the_schema(
    project: Project, schema, names_schema, first
):
    key = f"{schema}.employee.id" if names_schema else "employee.id"
    model = staffed(schema=schema, key=key, first=first)
    written = project.migrate("create", model)

    assert f"'{schema}.employee_snapshot.id'" in written
    project.check(model)
    found = inspect(project.engine).get_foreign_keys("followers", schema)
    assert {(each["referred_schema"], each["referred_table"]) for each in found} == {
        (schema, "employee_snapshot")
    }
    project.downgrade("base")
