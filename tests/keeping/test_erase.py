"""erase() on SQL: what its tables hold then, and sessions beside it; tests/stores has it on every store."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, ForeignKey, Integer, Table, event, func, insert, select
from sqlalchemy.orm import Session

from sqla_osiris import ContextErased, NewEvent, SQLRepository
from tests.conftest import DATABASES
from tests.repositories.models import MODELS, Base, EveryInPython, InlineEmployee, InlineInPython

FAR = datetime(2200, 1, 1, tzinfo=UTC)


def test_its_head_holds_nothing_of_it(sql, engine):
    repository = sql(InlineInPython)
    repository.append("e1", company="Hooly", skills=["sql"], mood=3, overtime=4, name="Jane", doubled=1)
    repository.erase("e1")

    heads = InlineInPython.Snapshot.__table__
    with engine.connect() as connection:
        (head,) = connection.execute(select(heads)).mappings()
    kept = {name for name, value in head.items() if value} - {"id", "osiris_xid", "osiris_fingerprint"}
    assert kept == {"seq", "osiris_origin", "osiris_folded"}


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_snapshot_that_python_has_folded_is_not_stored_over_the_tombstone(sql, engine):
    repository = sql(EveryInPython)
    repository.append("e1", notes=["a secret"])

    @event.listens_for(engine, "before_cursor_execute")
    def erased_meanwhile(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE") and not erased:
            erased.append(True)
            repository.erase("e1")

    erased: list[bool] = []
    repository.snapshot("e1")

    heads = EveryInPython.Snapshot.__table__
    with engine.connect() as connection:
        assert connection.execute(select(heads.c.notes, heads.c.seq == heads.c.osiris_folded)).one() == (
            None,
            True,
        )


@pytest.mark.parametrize("model", MODELS)
def test_a_session_cannot_add_or_merge_it_again(sql, engine, model):
    repository = sql(model)
    repository.append_many([NewEvent("bob", {"overtime": 1})] * 2)
    repository.erase("bob")

    with Session(engine) as session:
        session.add(model(id="bob", overtime=1))
        with pytest.raises(ContextErased, match="'bob'"):
            session.commit()
    with Session(engine) as session:
        session.merge(model(id="bob", overtime=1))
        session.add(model(id="jane", overtime=1))
        with pytest.raises(ContextErased, match="'bob'"):
            session.commit()
    assert repository.state("jane") is None


def test_an_object_that_was_loaded_before_cannot_be_written_back(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        session.commit()
        _ = bob.overtime
        session.expire_on_commit = False
        session.commit()
        repository.erase("bob")
        bob.overtime = 5
        with pytest.raises(ContextErased, match="'bob'"):
            session.commit()


def test_within_a_session_it_is_part_of_its_transaction(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        assert SQLRepository(InlineEmployee, session).erase("bob") == 1
        assert session.get(InlineEmployee, "bob") is None
        assert bob not in session
        session.rollback()

    assert repository.state("bob").overtime == 1


def test_a_foreign_key_to_it_stays_valid(sql, engine):
    reference = Table(
        "reference",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("employee", ForeignKey("inline_employee_snapshot.id")),
        extend_existing=True,
    )
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with engine.begin() as connection:
        reference.create(connection)
        connection.execute(insert(reference).values(employee="bob"))

    assert repository.erase("bob") == 1
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(reference)) == 1
