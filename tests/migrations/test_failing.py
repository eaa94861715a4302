"""A migration that fails: what it leaves, and how it is run again."""

import pytest
from sqlalchemy import Integer, String, inspect, text
from sqlalchemy.exc import DBAPIError

from sqla_osiris import Aggregate, Latest, NewEvent, repository
from tests.conftest import DATABASES
from tests.migrations.project import employee


# SQLite converts any text to some number.
@pytest.mark.parametrize("database_url", [d for d in DATABASES if d != "sqlite"], indirect=True)
def test_the_model_of_before_goes_on_and_the_migration_is_run_again(project):
    engine = project.engine
    old = employee(__append_only__=True, age=Latest(String(40)), worked=Aggregate(Integer))
    new = employee(__append_only__=True, age=Latest(Integer), worked=Aggregate(Integer))
    project.migrate("create", old)
    staff = repository(old, engine)
    staff.append_many([NewEvent("ann", {"age": "31"}), NewEvent("bob", {"age": "young", "worked": 1})])
    project.revise("number", new)

    with pytest.raises(DBAPIError, match="young"):
        project.upgrade()

    assert staff.append("bob", age="30", worked=2).seq == 2
    assert [event.fields["age"] for event in staff.history("bob")] == ["young", "30"]
    assert staff.verify().differences == ()
    staff.redact("bob", 1, "age", reason="no number")
    drop_remains(engine)
    project.upgrade()
    project.check(new)
    assert [(each.id, each.age, each.worked) for each in repository(new, engine).states()] == [
        ("ann", 31, 0),
        ("bob", 30, 3),
    ]


def drop_remains(engine):
    """What docs/migrations.md says to do where DDL is not undone."""
    found = {column["name"] for column in inspect(engine).get_columns("employee_event")}
    assert ("osiris_new_age" in found) is (engine.dialect.name != "postgresql")
    if "osiris_new_age" in found:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE employee_event DROP COLUMN osiris_new_age"))
