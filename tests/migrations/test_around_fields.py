"""What changes around the fields of a log, or takes a part of it away: what can be kept is kept, what goes is said."""

from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Integer, String, inspect, select

from sqla_osiris import Aggregate, Every, Latest, Max, NewEvent, repository, subscription_table
from tests.conftest import DATABASES
from tests.migrations.laws import fill, stale, stays_equal
from tests.migrations.project import employee


def version(**changed: Any) -> Any:
    return employee(title=Latest(String(40)), worked=Aggregate(Integer), **changed)


CHANGES = {
    "an archive comes": ({"__append_only__": True}, {"__append_only__": True, "__archive__": True}),
    "an archive goes": ({"__append_only__": True, "__archive__": True}, {}),
    "another policy": ({}, {"__append_only__": True, "__snapshot__": Every(3)}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_history_and_no_state_changes(project, change):
    old, new = (version(**body) for body in CHANGES[change])
    project.migrate("create", old)
    project.revise("change", new)
    stays_equal(project, old, new)


def test_a_field_that_goes_leaves_the_others_alone(project):
    old = version(__append_only__=True, __archive__=True, gone=Aggregate(Integer))
    project.migrate("create", old)
    project.revise("drop", version(__append_only__=True, __archive__=True))
    stays_equal(project, old, version(__append_only__=True, __archive__=True), only=["title", "worked"])


def test_an_archive_is_emptied_into_the_log_before_it_is_dropped(project):
    old, new = version(__archive__=True), version()
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": n}) for n in range(4)])
    text = project.migrate("drop", new)
    assert "osiris.drop_archive( 'employee', columns=['id', 'seq'," in " ".join(text.split())
    assert "employee_event_archive" not in inspect(project.engine).get_table_names()
    log = new.Event.__table__
    with project.engine.connect() as connection:
        assert connection.scalars(select(log.c.seq).where(log.c.seq > 0).order_by(log.c.seq)).all() == [
            1,
            2,
            3,
            4,
        ]


def test_snapshots_of_another_reducer_are_dropped_there_and_back(project):
    old, new = employee(worked=Latest(Integer)), employee(worked=Aggregate(Integer, reducer=Max()))
    env = project.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("options = {", 'options = {\n    "drop_stale_snapshots": True,'))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": n}) for n in (3, 4, 1)])

    text = project.revise("fold otherwise", new)

    upgrade, downgrade = text.split("def downgrade")
    fingerprint = new.__osiris__.fingerprint
    assert "# A reducer is another" in upgrade
    assert f"osiris.drop_stale_snapshots('employee', ['worked'], fingerprint={fingerprint})" in upgrade
    assert (
        f"osiris.drop_stale_snapshots('employee', ['worked'], existing_fingerprint={fingerprint})"
        in downgrade
    )
    for _ in range(2):
        project.upgrade()
        assert emptied(new, project.engine) == [None]
        repository(new, project.engine).snapshots()
        assert repository(new, project.engine).state("bob").worked == 4
        project.check(new)
        project.downgrade("-1")
        assert emptied(old, project.engine) == [None]
        assert repository(old, project.engine).state("bob").worked == 1
        repository(old, project.engine).snapshots()
        assert project.differences(old) == []


def emptied(model, engine):
    with engine.connect() as connection:
        return connection.scalars(select(model.Snapshot.__table__.c.worked)).all()


def test_a_log_that_is_dropped_says_what_goes_and_how_to_keep_it(project, capfd):
    old, new = version(__append_only__=True), version(__append_only__=True, __tablename__="staff")
    project.migrate("create", old)
    repository(old, project.engine).append("bob", worked=3)

    text = project.revise("rename", new)

    assert "# All events of employee_event go with it, for good.\n" in text
    assert "If its model is called otherwise now (staff_event), use op.rename_table()" in text
    assert "All events of employee_event go with it" in capfd.readouterr().err


def test_a_renamed_model_keeps_its_log(project):
    """As that remark says: the tables are renamed by hand, and the rest is generated."""
    old, new = version(), version(__tablename__="staff", __append_only__=True)
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": n, "title": None}) for n in (3, 4)])
    with project.engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for kind in ("event", "snapshot"):
            operations.rename_table(f"employee_{kind}", f"staff_{kind}")

    project.migrate("rename", new)

    project.check(new)
    assert repository(new, project.engine).append("bob", worked=1).seq == 3
    assert repository(new, project.engine).state("bob").worked == 8
    assert stale(new, project.engine) == 0


@pytest.mark.parametrize("database_url", DATABASES[:1], indirect=True)  # the text is of no database
@pytest.mark.parametrize(
    ("gone", "come", "way"),
    [
        (["minutes"], ["hours", "rest"], "osiris.split_field"),
        (["hours", "rest"], ["minutes"], "osiris.merge_fields"),
        (["name"], ["minutes"], "osiris.rename_field and osiris.retype_field"),
    ],
)
def test_a_field_that_goes_while_others_come_names_what_would_keep_its_meaning(
    project, gone, come, way, capfd
):
    types: dict[str, Any] = {"name": String(40)}
    old, new = (
        version(**{each: Latest(types.get(each, Integer)) for each in names}) for names in (gone, come)
    )
    project.migrate("create", old)
    text = project.revise("change", new)
    remark = (
        f"If its meaning goes on in {', '.join(come)}, use {way} instead of this and of osiris.add_field."
    )
    assert text.count(f"    # {remark}\n") == len(gone)
    assert capfd.readouterr().err.count(remark) == len(gone)


def test_nothing_is_left_to_do_on_the_table_of_subscriptions(project):
    new = version()
    subscription_table(new.metadata)
    project.migrate("create", new)

    assert project.differences(new) == []
