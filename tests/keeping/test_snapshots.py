"""snapshots() takes what is due, in batches; verify() finds whatever a snapshot says wrongly."""

import pytest
from sqlalchemy import delete, event, select, update

from sqla_osiris import Difference, NewEvent
from sqla_osiris.databases.registry import database_of
from sqla_osiris.repositories.sql import upkeep as sql_upkeep
from tests.repositories.models import (
    MODELS,
    EveryEmployee,
    InlineEmployee,
    InlineInPython,
    NeverEmployee,
    Plain,
    values,
)


def filled(repository, contexts=7, events=4):
    repository.append_many(
        NewEvent(f"e{number % contexts}", {"overtime": number, "bonus": number, "visits": 1})
        for number in range(contexts * events)
    )
    return repository


def states(repository):
    return sorted((values(state) for state in repository.states()), key=lambda state: state["id"])


@pytest.mark.parametrize("model", MODELS)
def test_none_is_due_after_appends(sql, model):
    assert filled(sql(model)).snapshots() == 0


@pytest.mark.parametrize(("model", "due"), [(InlineEmployee, 7), (EveryEmployee, 7), (NeverEmployee, 0)])
def test_a_changed_fingerprint_is_due_and_the_policy_decides(sql, engine, monkeypatch, model, due):
    monkeypatch.setattr(sql_upkeep, "_CONTEXTS_A_PAGE", 3)
    repository = filled(sql(model))
    before = states(repository)
    heads = model.Snapshot.__table__
    with engine.begin() as connection:
        connection.execute(update(heads).values(osiris_fingerprint=7, overtime=99))
    told = []

    assert repository.snapshots(progress=told.append) == due

    assert told == ([3, 6, 7] if due else [])
    assert states(repository) == before
    with engine.connect() as connection:
        fresh = select(heads.c.id).where(heads.c.osiris_fingerprint == model.__osiris__.fingerprint)
        assert len(connection.execute(fresh).all()) == due
    assert repository.snapshots() == 0
    assert repository.verify()


@pytest.mark.parametrize("model", [EveryEmployee, InlineInPython])
def test_many_snapshots_are_taken_some_at_a_time(sql, engine, monkeypatch, model):
    monkeypatch.setattr(type(database_of(engine.dialect)), "contexts_a_statement", lambda *_: 2)
    repository = filled(sql(model))
    with engine.begin() as connection:
        connection.execute(update(model.Snapshot.__table__).values(osiris_fingerprint=7))
    assert (repository.snapshots(), repository.snapshots()) == (7, 0)


def test_a_long_tail_is_due(sql, engine):
    repository = filled(sql(EveryEmployee))
    before = states(repository)
    heads = EveryEmployee.Snapshot.__table__
    nothing = {name: each.form.identity for name, each in EveryEmployee.__osiris__.accumulators.items()}
    with engine.begin() as connection:
        connection.execute(update(heads).where(heads.c.id != "e0").values(osiris_folded=0, **nothing))

    assert repository.snapshots() == 6
    assert states(repository) == before
    assert repository.verify()


def test_contexts_of_two_columns_are_paged_through(sql, engine, monkeypatch):
    monkeypatch.setattr(sql_upkeep, "_CONTEXTS_A_PAGE", 2)
    repository = sql(Plain)
    repository.append_many(NewEvent((f"c{n % 3}", n), {"salary": n}) for n in range(9))
    with engine.begin() as connection:
        connection.execute(update(Plain.Snapshot.__table__).values(osiris_fingerprint=7))

    assert repository.snapshots() == 9
    assert repository.verify().contexts == 9


# verify


@pytest.mark.parametrize("model", MODELS)
def test_a_wrong_accumulator_is_reported(sql, engine, model):
    repository = filled(sql(model))
    repository.snapshot("e3")
    right = values(repository.state("e3"))["overtime"]
    heads = model.Snapshot.__table__
    with engine.begin() as connection:
        connection.execute(update(heads).where(heads.c.id == "e3").values(overtime=99))

    report = repository.verify()

    assert not report
    assert report.differences == (Difference("e3", "overtime", 99, right),)


def test_a_wrong_state_beside_its_accumulator_is_reported(sql, engine):
    repository = filled(sql(InlineInPython))
    repository.append("e3", skills=["sql"])
    heads = InlineInPython.Snapshot.__table__
    with engine.begin() as connection:
        connection.execute(update(heads).where(heads.c.id == "e3").values(osiris_state_skills=["c"]))

    assert repository.verify().differences == (Difference("e3", "skills", {"c"}, {"sql"}),)


@pytest.mark.parametrize("seq", [1, 2, 4])
def test_a_missing_event_is_reported(sql, engine, seq):
    repository = filled(sql(NeverEmployee))
    events = NeverEmployee.Event.__table__
    with engine.begin() as connection:
        connection.execute(delete(events).where(events.c.id == "e3", events.c.seq == seq))

    (difference,) = repository.verify().differences

    assert (difference.context, difference.field, difference.stored) == ("e3", "seq", 4)
    assert difference.folded.startswith("3 events from")


def test_events_without_a_head_are_reported(sql, engine):
    repository = filled(sql(InlineEmployee))
    heads = InlineEmployee.Snapshot.__table__
    with engine.begin() as connection:
        connection.execute(delete(heads).where(heads.c.id == "e3"))

    assert repository.verify().differences == (Difference("e3", "seq", None, "4 events without a head"),)


def test_a_fingerprint_of_another_model_is_no_difference(sql, engine):
    repository = filled(sql(InlineEmployee))
    with engine.begin() as connection:
        connection.execute(
            update(InlineEmployee.Snapshot.__table__).values(osiris_fingerprint=7, overtime=99)
        )

    assert repository.verify()


@pytest.mark.parametrize("model", MODELS)
def test_sqlalchemy_keeps_what_it_compiles_for_folds(sql, engine, model):
    repository = sql(model)
    sent = []
    event.listen(engine, "before_execute", lambda _, statement, *__: sent.append(statement))
    for overtime in range(4):
        repository.append("bob", overtime=overtime)
    repository.snapshot("bob")
    repository.verify()

    assert sent
    assert [str(each) for each in sent if each._generate_cache_key() is None] == []
