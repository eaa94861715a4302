"""How the server folds a field's touches in a ``$group``, and how the result becomes an accumulator.

No form needs its input sorted: the last touch is the greatest ``{s: seq, v: value}``. What the server cannot fold (JSON
documents, sets, users' reducers) it collects, and Python folds it from the same answer.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from bson import Decimal128

from sqla_osiris.reducers import All, Count, First, Last, Max, Mean, Min, Reducer, Sum
from sqla_osiris.reducers import Any as AnyTrue
from sqla_osiris.reducers.base import accumulator_text
from sqla_osiris.repositories.mongo.values import Codec, codec
from sqla_osiris.schema.log import Field

__all__ = ["FieldFold", "field_fold"]

Expression = dict[str, Any]


class FieldFold(ABC):
    """One field's fold on the server; ``key`` names its results in the group."""

    operator: str

    def __init__(self, field: Field, values: Codec, key: str, path: str) -> None:
        self.field = field
        self.reducer: Reducer = field.reducer
        self.values = values
        self.key = key
        self.path: str = f"${path}"

    @abstractmethod
    def group(self) -> dict[str, Expression]:
        """The accumulators for ``$group``."""

    @abstractmethod
    def folded(self, group: Mapping[str, Any]) -> Any:
        """The reducer's accumulator, of the group's result. Raises OverflowError past the server's numbers."""

    def stored(self, accumulator: Any) -> Any:
        """The accumulator as a snapshot holds it. Raises ValueError past the server's numbers."""
        # A snapshot begins at the stream's first event.
        return accumulator_text(self.reducer, self.reducer.settled(accumulator))

    def loaded(self, value: Any) -> Any:
        """The accumulator that :meth:`stored` wrote."""
        return self.reducer.load(json.loads(value))

    def only_if_touched(self, value: Any, otherwise: Any = None) -> Expression:
        """``value`` where the event touches the field, be it with None."""
        return {"$cond": [{"$ne": [{"$type": self.path}, "missing"]}, value, otherwise]}

    @property
    def _placed(self) -> Expression:
        return {"s": "$seq", "v": self.path}

    def _read(self, value: Any) -> Any:
        return None if value is None else self.values.read(value)


class _Picked(FieldFold):
    def group(self) -> dict[str, Expression]:
        return {self.key: {self.operator: self.only_if_touched(self._placed)}}

    def folded(self, group: Mapping[str, Any]) -> Any:
        placed = group.get(self.key)
        return self.reducer.identity() if placed is None else self.reducer.lift(self._read(placed["v"]))

    def stored(self, accumulator: Any) -> Any:
        # An object, so that untouched differs from touched with None.
        if accumulator is self.reducer.identity():
            return {}
        return {"v": None if accumulator is None else self.values.write(accumulator)}

    def loaded(self, value: Any) -> Any:
        return self._read(value["v"]) if value else self.reducer.identity()


class _Last(_Picked):
    operator = "$max"


class _First(_Picked):
    operator = "$min"


class _Max(FieldFold):
    operator = "$max"

    def group(self) -> dict[str, Expression]:
        return {self.key: {self.operator: self.path}}

    def folded(self, group: Mapping[str, Any]) -> Any:
        value = group.get(self.key)
        return self.reducer.identity() if value is None else self._read(value)

    def stored(self, accumulator: Any) -> Any:
        return None if accumulator is None else self.values.write(accumulator)

    def loaded(self, value: Any) -> Any:
        return self._read(value)


class _Min(_Max):
    operator = "$min"


class _Sum(FieldFold):
    def group(self) -> dict[str, Expression]:
        return {self.key: {"$sum": self.path}}

    def folded(self, group: Mapping[str, Any]) -> Any:
        return self._number(group.get(self.key) or 0)

    def _number(self, total: Any) -> Any:
        if isinstance(total, int):
            return int(total) + self.values.zero
        if isinstance(total, float) and not isinstance(self.values.zero, float):
            # The server goes on in floating point where 64 bits overflow.
            raise OverflowError
        return self.values.read(total)

    def stored(self, accumulator: Any) -> Any:
        return self.values.write(accumulator)

    def loaded(self, value: Any) -> Any:
        return self.values.read(value)


class _Count(_Sum):
    def group(self) -> dict[str, Expression]:
        return {self.key: {"$sum": self.only_if_touched(1, 0)}}

    def folded(self, group: Mapping[str, Any]) -> Any:
        return int(group.get(self.key) or 0)

    def stored(self, accumulator: Any) -> Any:
        return accumulator

    def loaded(self, value: Any) -> Any:
        return int(value)


class _Mean(_Sum):
    def group(self) -> dict[str, Expression]:
        # A mean of great integers is none, but their sum outgrows 64 bits.
        term = {"$toDecimal": self.path} if self._whole else self.path
        return {self.key: {"$sum": term}, f"{self.key}n": {"$sum": self.only_if_touched(1, 0)}}

    def folded(self, group: Mapping[str, Any]) -> Any:
        total = group.get(self.key) or 0
        if self._whole and isinstance(total, Decimal128):
            total = int(total.to_decimal())
        return (total if self._whole else self._number(total)), int(group.get(f"{self.key}n") or 0)

    @property
    def _whole(self) -> bool:
        return isinstance(self.values.zero, int)

    stored = FieldFold.stored
    loaded = FieldFold.loaded


class _InPython(FieldFold):
    def group(self) -> dict[str, Expression]:
        return {self.key: {"$push": self.only_if_touched(self._placed, "$$REMOVE")}}

    def folded(self, group: Mapping[str, Any]) -> Any:
        reducer = self.reducer
        accumulator = reducer.identity()
        for placed in sorted(group.get(self.key) or (), key=lambda placed: placed["s"]):
            accumulator = reducer.merge(accumulator, reducer.lift(self._read(placed["v"])))
        return accumulator


_PICKS: Final[dict[type[Reducer], type[FieldFold]]] = {Last: _Last, First: _First, Count: _Count}
_ORDERED: Final[dict[type[Reducer], type[FieldFold]]] = {Max: _Max, Min: _Min, AnyTrue: _Max, All: _Min}
_ADDED: Final[dict[type[Reducer], type[FieldFold]]] = {Sum: _Sum, Mean: _Mean}


def field_fold(field: Field, key: str, path: str) -> FieldFold:
    """The fold of a field whose touches are at ``path``. A subclass of a shipped reducer folds in Python."""
    values = codec(field.sql.declared)
    kind = type(field.reducer)
    form = _PICKS.get(kind)
    if form is None and values.ordered:
        form = _ORDERED.get(kind)
    if form is None and values.adds:
        form = _ADDED.get(kind)
    return (form or _InPython)(field, values, key, path)
