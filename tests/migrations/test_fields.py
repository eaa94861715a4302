"""A field that comes, goes, or gets another name, type or reducer: histories and states stay what they were."""

from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import JSON, BigInteger, Column, Integer, Numeric, String, inspect
from sqlalchemy.orm import Session

from sqla_osiris import (
    Aggregate,
    Append,
    Count,
    Every,
    Inline,
    Latest,
    Max,
    Mean,
    Merge,
    NewEvent,
    repository,
)
from sqla_osiris import alembic as osiris
from tests.migrations.laws import content, fill, stale, stays_equal
from tests.migrations.project import employee

BODY: dict[str, Any] = {"__append_only__": True}


def before(policy=None, **changed):
    body = {
        "title": Latest(String, index=True),
        "worked": Aggregate(Integer),
        "mean": Aggregate(Integer, reducer=Mean()),
        "profile": Aggregate(JSON, reducer=Merge()),
    }
    return employee(**BODY, __snapshot__=policy or Inline(), **(body | changed))


@pytest.fixture(params=[Inline(), Every(3)], ids=["inline", "every"])
def policy(request):
    return request.param


def test_a_renamed_field_keeps_its_history_and_its_states(project, policy):
    old = before(policy, __archive__=True)
    new = renamed_model(policy, __archive__=True)
    project.migrate("create", old)
    text = project.revise("rename", new)
    assert "osiris.rename_field( 'employee', 'title', 'role'," in " ".join(text.split())
    stays_equal(project, old, new, title="role")


def renamed_model(policy, **changed):
    return employee(
        **BODY,
        __snapshot__=policy,
        role=Latest(String, index=True),
        worked=Aggregate(Integer),
        mean=Aggregate(Integer, reducer=Mean()),
        profile=Aggregate(JSON, reducer=Merge()),
        **changed,
    )


def test_renaming_a_field_of_two_accumulators_leaves_no_head_stale(project):
    old = employee(**BODY, title=Latest(String), mean=Aggregate(Integer, reducer=Mean()))
    new = employee(**BODY, title=Latest(String), average=Aggregate(Integer, reducer=Mean()))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"mean": n, "title": None}) for n in (1, 2)])

    text = project.migrate("rename", new)

    assert "parts=['count']" in text
    assert stale(new, project.engine) == 0
    assert repository(new, project.engine).state("bob").average == 1.5
    project.downgrade("-1")
    assert stale(old, project.engine) == 0


def test_none_written_under_the_old_name_is_none_under_the_new_one(project):
    old = employee(**BODY, title=Latest(String), other=Latest(String))
    new = employee(**BODY, role=Latest(String), other=Latest(String))
    project.migrate("create", old)
    repository(old, project.engine).append("bob", title=None, other=None)
    project.migrate("rename", new)
    assert dict(*[e.fields for e in repository(new, project.engine).history("bob")]) == {
        "role": None,
        "other": None,
    }


def test_a_field_that_comes_leaves_states_and_snapshots_alone(project, policy):
    old = before(policy, __archive__=True)
    new = before(policy, __archive__=True, bonus=Aggregate(Integer), note=Latest(String))
    project.migrate("create", old)
    text = project.revise("add", new)
    assert "osiris.add_field" in text
    stays_equal(project, old, new)


def test_a_field_that_comes_leaves_no_head_stale_and_folds_on(project):
    old = employee(**BODY, worked=Aggregate(Integer))
    new = employee(**BODY, worked=Aggregate(Integer), bonus=Aggregate(Integer))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1})])
    project.migrate("add", new)
    assert stale(new, project.engine) == 0
    repository(new, project.engine).append("bob", bonus=2)
    bob = repository(new, project.engine).state("bob")
    assert (bob.worked, bob.bonus) == (1, 2)
    assert stale(new, project.engine) == 0


def test_a_field_that_comes_and_is_never_none_asks_what_older_streams_read(project, capfd):
    old = employee(**BODY, worked=Aggregate(Integer))
    new = employee(**BODY, worked=Aggregate(Integer), role=Latest(String(9), nullable=False))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1})])

    text = project.migrate("add", new)

    remark = "Employee.role is never None, and no stream that is there has touched it: they read None."
    assert f"    # {remark}\n    # Say what they read, role = Latest(…, absent=…)" in text
    assert remark in capfd.readouterr().err
    bob = repository(new, project.engine).state("bob")
    assert (bob.worked, bob.role, stale(new, project.engine)) == (1, None, 0)


