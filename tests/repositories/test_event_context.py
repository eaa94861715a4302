"""``event_context``: what it refuses, whose it is, and that a flush carries it; tests/stores has it on every store."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from sqla_osiris import InvalidValue, MemoryRepository, SQLRepository, copy, event_context
from tests.repositories.models import InlineEmployee


def metas(repository, context="bob"):
    return [each.event_meta for each in repository.history(context)]


def test_flushed_events_carry_it(sql):
    engine = sql(InlineEmployee)._target
    with Session(engine) as session:
        with event_context(actor="jane"):
            bob = InlineEmployee(id="bob", overtime=1)
            session.add(bob)
            session.flush()
            bob.overtime += 1
            session.flush()
        bob.overtime += 1
        session.flush()
        with event_context(actor="eve"):
            session.delete(bob)
            session.commit()

    assert metas(SQLRepository(InlineEmployee, engine)) == [
        {"actor": "jane"},
        {"actor": "jane"},
        None,
        {"actor": "eve"},
    ]


@pytest.mark.parametrize("bad", [object(), float("nan"), {1: 2}, "half a pair \ud800"])
def test_what_json_cannot_say_is_refused_before_anything_runs(bad):
    with pytest.raises(InvalidValue, match=r"event_context\(actor\)"), event_context(actor=bad):
        pytest.fail("it ran")


@pytest.mark.parametrize("bad", [5, "half a pair \ud800", "long" * 64])
def test_an_event_type_that_is_none_is_refused_before_anything_runs(bad):
    with pytest.raises(InvalidValue, match=r"event_context\(event_type\)"), event_context(event_type=bad):
        pytest.fail("it ran")


def test_metadata_that_is_no_dict_is_refused_before_anything_runs():
    with pytest.raises(InvalidValue, match=r"event_context\(meta, actor\)"), event_context(meta=5, actor="x"):
        pytest.fail("it ran")


def test_a_copy_keeps_its_events_as_they_are():
    source, target = MemoryRepository(InlineEmployee), MemoryRepository(InlineEmployee)
    source.append("bob", overtime=1)
    with event_context(actor="jane", event_type="copied"):
        copy(source, target)

    assert metas(target) == [None]
    assert [each.event_type for each in target.history("bob")] == [None]


def test_threads_and_tasks_have_their_own():
    repository = MemoryRepository(InlineEmployee)

    async def work(name):
        with event_context(actor=name):
            await asyncio.sleep(0)
            repository.append(name, overtime=1)

    async def both():
        await asyncio.gather(work("jane"), work("eve"))

    asyncio.run(both())
    with event_context(actor="main"):
        thread = threading.Thread(target=repository.append, args=("thread",), kwargs={"overtime": 1})
        thread.start()
        thread.join()

    assert metas(repository, "jane") == [{"actor": "jane"}]
    assert metas(repository, "eve") == [{"actor": "eve"}]
    assert metas(repository, "thread") == [None]


@contextmanager
def recorded(engine):
    statements = []

    def record(_connection, _cursor, statement, *_):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    yield statements
    event.remove(engine, "before_cursor_execute", record)


def test_a_flush_outside_of_it_says_nothing_of_metadata_and_one_inside_costs_no_statement(sql):
    engine = sql(InlineEmployee)._target
    counts = []
    for number, meta in enumerate(({}, {}, {"actor": "jane"})):
        with Session(engine) as session, event_context(**meta), recorded(engine) as statements:
            session.add(InlineEmployee(id=f"e{number}", overtime=1))
            session.commit()
        counts.append(len(statements))
        assert any("event_meta" in statement for statement in statements) == bool(meta)

    # The first write of an engine looks whether its log was restored.
    assert counts[1] == counts[2]
