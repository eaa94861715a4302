"""A store gives the memory's states and histories for equal calls, with every reducer and every policy."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, DateTime, Float, Integer, Numeric, String

from sqla_osiris import Aggregate, Every, InvalidValue, Mean, MemoryRepository, Min, NewEvent, Reducer
from tests import selection
from tests.laws.test_agreement import MODELS, calls, declare, run, seen
from tests.opening import STORES


class Spread(Reducer):
    """The difference of the greatest and the least touch."""

    def identity(self) -> Any:
        return None

    def lift(self, touch: Any) -> Any:
        return touch, touch

    def merge(self, left: Any, right: Any) -> Any:
        if left is None or right is None:
            return right if left is None else left
        return min(left[0], right[0]), max(left[1], right[1])

    def present(self, accumulator: Any) -> Any:
        return accumulator and accumulator[1] - accumulator[0]


class Different(Reducer):
    """How many different touches there were; the accumulator is a set of the column's own values."""

    def identity(self) -> Any:
        return frozenset()

    def lift(self, touch: Any) -> Any:
        return frozenset([touch])

    def merge(self, left: Any, right: Any) -> Any:
        return left | right

    def present(self, accumulator: Any) -> Any:
        return len(accumulator)


class Items(Reducer):
    """How many keys each touch had, with a form of its own in JSON."""

    def identity(self) -> Any:
        return ()

    def lift(self, touch: Any) -> Any:
        return (len(touch),)

    def merge(self, left: Any, right: Any) -> Any:
        return left + right

    def present(self, accumulator: Any) -> Any:
        return list(accumulator)

    def dump(self, accumulator: Any) -> Any:
        return ",".join(map(str, accumulator))

    def load(self, document: Any) -> Any:
        return tuple(map(int, document.split(","))) if document else ()


class Shortest(Min):
    """A shipped reducer with another merge: the server's own must not be used."""

    def _pick(self, left: Any, right: Any) -> Any:
        return min(left, right, key=len)


class Turned(Reducer):
    """A sum whose accumulator is a complex number, which has no form in JSON."""

    def identity(self) -> Any:
        return 0j

    def lift(self, touch: Any) -> Any:
        return complex(0, touch)

    def merge(self, left: Any, right: Any) -> Any:
        return left + right

    def present(self, accumulator: Any) -> Any:
        return accumulator.imag


USERS = declare(
    "AgreeUsers",
    Every(2),
    {
        "least": Aggregate(String, reducer=Shortest()),
        "best": Aggregate(String, reducer=Different(), state_type=Integer),
        "price": Aggregate(Numeric(12, 2), reducer=Spread()),
        "soonest": Aggregate(DateTime(timezone=True), reducer=Different(), state_type=Integer),
        "profile": Aggregate(JSON, reducer=Items()),
    },
)
MEANS = declare("AgreeMeans", Every(100), {"grade": Aggregate(BigInteger, reducer=Mean())})
TURNS = declare("AgreeTurns", Every(2), {"angle": Aggregate(Float, reducer=Turned())})


@pytest.fixture(params=selection.STORES)
def beside_sql(request):
    """As `opens`, on the stores whose accumulators have no column's type; the others: tests/laws/test_agreement.py."""
    yield from STORES[request.param](request)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=settings.default.max_examples // 5)
@given(data=st.data())
def test_a_store_agrees_with_the_memory(beside_sql, model, data):
    agree(beside_sql, model, data)


@settings(max_examples=settings.default.max_examples // 5)
@given(data=st.data())
def test_a_store_agrees_with_the_memory_on_users_reducers(opens, data):
    agree(opens, USERS, data)


def agree(opens, model, data):
    made = data.draw(calls(model))
    prefix = uuid4().hex  # every example has contexts of its own
    memory, store = MemoryRepository(model), opens(model)

    run(memory, made, prefix)
    run(store, made, prefix)

    assert seen(store, prefix) == seen(memory, prefix)
    assert store.verify()


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_mean_is_exact_where_the_sum_of_integers_outgrows_64_bits(beside_sql, snapshot):
    grades = beside_sql(MEANS)
    for _ in range(4):
        grades.append("bob", grade=2**62 + 2**10)
        if snapshot:
            grades.snapshot("bob")

    assert grades.state("bob").grade == float(2**62 + 2**10)


def test_an_accumulator_that_json_cannot_say_has_no_snapshot_and_a_state(beside_sql):
    turns = beside_sql(TURNS)
    turns.append_many(NewEvent("bob", {"angle": 1.0}) for _ in range(5))

    with pytest.raises(InvalidValue, match=r"Override its dump\(\)"):
        turns.snapshot("bob")
    assert turns.state("bob").angle == 5.0
    assert turns.verify()