def test_and_is_told_by_absent(project):
    """No migration says it: the states are as they were stored."""
    old = employee(**BODY, worked=Aggregate(Integer), title=Latest(String(9), nullable=False))
    absent = {"title": Latest(String(9), nullable=False, absent="none")}
    new = employee(
        **BODY, worked=Aggregate(Integer), **absent, role=Latest(String(9), nullable=False, absent="x")
    )
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1, "title": "a"})])

    text = project.migrate("add", new)

    assert "is never None" not in text
    bob = repository(new, project.engine).state("bob")
    assert (bob.title, bob.role, stale(new, project.engine)) == ("a", "x", 0)
    title = Latest(String(9), nullable=False, absent="other")
    again = employee(**BODY, worked=Aggregate(Integer), title=title, role=Latest(String(9)))
    assert project.differences(again) == []


def test_absent_of_a_field_that_may_be_none_is_one_column_more(project, policy):
    """Heads must tell None from no touch. What they hold is folded anew."""
    old = before(policy)
    new = before(policy, title=Latest(String, index=True, absent="none"))
    project.migrate("create", old)
    fill(
        old,
        project.engine,
        [NewEvent("bob", {"worked": 1}), NewEvent("eve", {"title": None}), NewEvent("ann", {"title": "a"})],
    )

    text = project.migrate("absent", new)

    assert "osiris.change_reducer" in text
    assert [state.title for state in repository(new, project.engine).states(["bob", "eve", "ann"])] == [
        "none",
        None,
        "a",
    ]
    assert project.differences(new) == []
    project.downgrade("-1")
    assert [state.title for state in repository(old, project.engine).states(["bob", "eve", "ann"])] == [
        None,
        None,
        "a",
    ]


def test_a_field_that_goes_says_that_its_history_goes_too(project, capfd):
    old = before(Every(3), __archive__=True)
    body = {"worked": Aggregate(Integer), "mean": Aggregate(Integer, reducer=Mean())}
    new = employee(**BODY, __archive__=True, **body, __snapshot__=Every(3))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1, "title": None}), NewEvent("bob", {"mean": 2})])

    text = project.migrate("drop", new)

    remark = "All that was ever written to employee.title goes with it."
    assert f"# {remark}" in text
    assert remark in capfd.readouterr().err
    assert project.differences(new) == []
    bob = repository(new, project.engine).state("bob")
    assert (bob.worked, bob.mean) == (1, 2.0)
    project.downgrade("-1")
    assert [dict(e.fields) for e in repository(old, project.engine).history("bob")] == [
        {"worked": 1},
        {"mean": 2},
    ]


def test_a_covering_key_survives_the_fields_that_come_and_go(project):
    """On PostgreSQL the columns of a key that covers the fold are part of it, and go with it."""
    policy = {"__snapshot__": Every(3)}
    old = employee(**BODY, **policy, worked=Aggregate(Integer), gone=Aggregate(Numeric(10, 2)))
    new = employee(**BODY, **policy, worked=Aggregate(Integer), came=Aggregate(Integer))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1})])
    project.migrate("change", new)
    key = inspect(project.engine).get_pk_constraint("employee_event")
    assert key["constrained_columns"] == ["id", "seq"]
    assert project.differences(new) == []
    project.downgrade("-1")
    assert inspect(project.engine).get_pk_constraint("employee_event")["constrained_columns"] == ["id", "seq"]
    assert project.differences(old) == []
    assert repository(old, project.engine).state("bob").worked == 1


def test_a_retyped_field_keeps_its_values(project, policy):
    old = before(policy, __archive__=True)
    new = before(policy, __archive__=True, worked=Aggregate(BigInteger), title=Latest(String(255)))
    project.migrate("create", old)
    project.revise("retype", new)
    stays_equal(project, old, new)


CHANGES = {
    "Max": (lambda: Aggregate(Integer, reducer=Max()), [3, 4], 4),
    "Mean": (lambda: Aggregate(Integer, reducer=Mean()), [3, 4], 3.5),
    "Count": (lambda: Aggregate(Integer, reducer=Count()), [3, 4], 2),
}


@pytest.mark.parametrize("reducer", CHANGES)
def test_another_reducer_folds_the_same_events(project, reducer):
    declared, touches, expected = CHANGES[reducer]
    old = employee(**BODY, worked=Aggregate(Integer))
    new = employee(**BODY, worked=declared())
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": touch}) for touch in touches])
    history = content(old, project.engine)[1]

    project.migrate("fold otherwise", new)

    assert project.differences(new) == []
    assert content(new, project.engine)[1] == history
    assert repository(new, project.engine).state("bob").worked == expected
    repository(new, project.engine).snapshots()
    assert repository(new, project.engine).state("bob").worked == expected
    assert stale(new, project.engine) == 0
    project.downgrade("-1")
    assert project.differences(old) == []
    assert repository(old, project.engine).state("bob").worked == sum(touches)


