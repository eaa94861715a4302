"""An ARRAY field in a migration: one text for every database, as arrays where there are any and as JSON elsewhere."""

from sqlalchemy import ARRAY, JSON, Integer, String

from sqla_osiris import Aggregate, CreatedAt, Latest, UpdatedAt, repository
from tests.migrations.project import employee

TAGS = {"type_": ARRAY(String(9)).with_variant(JSON(), "sqlite", "mysql", "mariadb")}


def test_an_array_field_is_created_added_and_removed(project):
    plain = employee(worked=Aggregate(Integer))
    project.migrate("create", plain)
    repository(plain, project.engine).append("bob", worked=1)
    tagged = employee(worked=Aggregate(Integer), tags=Latest(TAGS["type_"]))

    text = project.migrate("tags", tagged)

    assert "osiris.stored(" in text
    assert "with_variant(sa.JSON(), 'sqlite')" in text
    project.check(tagged)
    repository(tagged, project.engine).append("bob", tags=["a", "b"])
    assert repository(tagged, project.engine).state("bob").tags == ["a", "b"]
    project.downgrade("-1")
    project.upgrade()
    project.check(tagged)


def test_times_from_the_log_need_no_migration(project):
    plain = employee(worked=Aggregate(Integer))
    project.migrate("create", plain)
    first = repository(plain, project.engine).append("bob", worked=1)
    dated = employee(worked=Aggregate(Integer), created_at=CreatedAt(), updated_at=UpdatedAt())

    project.check(dated)

    bob = repository(dated, project.engine).state("bob")
    assert (bob.created_at, bob.updated_at) == (first.recorded_at, first.recorded_at)
