"""A model that names the table of its heads is migrated as any other."""

import pytest
from sqlalchemy import Integer, String, text
from sqlalchemy.exc import DBAPIError

from sqla_osiris import Aggregate, Latest, Max, repository
from tests.migrations.laws import stays_equal
from tests.migrations.project import employee


def named(*, protected=True, **changed):
    fields = {"name": Latest(String(50)), "worked": Aggregate(Integer), **changed}
    fields = {name: field for name, field in fields.items() if field is not None}
    return employee(__snapshot_table__="employee", __append_only__=protected, **fields)


@pytest.mark.parametrize(
    ("change", "renamed"),
    [
        (lambda: {"best": Aggregate(Integer, reducer=Max())}, {}),
        (lambda: {"name": None, "called": Latest(String(50))}, {"name": "called"}),
        (lambda: {"name": Latest(String(80))}, {}),
    ],
    ids=["added", "renamed", "retyped"],
)
def test_a_field_changes_in_heads_of_that_name(project, change, renamed):
    old, new = named(), named(**change())
    assert "osiris.create_append_only('employee', heads=True)" in project.migrate("old", old)
    assert project.differences(old) == []
    assert "snapshot_table='employee'" in project.revise("new", new)
    stays_equal(project, old, new, **renamed)


def test_heads_become_protected_and_no_longer(project):
    engine = project.engine
    plain = named(protected=False)
    project.migrate("plain", plain)
    repository(plain, engine).append("bob", name="Bob")
    assert "osiris.create_append_only('employee', heads=True)" in project.migrate("protected", named())
    changed = text("UPDATE employee SET name = 'Eve'")
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(changed)
    project.check(named())
    assert "osiris.drop_append_only('employee', heads=True)" in project.revise("unprotected", plain)
    project.downgrade("-1")
    with engine.begin() as connection:
        connection.execute(changed)
    project.upgrade()
    project.check(plain)
