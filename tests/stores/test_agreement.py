"""A store gives the memory's states and histories for equal calls, with every reducer and every policy."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, DateTime, Integer, Numeric, String

from sqla_osiris import Aggregate, Every, MemoryRepository, Min, Reducer
from tests.laws.test_agreement import MODELS, calls, declare, run, seen


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


@pytest.mark.parametrize("model", [*MODELS, USERS], ids=lambda model: model.__name__)
@settings(max_examples=settings.default.max_examples // 5)
@given(data=st.data())
def test_a_store_agrees_with_the_memory(complete, model, data):
    made = data.draw(calls(model))
    prefix = uuid4().hex  # every example has contexts of its own
    memory, store = MemoryRepository(model), complete(model)

    run(memory, made, prefix)
    run(store, made, prefix)

    assert seen(store, prefix) == seen(memory, prefix)
    assert store.verify()
