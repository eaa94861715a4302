"""``check_reducer`` finds what is wrong with a reducer, and nothing with those that are shipped."""

import math
import pickle
import time
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

import sqla_osiris
from sqla_osiris import Count, First, Last, LawBroken, Max, Merge, Min, OsirisError, Reducer, Sum
from sqla_osiris.testing import check_reducer
from sqla_osiris.testing.strategies import _DOCUMENTS, _MEMBERS, _PATCHES
from tests.laws.wrong_reducers import WRONG, AverageKeptAsOneNumber, ConcatenationClaimsToCommute

ONCE = settings(max_examples=30, derandomize=True, database=None)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=2)


def broken(reducer: Reducer, values: Any, **options: Any) -> LawBroken:
    with pytest.raises(LawBroken) as raised:
        check_reducer(reducer, values=values, settings=ONCE, **options)
    return raised.value


@pytest.mark.parametrize(
    ("reducer", "values", "law"), WRONG, ids=[type(wrong.reducer).__name__ for wrong in WRONG]
)
def test_a_wrong_reducer_is_found_with_a_small_counter_example(reducer, values, law):
    error = broken(reducer, values)

    assert error.law == law
    assert error.touches <= 3
    assert type(reducer).__name__ in str(error)
    assert len(str(error).splitlines()) <= 24


@pytest.mark.parametrize(
    ("reducer", "values"),
    [
        (Last(), st.none() | _DOCUMENTS),
        (First(), st.integers()),
        (Sum(), st.integers()),
        (Sum(), DECIMALS),
        (Count(), st.text()),
        (Max(), DECIMALS),
        (Min(), st.text()),
        (Merge(), _PATCHES),
        (sqla_osiris.Mean(), DECIMALS),
        (sqla_osiris.Any(), st.booleans()),
        (sqla_osiris.All(), st.booleans()),
        (sqla_osiris.Append(), st.lists(_DOCUMENTS, max_size=3)),
        (sqla_osiris.Union(), st.lists(_MEMBERS, max_size=3)),
        (sqla_osiris.Distinct(), st.integers()),
    ],
    ids=lambda part: type(part).__name__,
)
def test_a_shipped_reducer_keeps_every_law(reducer, values):
    check_reducer(reducer, values=values)


def test_the_message_shows_the_law_the_example_and_both_results():
    error = broken(AverageKeptAsOneNumber(), st.integers(0, 100))

    left, right = "merge(merge(a, b), c)", "merge(a, merge(b, c))"
    assert (error.example, error.left, error.right) == ({"a": [0], "b": [0], "c": [1]}, 0.5, 0.25)
    assert str(error).splitlines()[:6] == [
        f"AverageKeptAsOneNumber() breaks the law of associativity: {left} must be {right}, and is not with",
        "",
        "  a = [0]",
        "  b = [0]",
        "  c = [1]",
        "",
    ]
    assert "is 0.5" in str(error)
    assert "is 0.25" in str(error)
    assert isinstance(error, OsirisError)


def test_a_broken_law_can_be_pickled():
    error = broken(ConcatenationClaimsToCommute(), st.sampled_from("ab"))

    copied = pickle.loads(pickle.dumps(error))  # noqa: S301  (its own)

    assert str(copied) == str(error)
    assert vars(copied) == vars(error)


def test_a_long_example_is_cut_to_a_screen():
    error = LawBroken(
        law="agreement", subject="X", example={"log": ["x" * 2000] * 100}, left="y" * 9000, right=1
    )
    assert len(str(error)) < 12_000
    assert len(str(error).splitlines()) < 40
    assert error.touches == 100


def test_a_claim_that_is_not_made_is_not_checked():
    class Modest(Max):
        commutative = False
        idempotent = False

    check_reducer(Modest(), values=st.integers())


def test_floats_are_compared_as_the_user_says():
    floats = st.floats(-1e6, 1e6)
    assert broken(Sum(), st.sampled_from([0.1, 0.2, 0.3])).law in {
        "associativity",
        "homomorphism",
        "invertibility",
    }

    def close(left: Any, right: Any) -> bool:
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-3)

    check_reducer(Sum(), values=floats, same=close)


def test_accumulators_that_no_touch_reaches_are_checked_too():
    class Positive(Sum):
        def merge(self, left: int, right: int) -> int:
            return left + right if left >= 0 else 0

    numbers = st.integers(min_value=0)
    Positive.invertible = False
    check_reducer(Positive(), values=numbers)
    assert broken(Positive(), numbers, accumulators=st.integers(max_value=-1)).law == "identity"


def test_a_class_is_as_good_as_its_instance():
    check_reducer(Sum, values=st.integers())  # type: ignore[arg-type]


def test_a_lift_that_reads_the_time_is_found():
    class Stamped(Last):
        def lift(self, touch: Any) -> Any:
            return time.perf_counter_ns(), touch

    assert broken(Stamped(), st.integers()).law == "purity"


def test_numbers_of_different_types_are_not_the_same():
    class CountsInFloats(Count):
        def merge(self, left: Any, right: Any) -> Any:
            return float(left + right)

    error = broken(CountsInFloats(), st.integers())
    assert (error.law, error.touches <= 1) == ("identity", True)


def test_an_identity_that_is_changed_in_place_is_found():
    class Shared(Reducer):
        nothing: list[int] = []  # noqa: RUF012

        def identity(self) -> list[int]:
            return self.nothing

        def lift(self, touch: int) -> list[int]:
            return [touch]

        def merge(self, left: list[int], right: list[int]) -> list[int]:
            if left is self.nothing:
                left.extend(right)
            return left + right

    assert broken(Shared(), st.integers()).law == "purity"


def test_an_error_of_a_reducer_is_a_broken_law():
    class Refuses(Sum):
        def merge(self, left: int, right: int) -> int:
            if right > 5:
                raise ValueError("too great")
            return left + right

    error = broken(Refuses(), st.integers(0, 9))
    assert error.law == "totality"
    assert "ValueError: too great" in str(error)
    assert error.example["x"] == [6]


def test_an_assignment_that_raises_something_else_is_found():
    class Forgot(Sum):
        def touch_between(self, before: Any, after: Any) -> Any:
            raise TypeError("before is None")

    error = broken(Forgot(), st.integers())
    assert (error.law, error.touches) == ("assignment", 1)
