"""A read that folds a long tail takes the snapshot that was missing, and neither fails nor waits for it."""

import logging

import pytest
from sqlalchemy import create_engine, event, select, update
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris import NewEvent, SQLRepository
from tests.repositories.models import EveryEmployee, EveryInPython, InlineEmployee, NeverEmployee, values

EVERY = [EveryEmployee, EveryInPython]


def behind(engine, model, *, folded=0, fingerprint=None):
    """Have the head of bob say that nothing beyond ``folded`` was folded, or another model folded it."""
    log = model.__osiris__
    heads = log.heads
    said = {"osiris_folded": folded, "osiris_fingerprint": fingerprint or log.fingerprint}
    nothing = {name: each.form.identity for name, each in log.accumulators.items()}
    with engine.begin() as connection:
        connection.execute(update(heads).where(heads.c.id == "bob").values({**said, **nothing}))


def folded(engine, model):
    heads = model.__osiris__.heads
    with engine.connect() as connection:
        return connection.execute(
            select(heads.c.osiris_folded, heads.c.osiris_fingerprint).where(heads.c.id == "bob")
        ).one()


def filled(repository, events=7):
    repository.append_many(NewEvent("bob", {"overtime": n}) for n in range(events))
    return repository


@pytest.mark.parametrize("model", EVERY)
@pytest.mark.parametrize("target", [lambda engine: engine, sessionmaker])
def test_a_read_of_a_long_tail_takes_a_snapshot(sql, engine, model, target):
    filled(sql(model))
    behind(engine, model)
    repository = SQLRepository(model, target(engine))

    state = repository.state("bob")

    assert (state.seq, state.overtime) == (7, 21)
    assert folded(engine, model) == (7, model.__osiris__.fingerprint)
    assert values(repository.state("bob")) == values(state)
    assert repository.verify()


@pytest.mark.parametrize("model", EVERY)
def test_a_snapshot_of_another_model_is_taken_anew(sql, engine, model):
    repository = filled(sql(model))
    behind(engine, model, folded=7, fingerprint=7)

    assert repository.state("bob").overtime == 21
    assert folded(engine, model) == (7, model.__osiris__.fingerprint)
    assert repository.verify()


def test_a_short_tail_is_left(sql, engine):
    repository = filled(sql(EveryEmployee), events=5)
    assert folded(engine, EveryEmployee)[0] == 5
    repository.append("bob", overtime=1)
    repository.append("bob", overtime=1)

    assert repository.state("bob").seq == 7
    assert folded(engine, EveryEmployee)[0] == 5


@pytest.mark.parametrize("model", [InlineEmployee, NeverEmployee])
def test_other_policies_take_none_at_a_read(sql, engine, model):
    repository = filled(sql(model))
    behind(engine, model, folded=0, fingerprint=7)

    assert repository.state("bob").overtime == 21
    assert folded(engine, model) == (0, 7)


def test_a_read_in_somebodys_transaction_writes_nothing(sql, engine):
    filled(sql(EveryEmployee))
    behind(engine, EveryEmployee)

    with Session(engine) as session:
        assert SQLRepository(EveryEmployee, session).state("bob").overtime == 21
        session.commit()
    with engine.connect() as connection:
        assert SQLRepository(EveryEmployee, sessionmaker(connection)).state("bob").overtime == 21

    assert folded(engine, EveryEmployee)[0] == 0


@pytest.mark.parametrize("model", EVERY)
def test_a_locked_head_is_left_to_the_next_read_at_once(sql, engine, model):
    repository = filled(sql(model))
    behind(engine, model)
    heads = model.__osiris__.heads

    with engine.begin() as writer:
        writer.execute(update(heads).values(osiris_origin=heads.c.osiris_origin))
        # Would it wait, it would wait for this very thread.
        assert repository.state("bob").overtime == 21
    assert folded(engine, model)[0] == 0

    assert repository.state("bob").overtime == 21
    assert folded(engine, model)[0] == 7


def test_sqlite_is_as_patient_as_before(sqlite_database):
    engine = create_engine(sqlite_database, pool_size=1, max_overflow=0)
    repository = SQLRepository(EveryEmployee, engine)
    repository.create()
    filled(repository)
    behind(engine, EveryEmployee)
    with engine.connect() as connection:
        before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    while_written = []

    @event.listens_for(engine, "before_cursor_execute")
    def looked_at(connection, cursor, statement, *_):
        if statement.startswith("UPDATE"):
            raw = connection.connection.driver_connection
            while_written.append(raw.execute("PRAGMA busy_timeout").fetchone()[0])

    repository.state("bob")

    assert while_written == [0]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == before > 0
    engine.dispose()


def test_whoever_may_only_read_reads_and_is_told_once(sqlite_database, caplog):
    engine = create_engine(sqlite_database)
    repository = SQLRepository(EveryEmployee, engine)
    repository.create()
    filled(repository)
    behind(engine, EveryEmployee)

    @event.listens_for(engine, "checkout")
    def only_read(connection, *_):
        connection.execute("PRAGMA query_only = ON")

    with caplog.at_level(logging.WARNING, "sqla_osiris"):
        assert [repository.state("bob").overtime for _ in range(3)] == [21, 21, 21]

    assert [record.name for record in caplog.records] == ["sqla_osiris.snapshots"]
    engine.dispose()


def test_a_read_costs_one_statement(sql, engine):
    repository = filled(sql(EveryEmployee))
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    repository.state("bob")

    assert len(statements) == 1
