"""Memory, SQLite, PostgreSQL and MariaDB give equal states and histories for equal calls: equal values of equal types."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Boolean, DateTime, Float, Integer, Numeric, String

import sqla_osiris as osiris
from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Count,
    Distinct,
    Encrypted,
    EventSourced,
    Every,
    First,
    Inline,
    Latest,
    Max,
    Mean,
    MemoryRepository,
    Merge,
    Min,
    Never,
    NewEvent,
    SQLRepository,
    Union,
)
from tests.selection import pairs


def in_sql() -> dict[str, Any]:
    """A field for each reducer that every database folds by itself."""
    return {
        "title": Latest(String),
        "salary": Aggregate(Integer),
        "bonus": Aggregate(Numeric(12, 2)),
        "exact": Aggregate(Numeric),
        "hours": Aggregate(Float),
        "best": Aggregate(String, reducer=Max()),
        "least": Aggregate(String, reducer=Min()),
        "soonest": Aggregate(DateTime(timezone=True), reducer=Min()),
        "hired": Aggregate(Integer, reducer=First()),
        "visits": Aggregate(Integer, reducer=Count()),
        "grade": Aggregate(BigInteger, reducer=Mean()),
        "price": Aggregate(Numeric(12, 2), reducer=Mean()),
        "rate": Aggregate(Float, reducer=Mean()),
        "late": Aggregate(Boolean, reducer=osiris.Any()),
        "paid": Aggregate(Boolean, reducer=osiris.All()),
    }


def in_python() -> dict[str, Any]:
    """A field for each reducer that Python folds."""
    return {
        "notes": Aggregate(JSON, reducer=Append()),
        "skills": Aggregate(JSON, reducer=Union()),
        "profile": Aggregate(JSON, reducer=Merge()),
        "prices": Aggregate(Numeric(12, 2), reducer=Distinct()),
        "mails": Aggregate(JSON, reducer=Distinct()),
    }


def in_secret() -> dict[str, Any]:
    """A field for each reducer that picks an encrypted touch."""
    return {
        "secret": Latest(Encrypted(String(20), master_key=b"m" * 32)),
        "pin": Aggregate(Encrypted(BigInteger, master_key=b"m" * 32), reducer=First()),
    }


def declare(name: str, policy: Any, fields: dict[str, Any]) -> Any:
    return type(name, (EventSourced,), {"__snapshot__": policy, "id": Context(String(40)), **fields})


MODELS = MERGED, INLINE, EVERY, NEVER = [
    declare("AgreeMerged", Inline(), in_sql()),
    declare("AgreeInline", Inline(), in_sql() | in_python() | in_secret()),
    declare("AgreeEvery", Every(2), in_sql() | in_python() | in_secret()),
    declare("AgreeNever", Never(), in_sql() | in_python() | in_secret()),
]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
# Halves add up to the same float in every order.
HALVES = st.integers(-(2**20), 2**20).map(lambda number: number / 2)
CENTS = st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2)
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001  (the strategy adds the zone)
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
SCALARS = st.booleans() | st.integers(-(2**70), 2**70) | HALVES | TEXTS
KEYS = st.sampled_from(["a", "b"])
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(st.none() | SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=2), max_leaves=4),
)
ITEMS = st.integers(-3, 3) | st.sampled_from(["1", "b", "Z", "é", ""])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "title": st.none() | TEXTS,
    "salary": NUMBERS,
    "bonus": CENTS,
    "exact": st.decimals(-999, 999, places=3),
    "hours": HALVES,
    "best": TEXTS,
    "least": TEXTS,
    "soonest": MOMENTS,
    "hired": NUMBERS,
    "visits": NUMBERS,
    "grade": st.integers(-(2**60), 2**60),
    "price": CENTS,
    "rate": HALVES,
    "late": st.booleans(),
    "paid": st.booleans(),
    "notes": st.lists(SCALARS | st.none() | DOCUMENTS, max_size=2),
    "skills": st.sets(ITEMS, max_size=3) | st.lists(ITEMS, max_size=3),
    "profile": DOCUMENTS,
    "prices": CENTS,
    "mails": SCALARS | DOCUMENTS,
    "secret": st.none() | TEXTS,
    "pin": st.integers(-(2**60), 2**60),
}


CONTEXTS = st.sampled_from(["bob", "Zoë"])


def calls(model: Any) -> st.SearchStrategy[list[Any]]:
    """Calls that touch the same few fields over and over."""
    names = st.lists(st.sampled_from(list(model.__osiris__.by_key)), unique=True, min_size=1, max_size=5)
    return names.flatmap(calls_on)


def calls_on(names: list[str]) -> st.SearchStrategy[list[Any]]:
    touches = st.fixed_dictionaries({}, optional={name: FIELDS[name] for name in names})
    events = st.tuples(CONTEXTS, touches)
    return st.lists(
        st.tuples(st.just("append"), CONTEXTS, touches)
        | st.tuples(st.just("append_many"), st.lists(events, max_size=6))
        | st.tuples(st.just("snapshot"), CONTEXTS),
        min_size=1,
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


def exactly(value: Any) -> Any:
    """The value with its types, at every depth; a tracked list, dict or set counts as a plain one."""
    if isinstance(value, dict):
        return dict, {key: exactly(item) for key, item in value.items()}
    if isinstance(value, list):
        return list, [exactly(item) for item in value]
    if isinstance(value, set):
        return set, {exactly(item) for item in value}
    if isinstance(value, Decimal):
        return Decimal, str(value)
    return type(value), value


def seen(repository: Any, prefix: str) -> list[Any]:
    contexts = [prefix + context for context in ("bob", "Zoë")]
    names = list(repository.model.__osiris__.by_key)
    states = [
        (state.id, state.seq, {name: exactly(getattr(state, name)) for name in names})
        for state in repository.states(contexts)
    ]
    return [states, [[(e.seq, exactly(dict(e.fields))) for e in repository.history(c)] for c in contexts]]


@pytest.fixture
def tables(engine):
    tables = [table for model in MODELS for table in model.__osiris__.tables]
    EventSourced.metadata.create_all(engine, tables=tables)
    return engine


@pytest.mark.parametrize(
    ("database_url", "model"),
    # Of each policy on a server, test_at_scale draws more.
    pairs(sqlite=MODELS, postgresql=[MERGED, EVERY], mariadb=[MERGED, INLINE], mysql=[MERGED, EVERY]),
    indirect=["database_url"],
    ids=lambda part: getattr(part, "__name__", None),
)
# An example is some eight calls on two stores, of up to twenty fields each; test_at_scale draws the many.
@settings(max_examples=min(settings.default.max_examples // 5, 2_000))
@given(data=st.data())
def test_a_database_agrees_with_the_memory(tables, model, data):
    made = data.draw(calls(model))
    prefix = uuid4().hex  # every example has contexts of its own
    memory, database = MemoryRepository(model), SQLRepository(model, tables)

    run(memory, made, prefix)
    run(database, made, prefix)

    assert seen(database, prefix) == seen(memory, prefix)