def test_a_sum_that_goes_and_comes_back_begins_with_nothing(project, policy):
    """A version from before must not take the heads that are left for its own."""
    body = {"__snapshot__": policy, "worked": Aggregate(Integer)}
    old, new = employee(**BODY, **body, gone=Aggregate(Integer)), before_alone(policy)
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": n, "gone": n}) for n in range(8)])
    project.migrate("drop", new)
    project.downgrade("-1")
    bob = repository(old, project.engine).state("bob")
    assert (bob.worked, bob.gone) == (28, 0)
    assert repository(old, project.engine).verify()


def before_alone(policy):
    return employee(**BODY, __snapshot__=policy, worked=Aggregate(Integer))


def test_another_unit_of_the_same_type_is_that_of_states_and_touches(project, policy):
    """No fingerprint changes with it: the heads must be folded anew all the same."""
    model = employee(**BODY, __snapshot__=policy, pay=Aggregate(Integer), last=Latest(Integer))
    project.migrate("create", model)
    fill(model, project.engine, [NewEvent("bob", {"pay": n, "last": n}) for n in (1, 2, 0)])

    with project.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for name, using in {"pay": "pay * 100", "last": "nullif(last, 0)"}.items():
            column = Column(name, Integer)
            osiris.retype_field("employee", column, column, using=using)

    stored = repository(model, project.engine)
    assert [dict(event.fields) for event in stored.history("bob")] == [
        {"pay": 100, "last": 1},
        {"pay": 200, "last": 2},
        {"pay": 0, "last": None},
    ]
    assert (stored.state("bob").pay, stored.state("bob").last) == (300, None)
    assert stored.verify()


def test_a_rename_leaves_the_covering_key_alone(project):
    """Made anew, it locks the log for as long as an index of all events takes."""
    old = employee(**BODY, __snapshot__=Every(3), old=Aggregate(Integer))
    new = employee(**BODY, __snapshot__=Every(3), new=Aggregate(Integer))
    project.migrate("create", old)

    text = project.revise("rename", new)

    assert "osiris.rename_field(" in text
    assert "osiris.cover_log(" not in text
    project.upgrade()
    assert project.differences(new) == []


def test_a_field_that_python_folds_comes_to_states_that_are_there(project):
    old = employee(**BODY, __snapshot__=Inline(), worked=Aggregate(Integer))
    new = employee(
        **BODY,
        __snapshot__=Inline(),
        worked=Aggregate(Integer),
        notes=Aggregate(JSON, reducer=Append()),
    )
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1})])

    project.migrate("add", new)

    employees = repository(new, project.engine)
    assert (employees.state("bob").worked, employees.state("bob").notes) == (1, [])
    with Session(project.engine) as session:
        assert session.get(new, "bob").notes == []
    assert employees.verify()


def test_a_downgrade_retypes_the_archive_too(project):
    old = employee(**BODY, __archive__=True, level=Latest(Integer), other=Latest(Integer))
    new = employee(**BODY, __archive__=True, level=Latest(String(20)), other=Latest(Integer))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"level": level}) for level in (1, 2)])
    project.migrate("retype", new)
    project.downgrade("-1")

    types = {
        table: {column["name"]: repr(column["type"]) for column in inspect(project.engine).get_columns(table)}
        for table in ("employee_event", "employee_event_archive")
    }
    assert types["employee_event"]["level"] == types["employee_event_archive"]["level"]
    assert project.differences(old) == []
    assert [event.fields["level"] for event in repository(old, project.engine).history("bob")] == [1, 2]


@pytest.mark.parametrize(("gone", "come"), [(["title"], ["role", "job"]), (["title", "job"], ["role"])])
def test_of_fields_alike_none_is_taken_for_another_s_new_name(project, gone, come):
    old, new = (
        employee(**BODY, worked=Aggregate(Integer), **{name: Latest(String) for name in names})
        for names in (gone, come)
    )
    project.migrate("create", old)
    upgrade, _ = project.revise("change", new).split("def downgrade")
    assert "osiris.rename_field(" not in upgrade
    assert upgrade.count("osiris.drop_field(") == len(gone)
    assert upgrade.count("osiris.add_field(") == len(come)
