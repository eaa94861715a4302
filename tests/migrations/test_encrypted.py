"""Encrypted fields in migrations: their keys' table comes with them, and nothing differs afterwards."""

import pytest
from sqlalchemy import String, inspect

from sqla_osiris import DeclarationError, Encrypted, Every, Inline, Latest, repository
from tests.migrations.project import employee


def version(*, policy=None, **fields):
    return employee(__snapshot__=policy or Inline(), title=Latest(String(40)), **fields)


@pytest.mark.parametrize("policy", [Inline(), Every(2)])
def test_an_encrypted_field_comes_and_goes(project, policy):
    before = version(policy=policy)
    project.migrate("create", before)
    repository(before, project.engine).append("bob", title="VP")
    after = version(policy=policy, note=Latest(Encrypted(String(200))))

    text = project.migrate("add a note", after)

    assert "op.create_table('employee_key'" in text
    assert "Encrypted" not in text
    assert project.differences(after) == []
    employees = repository(after, project.engine)
    employees.append("bob", note="told in confidence")
    assert (employees.state("bob").title, employees.state("bob").note) == ("VP", "told in confidence")
    assert employees.verify()

    project.downgrade("0001")
    assert "employee_key" not in inspect(project.engine).get_table_names()
    assert repository(before, project.engine).state("bob").title == "VP"


def test_a_new_model_with_one_is_as_create_all_makes_it(project):
    model = version(note=Latest(Encrypted(String(200))))
    project.migrate("create", model)
    assert project.differences(model) == []


def test_a_field_that_is_there_cannot_become_encrypted(project):
    project.migrate("create", version(note=Latest(String(200))))
    with pytest.raises(DeclarationError, match=r"Employee.note.*Declare an encrypted one"):
        project.revise("encrypt", version(note=Latest(Encrypted(String(200)))))
