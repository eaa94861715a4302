"""archive() on SQL: where folded events go, stale snapshots and sessions; tests/stores has it on every store."""

from datetime import timedelta

import pytest
from sqlalchemy import String, delete, func, insert, select, update
from sqlalchemy.orm import Session

from sqla_osiris import (
    DeclarationError,
    EventSourced,
    Latest,
    NewEvent,
    OsirisError,
    SQLRepository,
)
from tests.repositories.models import (
    MODELS,
    EveryEmployee,
    InlineEmployee,
    Plain,
)
from tests.stores.test_archive import FAR, START, filled, seen


def count(engine, table):
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(table.c.seq > 0))


@pytest.mark.parametrize("model", MODELS)
def test_events_are_in_one_of_the_tables(sql, engine, model):
    repository = filled(sql(model))
    moved = repository.archive(before=START + timedelta(days=4))

    assert count(engine, model.__osiris__.archive) == moved == 9
    assert count(engine, model.__osiris__.events) == 30 - 9


@pytest.mark.parametrize("model", MODELS)
def test_a_stale_fingerprint_is_folded_from_both_tables(sql, engine, model):
    repository = filled(sql(model))
    before = seen(repository)
    repository.archive(before=START + timedelta(days=7))
    with engine.begin() as connection:
        connection.execute(
            update(model.Snapshot.__table__).values(osiris_fingerprint=7, overtime=99, company="x")
        )

    with Session(engine) as session:
        chosen = select(model.id).where(model.overtime == 55, model.company == "c10").order_by(model.id)
        assert session.scalars(chosen).all() == ["bob", "cid", "jane"]
    # Nothing is archived by a snapshot that does not count; once it is taken anew, the rest is.
    assert repository.archive(before=START + timedelta(days=9)) == 0
    assert seen(repository) == before
    repository.snapshots()
    assert seen(repository) == before
    assert repository.verify()


@pytest.mark.parametrize("model", [InlineEmployee, EveryEmployee])
@pytest.mark.parametrize("archived", [1, 2])
def test_an_archived_event_may_come_after_one_that_is_not(sql, engine, model, archived):
    """archive() moves the beginning of a stream. Before it did, it moved each event that was recorded before then."""
    repository, log = sql(model), model.__osiris__
    repository.append_many(
        NewEvent("bob", fields)
        for fields in ({"company": "Hooly", "hired": 1}, {"company": None, "hired": 2})
    )
    repository.snapshot("bob")
    names = [column.name for column in log.archive.columns]
    moved = select(*(log.events.c[name] for name in names)).where(log.events.c.seq == archived)
    with engine.begin() as connection:
        connection.execute(insert(log.archive).from_select(names, moved))
        connection.execute(delete(log.events).where(log.events.c.seq == archived))

    assert [event.seq for event in repository.history("bob")] == [1, 2]
    assert repository.verify()
    with engine.begin() as connection:
        connection.execute(update(model.__osiris__.heads).values(osiris_fingerprint=0))
    state = repository.state("bob")
    assert (state.company, state.hired) == (None, 1)


def test_a_model_without_an_archive_says_what_to_declare(sql, engine):
    repository = sql(Plain)

    assert "archive" not in repository.capabilities
    assert "archive" in sql(InlineEmployee).capabilities
    with pytest.raises(OsirisError, match="__archive__ = True"):
        repository.archive(before=FAR)


def test_an_archive_is_declared_by_true_or_false():
    with pytest.raises(DeclarationError, match="__archive__"):

        class Wrong(EventSourced):
            __archive__ = "yes"
            name = Latest(String)


def test_within_a_session_it_is_part_of_its_transaction(sql, engine):
    filled(sql(InlineEmployee))
    with Session(engine) as session:
        assert SQLRepository(InlineEmployee, session).archive(before=FAR) == 30
        session.rollback()

    assert count(engine, InlineEmployee.__osiris__.archive) == 0
    assert count(engine, InlineEmployee.__osiris__.events) == 30


def test_progress_is_told_and_an_archive_that_was_broken_off_goes_on(sql, monkeypatch):
    from sqla_osiris.repositories.sql import upkeep as sql_upkeep  # noqa: PLC0415

    monkeypatch.setattr(sql_upkeep, "_CONTEXTS_A_PAGE", 2)
    repository = sql(InlineEmployee)
    repository.append_many(NewEvent(f"e{number % 5}", {"overtime": 1}) for number in range(15))

    class Broken(Exception):
        pass

    told = []

    def progress(done):
        told.append(done)
        if len(told) == 2:
            raise Broken

    with pytest.raises(Broken):
        repository.archive(before=FAR, progress=progress)

    assert told == [6, 12]
    assert repository.archive(before=FAR) == 3
    assert repository.verify().events == 15
