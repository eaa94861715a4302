"""state(at=) on SQL: beside stale snapshots and a session's objects, compiled once. tests/stores has the rest."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, SQLRepository
from tests.repositories.models import MODELS, InlineEmployee, values
from tests.stores.test_time_travel import played


@pytest.mark.parametrize("model", MODELS)
def test_a_stale_snapshot_is_no_base(sql, engine, model):
    repository = sql(model)
    states = played(repository)
    heads = model.Snapshot.__table__
    with engine.begin() as connection:
        connection.execute(update(heads).values(osiris_fingerprint=7, company="wrong", overtime=99))

    assert [values(repository.state("bob", at=seq)) for seq in range(10)] == states


def test_the_past_does_not_mix_with_the_present_objects_of_a_session(sql, engine):
    sql(InlineEmployee).append_many([NewEvent("bob", {"overtime": 1})] * 3)
    with Session(engine) as session:
        now = session.get(InlineEmployee, "bob")

        then = SQLRepository(InlineEmployee, session).state("bob", at=1)

        assert (now.overtime, then.overtime) == (3, 1)
        assert then not in session
        assert session.get(InlineEmployee, "bob") is now
        assert not session.dirty


@pytest.mark.parametrize("model", MODELS)
def test_a_past_state_is_compiled_once(sql, engine, model):
    # What Python folds has types of its own, which kept every statement about them out of SQLAlchemy's cache.
    repository = sql(model)
    engine.clear_compiled_cache()
    repository.append("bob", overtime=1)
    compiled = [len(engine._compiled_cache)]

    for seq in (1, 0):
        repository.state("bob", at=seq)
        compiled.append(len(engine._compiled_cache))

    assert [after - compiled[0] for after in compiled] == [0, 1, 1]
