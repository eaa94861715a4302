"""A subclass that comes later: its fields are added to the one log and the one head."""

from sqlalchemy import Integer, String

from sqla_osiris import Latest, repository
from tests.migrations.project import employee

ARGUMENTS = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}


def staff():
    return employee(kind=Latest(String(9)), __mapper_args__=ARGUMENTS)


def test_the_fields_of_a_subclass_are_added_and_removed(project):
    plain = staff()
    project.migrate("create", plain)
    repository(plain, project.engine).append("bob", kind="employee")
    base = staff()
    arguments = {"polymorphic_identity": "manager"}
    manager = type("Manager", (base,), {"level": Latest(Integer, index=True), "__mapper_args__": arguments})

    text = project.migrate("managers", base)

    assert "osiris.add_field" in text
    project.check(base)
    staff_of = repository(base, project.engine)
    staff_of.append("eve", kind="manager", level=3)
    assert (type(staff_of.state("eve")), staff_of.state("eve").level) == (manager, 3)
    assert type(staff_of.state("bob")) is base
    project.downgrade("-1")
    project.upgrade()
    project.check(base)
