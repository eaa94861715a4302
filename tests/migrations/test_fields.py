"""A field that comes, goes, or gets another name, type or reducer: histories and states stay what they were."""

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Integer, Numeric, String, inspect, select

from sqla_osiris import Aggregate, Count, Every, Inline, Latest, Max, Mean, Merge, NewEvent, repository
from sqla_osiris.testing import events
from tests.migrations.project import Project, employee

BODY: dict[str, Any] = {"__append_only__": True}


def before(policy=None, **changed):
    body = {
        "title": Latest(String, index=True),
        "worked": Aggregate(Integer),
        "mean": Aggregate(Integer, reducer=Mean()),
        "profile": Aggregate(JSON, reducer=Merge()),
    }
    return employee(**BODY, __snapshot__=policy or Inline(), **(body | changed))


def told(model, engine, **renamed):
    """Every history and every state, by the names after a renaming."""
    stored = repository(model, engine)
    states, histories = {}, {}
    fields = model.__osiris__.by_key
    for state in stored.states():
        states[state.id] = {renamed.get(key, key): getattr(state, key) for key in fields}
        histories[state.id] = [
            (
                {renamed.get(key, key): touch for key, touch in event.fields.items()},
                event.position,
                event.ends,
            )
            for event in stored.history(state.id)
        ]
    return states, histories


def stale(model, engine):
    """How many heads are not folded by this version of the model."""
    heads = model.Snapshot.__table__
    with engine.connect() as connection:
        found = connection.scalars(select(heads.c.osiris_fingerprint)).all()
    return sum(each != model.__osiris__.fingerprint for each in found)


def fill(model, engine, log):
    repository(model, engine).append_many(log)
    repository(model, engine).snapshots()


def logs_of(model):
    return st.lists(events(model), min_size=5, max_size=25)


def archived(engine):
    return {"__archive__": True} if engine.dialect.name in {"sqlite", "postgresql"} else {}


@pytest.fixture(params=[Inline(), Every(3)], ids=["inline", "every"])
def policy(request):
    return request.param


def stays_equal(project: Project, old, new, **renamed: str):
    """The law: whatever the log, the migration between the models changes no history and no state, there and back."""
    engine = project.engine

    # A migration there and back for each: to make an example smaller takes many.
    @settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
    @given(logs_of(old))
    def law(log):
        fill(old, engine, log)
        known = told(old, engine)
        expected = told(old, engine, **renamed)
        project.upgrade()
        assert only(told(new, engine), renamed_fields(old, renamed)) == expected
        assert repository(new, engine).verify()
        project.downgrade("-1")
        assert told(old, engine) == known

    law()
    project.upgrade()
    assert project.differences(new) == []


def renamed_fields(model, renamed):
    return {renamed.get(key, key) for key in model.__osiris__.by_key}


def only(told, fields):
    states, histories = told
    return {key: {k: v for k, v in state.items() if k in fields} for key, state in states.items()}, histories


def test_a_renamed_field_keeps_its_history_and_its_states(project, policy):
    old = before(policy, **archived(project.engine))
    new = renamed_model(policy, **archived(project.engine))
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
    old = before(policy, **archived(project.engine))
    new = before(policy, **archived(project.engine), bonus=Aggregate(Integer), note=Latest(String))
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


def test_a_field_that_goes_says_that_its_history_goes_too(project, capfd):
    old = before(Every(3), **archived(project.engine))
    body = {"worked": Aggregate(Integer), "mean": Aggregate(Integer, reducer=Mean())}
    new = employee(**BODY, **archived(project.engine), **body, __snapshot__=Every(3))
    project.migrate("create", old)
    fill(old, project.engine, [NewEvent("bob", {"worked": 1, "title": None}), NewEvent("bob", {"mean": 2})])

    text = project.migrate("drop", new)

    said = "All that was ever written to employee.title goes with it."
    assert f"# {said}" in text
    assert said in capfd.readouterr().err
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
    old = before(policy, **archived(project.engine))
    new = before(policy, **archived(project.engine), worked=Aggregate(BigInteger), title=Latest(String(255)))
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
    history = told(old, project.engine)[1]

    project.migrate("fold otherwise", new)

    assert project.differences(new) == []
    assert told(new, project.engine)[1] == history
    assert repository(new, project.engine).state("bob").worked == expected
    repository(new, project.engine).snapshots()
    assert repository(new, project.engine).state("bob").worked == expected
    assert stale(new, project.engine) == 0
    project.downgrade("-1")
    assert project.differences(old) == []
    assert repository(old, project.engine).state("bob").worked == sum(touches)
