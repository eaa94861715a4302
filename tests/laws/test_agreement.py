"""Memory, SQLite, PostgreSQL and MariaDB give equal states and histories for equal calls."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Integer, Numeric, String

from sqla_osiris import (
    Aggregate,
    Context,
    Count,
    EventSourced,
    Every,
    First,
    Inline,
    Latest,
    Max,
    MemoryRepository,
    Merge,
    Min,
    Never,
    NewEvent,
    SQLRepository,
)

FIELDS = ("title", "salary", "bonus", "best", "hired", "visits")


class Inlined(EventSourced):
    __tablename__ = "agreement_inline"
    __snapshot__ = Inline()
    id = Context(String(40))
    title = Latest(String)
    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(String, reducer=Max())
    hired = Aggregate(Integer, reducer=First())
    visits = Aggregate(Integer, reducer=Count())


class Snapshotted(EventSourced):
    __tablename__ = "agreement_every"
    __snapshot__ = Every(2)
    id = Context(String(40))
    title = Latest(String)
    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(String, reducer=Min())
    hired = Aggregate(Integer, reducer=First())
    visits = Aggregate(Integer, reducer=Count())
    profile = Aggregate(JSON, reducer=Merge())


class Folded(EventSourced):
    __tablename__ = "agreement_never"
    __snapshot__ = Never()
    id = Context(String(40))
    title = Latest(String)
    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(String, reducer=Max())
    hired = Aggregate(Integer, reducer=First())
    visits = Aggregate(Integer, reducer=Count())


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
TOUCHES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.none() | TEXTS,
        "salary": NUMBERS,
        "bonus": st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2),
        "best": TEXTS,
        "hired": NUMBERS,
        "visits": NUMBERS,
    },
)
CONTEXTS = st.sampled_from(["bob", "jane", "Zoë"])
CALLS = st.lists(
    st.tuples(st.just("append"), CONTEXTS, TOUCHES)
    | st.tuples(st.just("append_many"), st.lists(st.tuples(CONTEXTS, TOUCHES), max_size=6))
    | st.tuples(st.just("snapshot"), CONTEXTS),
    max_size=8,
)


def run(repository: Any, calls: list[Any], prefix: str) -> None:
    for name, *arguments in calls:
        if name == "append":
            repository.append(prefix + arguments[0], **arguments[1])
        elif name == "append_many":
            repository.append_many(NewEvent(prefix + context, touches) for context, touches in arguments[0])
        else:
            repository.snapshot(prefix + arguments[0])


def seen(repository: Any, prefix: str) -> list[Any]:
    contexts = [prefix + context for context in ("bob", "jane", "Zoë")]
    states = [
        (state.id, state.seq, [(type(value), value) for value in (getattr(state, name) for name in FIELDS)])
        for state in repository.states(contexts)
    ]
    return [states, [[(e.seq, dict(e.fields)) for e in repository.history(c)] for c in contexts]]


@pytest.fixture
def tables(engine):
    EventSourced.metadata.create_all(
        engine,
        tables=[
            table
            for model in (Inlined, Snapshotted, Folded)
            for table in (model.Event.__table__, model.Snapshot.__table__)
        ],
    )
    return engine


@pytest.mark.parametrize("model", [Inlined, Snapshotted, Folded])
@given(calls=CALLS)
def test_a_database_agrees_with_the_memory(tables, model, calls):
    prefix = uuid4().hex  # every example has contexts of its own
    memory, database = MemoryRepository(model), SQLRepository(model, tables)

    run(memory, calls, prefix)
    run(database, calls, prefix)

    expected, found = seen(memory, prefix), seen(database, prefix)
    assert without_identity_types(found) == without_identity_types(expected)


def without_identity_types(seen: list[Any]) -> list[Any]:
    """An untouched decimal sum is the int 0 in memory and a Decimal in a database: equal values, compared as such."""
    states, histories = seen
    return [
        [
            (
                context,
                seq,
                [value if isinstance(value, int | Decimal) else (kind, value) for kind, value in values],
            )
            for context, seq, values in states
        ],
        histories,
    ]
