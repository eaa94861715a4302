"""Deliberately wrong reducers, each named after its bug, with touches and the law that it breaks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sqla_osiris import Last, Max, Reducer, Sum


class AverageKeptAsOneNumber(Reducer):
    def identity(self) -> None:
        return None

    def lift(self, touch: float) -> float:
        return touch

    def merge(self, left: float | None, right: float | None) -> float | None:
        if left is None or right is None:
            return right if left is None else left
        return (left + right) / 2


class IdentityIsAValue(Max):
    def identity(self) -> int:
        return 0


class MeanOfNothingDividesByZero(Reducer):
    def identity(self) -> tuple[int, int]:
        return 0, 0

    def lift(self, touch: int) -> tuple[int, int]:
        return touch, 1

    def merge(self, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
        return left[0] + right[0], left[1] + right[1]

    def present(self, accumulator: tuple[int, int]) -> float:
        return accumulator[0] / accumulator[1]


class ConcatenationClaimsToCommute(Reducer):
    commutative = True

    def identity(self) -> str:
        return ""

    def lift(self, touch: str) -> str:
        return touch

    def merge(self, left: str, right: str) -> str:
        return left + right


class SumClaimsToBeIdempotent(Sum):
    idempotent = True


class MaxClaimsToBeInvertible(Max):
    invertible = True

    def invert(self, accumulator: int | None) -> int | None:
        return None if accumulator is None else -accumulator


class MergeChangesItsLeftArgument(Reducer):
    def identity(self) -> list[int]:
        return []

    def lift(self, touch: int) -> list[int]:
        return [touch]

    def merge(self, left: list[int], right: list[int]) -> list[int]:
        left.extend(right)
        return left


class DumpLosesPrecision(Sum):
    def identity(self) -> Decimal:
        return Decimal(0)

    def dump(self, accumulator: Any) -> float:
        return float(accumulator)

    def load(self, document: float) -> Decimal:
        return Decimal(document)


class DumpLosesItsType(Reducer):
    def identity(self) -> frozenset[int]:
        return frozenset()

    def lift(self, touch: int) -> frozenset[int]:
        return frozenset([touch])

    def merge(self, left: frozenset[int], right: frozenset[int]) -> frozenset[int]:
        return left | right

    def dump(self, accumulator: frozenset[int]) -> list[int]:
        return sorted(accumulator)

    def load(self, document: list[int]) -> Any:
        return document

    def touch_between(self, before: Any, after: Any) -> Any:
        return super().touch_between(0, 0)


class LastIsTheGreatest(Last):
    """``Last`` by value instead of by seq: an assignment of a smaller value is lost."""

    def identity(self) -> int:
        return 0

    def merge(self, left: int, right: int) -> int:
        return max(left, right)


class DocumentsMergeAsTheyAre(Reducer):
    """A deep merge of the touches themselves: it forgets that a scalar stood between two objects (osiris-es)."""

    def identity(self) -> dict[str, Any]:
        return {}

    def lift(self, touch: dict[str, Any]) -> dict[str, Any]:
        return touch

    def merge(self, left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
        merged = dict(left)
        for key, value in right.items():
            both = isinstance(merged.get(key), Mapping) and isinstance(value, Mapping)
            merged[key] = self.merge(merged[key], value) if both else value
        return merged


class FingerprintIsAnAddress(Sum):
    def fingerprint(self) -> str:
        return f"Sum at {id(self):#x}"


class SettledForgetsTheTouches(Sum):
    def settled(self, accumulator: int) -> int:
        return 0


class AssignmentWritesTheStateInsteadOfTheDifference(Sum):
    def touch_between(self, before: int, after: int) -> int:
        return after


class Wrong(NamedTuple):
    """A wrong reducer, its touches, and the name of the law that it breaks."""

    reducer: Reducer
    values: SearchStrategy[Any]
    law: str


_NUMBERS = st.integers()
_DOCUMENTS = st.sampled_from([{"a": 1}, {"a": {"b": 1}}, {"a": {"c": 1}}])

WRONG = [
    Wrong(AverageKeptAsOneNumber(), st.integers(0, 100), "associativity"),
    Wrong(DocumentsMergeAsTheyAre(), _DOCUMENTS, "associativity"),
    Wrong(IdentityIsAValue(), _NUMBERS, "identity"),
    Wrong(LastIsTheGreatest(), st.integers(min_value=0), "assignment"),
    Wrong(AssignmentWritesTheStateInsteadOfTheDifference(), _NUMBERS, "assignment"),
    Wrong(MeanOfNothingDividesByZero(), _NUMBERS, "totality"),
    Wrong(ConcatenationClaimsToCommute(), st.text("ab", max_size=2), "commutativity"),
    Wrong(SumClaimsToBeIdempotent(), _NUMBERS, "idempotence"),
    Wrong(MaxClaimsToBeInvertible(), _NUMBERS, "invertibility"),
    Wrong(MergeChangesItsLeftArgument(), _NUMBERS, "purity"),
    Wrong(DumpLosesPrecision(), st.decimals(allow_nan=False, allow_infinity=False, places=2), "storage"),
    Wrong(DumpLosesItsType(), _NUMBERS, "storage"),
    Wrong(FingerprintIsAnAddress(), _NUMBERS, "fingerprint"),
    Wrong(SettledForgetsTheTouches(), _NUMBERS, "settling"),
]
