"""Whatever mix of given and new keys comes in, by whichever way: each stream has its own events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, repository
from tests.keys.shop import Base, Customer, Order

KEYS = st.none() | st.integers(1001, 1004)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["flush", "rolled back", "append", "append_many"]),
        st.lists(KEYS, min_size=1, max_size=5),
    ),
    min_size=1,
    max_size=6,
)


def by_flush(engine, names, keys, expected, *, commit):
    written = []
    with Session(engine) as session:
        for key in keys:
            name = next(names)
            state = session.get(Customer, key) if key else None
            if state is None:
                session.add(state := Customer(id=key, name=name))
            state.name = name
            state.orders.append(Order(title=name))
            written.append((state, name))
        session.flush()
        if not commit:
            session.rollback()
            return
        session.commit()
        for state, name in written:
            expected.setdefault(state.id, []).append(name)
            assert all(order.customer_id == state.id for order in state.orders)


def by_append(engine, names, keys, expected):
    customers = repository(Customer, engine)
    for key in keys:
        event = customers.append(key, name=(name := next(names)))
        assert key in {None, event.context}
        expected.setdefault(event.context, []).append(name)
        assert event.seq == len(expected[event.context])


def by_batch(engine, names, keys, expected):
    customers, known = repository(Customer, engine), set(expected)
    given_names = [next(names) for _ in keys]
    customers.append_many(NewEvent(key, {"name": name}) for key, name in zip(keys, given_names, strict=True))
    found = {state.id: state.name for state in customers.states()}
    new = sorted(set(found) - known - {*filter(None, keys)})
    unknown = iter(new)
    for key, name in zip(keys, given_names, strict=True):
        expected.setdefault(key or next(unknown), []).append(name)
    assert next(unknown, None) is None


@pytest.fixture
def tables(engine):
    Base.metadata.create_all(engine)
    return engine


@given(STEPS)
@settings(deadline=None)
def test_new_keys_are_others_and_each_stream_has_its_own_events(tables, steps):
    with tables.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    names, expected = map(str, range(10_000)), {}
    for way, keys in steps:
        if way in {"flush", "rolled back"}:
            # An object is changed once a flush: the last assignment is its event.
            unique = [key for place, key in enumerate(keys) if key is None or key not in keys[:place]]
            by_flush(tables, names, unique, expected, commit=way == "flush")
        else:
            {"append": by_append, "append_many": by_batch}[way](tables, names, keys, expected)

    customers = repository(Customer, tables)
    found = {key: [event.fields["name"] for event in customers.history(key)] for key in expected}
    assert found == expected
    assert {state.id for state in customers.states()} == expected.keys()
    assert customers.verify()
