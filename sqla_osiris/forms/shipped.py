"""The shipped reducers' forms in SQL: their accumulators, how those merge, and how they fold a tail of events.

``merge`` combines two accumulators in an upsert; ``aggregate`` folds grouped events (PostgreSQL's LATERAL);
``scalar`` folds them in one correlated subquery (SQLite and MariaDB, which have no LATERAL).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CompoundSelect,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    Numeric,
    String,
    Text,
    Uuid,
    and_,
    case,
    cast,
    collate,
    func,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.leaf_types import BINARIES, leaf_types, plain_type
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.registry import known_databases
from sqla_osiris.forms import flat as mariadb_forms
from sqla_osiris.forms.form import Expression, ReducerForm, SQLAccumulator, SQLReducer, Tail
from sqla_osiris.reducers import All, Count, First, Last, Max, Mean, Min, Reducer, Sum
from sqla_osiris.reducers import Any as AnyTrue
from sqla_osiris.reducers.exact import in_scale
from sqla_osiris.types.portable import UNSCALED_LIMIT, ExactDecimal

__all__ = ["SHIPPED", "LastOrAbsent", "misfits_arithmetic"]


class _Last(SQLReducer):
    """With ``absent`` its touches are never None: NULL is what no event has touched."""

    picks = True

    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        absent = getattr(self.reducer, "absent", None)
        (accumulator,) = accumulators
        return accumulator if absent is None else database.or_else(accumulator, absent, self.declared)

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        return right

    def aggregate(self, tail: Tail) -> Expression:
        return func.max(tail.events.c.seq).filter(tail.touched)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return picked if base is None else case((folded.is_(None), base), else_=picked)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if tail.database.folds_flat:
            return mariadb_forms.last(base, tail)
        seq = tail.events.c.seq
        if base is None:
            return tail.picked(tail.value, seq.desc())  # type: ignore[no-any-return]
        last = tail.rows(tail.value.label("value"), seq.label("place")).where(tail.touched)
        # The base stands before every event. SQLite merges the two sorted arms and stops at the first row.
        before = select(base.label("value"), number(0).label("place")).correlate(tail.head)
        both: CompoundSelect[Any] = union_all(last, before)
        newest = both.order_by(both.selected_columns.place.desc()).limit(number(1)).offset(number(0))
        return select(newest.subquery("newest").c.value).scalar_subquery()


class _First(SQLReducer):
    picks = True

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        return func.coalesce(left, right)

    def aggregate(self, tail: Tail) -> Expression:
        return func.min(tail.events.c.seq).filter(tail.touched)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return picked if base is None else func.coalesce(base, picked)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if tail.database.folds_flat:
            return mariadb_forms.first(base, tail)
        first = tail.picked(tail.value, tail.events.c.seq)
        return first if base is None else func.coalesce(base, first)


def misfits_arithmetic(declared: TypeEngine[Any]) -> bool:
    """Whether a column of this type holds no numbers to add up."""
    return not isinstance(plain_type(declared), Integer | Numeric | Float)


class _Sum(SQLReducer):
    @property
    def identity(self) -> Any:
        return 0.0 if isinstance(plain_type(self.declared), Float) else 0

    def as_read(self, state: Any) -> Any:
        if isinstance(self.declared, TypeDecorator) and not isinstance(self.declared, ExactDecimal):
            # A user's own type has values of its own.
            return state
        plain = plain_type(self.declared)
        if isinstance(plain, Float) or (isinstance(plain, Numeric) and not plain.asdecimal):
            return float(state)
        return in_scale(Decimal(state), plain.scale) if isinstance(plain, Numeric) else state

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        return "adds numbers" if misfits_arithmetic(declared) else None

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        if isinstance(self.declared, Integer):
            return BigInteger()
        if isinstance(self.declared, ExactDecimal):
            # A sum outgrows its terms' precision, never their scale.
            return self.declared if self.declared.scale is None else ExactDecimal(38, self.declared.scale)
        return self.declared

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        if database.adds_in_doubles and self._scale is not None:
            return self._descaled(self._scaled(left) + self._scaled(right))
        if database.adds_in_doubles and isinstance(self.accumulator_type, BigInteger):
            # SQLite's + turns an overflow into a float; abs() of the least integer raises, as sum() does.
            return case((func.typeof(left + right) == "integer", left + right), else_=_overflow())
        return left + right

    def aggregate(self, tail: Tail) -> Expression:
        return cast(func.sum(tail.value), self.accumulator_type)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        total = func.coalesce(folded, number(self.identity))
        return self._typed(total if base is None else func.coalesce(base, number(self.identity)) + total)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if tail.database.folds_flat:
            return mariadb_forms.total(base, tail, self.accumulator_type)
        scaled = self._scale is not None
        term = self._scaled(tail.value) if scaled else tail.value
        total: Expression = func.coalesce(tail.rows(func.sum(term)).scalar_subquery(), number(self.identity))
        if base is not None:
            total = func.coalesce(self._scaled(base) if scaled else base, number(self.identity)) + total
        return self._typed(self._descaled(total) if scaled else total)

    @property
    def _scale(self) -> int | None:
        """The decimal places, where SQLite must add scaled integers to stay exact."""
        return self.declared.effective_scale if isinstance(self.declared, ExactDecimal) else None

    def _scaled(self, value: Expression) -> Expression:
        factor = number(10 ** (self._scale or 0))
        scaled = cast(func.round(_double(value) * factor), BigInteger)
        if not isinstance(self.declared, ExactDecimal) or self.declared.scale is not None:
            return scaled
        # A greater one has no room beside its decimal places: SQLite would take the greatest integer for it.
        return case(
            (func.abs(_double(value)) < number(UNSCALED_LIMIT), scaled), (value.is_not(None), _overflow())
        )

    def _descaled(self, value: Expression) -> Expression:
        return cast(value, Float) / number(float(10 ** (self._scale or 0)))

    def _typed(self, value: Expression) -> Expression:
        return type_coerce(value, self.accumulator_type)


class _Count(_Sum):
    @property
    def identity(self) -> Any:
        return 0

    def as_read(self, state: Any) -> Any:
        return state

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        return None

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        return BigInteger()

    @property
    def _scale(self) -> int | None:
        return None

    def lift(self, touch: Expression, database: Database) -> Expression:
        return number(1)

    def aggregate(self, tail: Tail) -> Expression:
        return func.count(tail.value)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        counted: Expression = tail.rows(func.count(tail.value)).scalar_subquery()
        return counted if base is None else func.coalesce(base, number(0)) + counted


class _Extreme(SQLReducer):
    _greatest: str
    _sqlite: str

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        unordered = isinstance(plain_type(declared), (ARRAY, JSON, *BINARIES, Boolean, Enum, Uuid, Interval))
        return "needs values with one order on every database" if unordered else None

    def _ordered(self, value: Expression) -> Expression:
        # "C" orders text by code point, as Python and SQLite do; a database's own collation would not.
        lateral = [database.compiler for database in known_databases() if database.folds_laterally]
        text = any(isinstance(leaf, String) for leaf in leaf_types(self.declared, *lateral))
        return type_coerce(collate(type_coerce(value, Text), "C"), self.declared) if text else value

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        return database.extreme(
            left, right, self.declared, greatest=self._greatest == "greatest", by_code_point=self._ordered
        )

    def aggregate(self, tail: Tail) -> Expression:
        return getattr(func, self._sqlite)(self._ordered(tail.value))  # type: ignore[no-any-return]

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return folded if base is None else getattr(func, self._greatest)(self._ordered(base), folded)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if tail.database.folds_flat:
            return mariadb_forms.extreme(base, tail, self._sqlite, self._greatest, self.accumulator_type)
        extreme = getattr(func, self._sqlite)
        if base is None:
            return tail.rows(extreme(tail.value)).scalar_subquery()  # type: ignore[no-any-return]
        candidates = union_all(
            tail.rows(tail.value.label("value")),
            select(base.label("value")).correlate(tail.head),
        ).subquery("candidates")
        return select(extreme(candidates.c.value)).scalar_subquery()


class _Max(_Extreme):
    _greatest = "greatest"
    _sqlite = "max"


class _Min(_Extreme):
    _greatest = "least"
    _sqlite = "min"


class _Truth(SQLReducer):
    """Any and All: never NULL, as a head is born with the identity."""

    _postgresql: Any
    _sqlite: Any
    _both: Any

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        return None if isinstance(plain_type(declared), Boolean) else "folds Boolean columns"

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        return type_coerce(self._both(left, right), self.declared)

    def aggregate(self, tail: Tail) -> Expression:
        return self._postgresql(tail.value, type_=self.declared)  # type: ignore[no-any-return]

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        start = number(self.identity) if base is None else func.coalesce(base, number(self.identity))
        return type_coerce(self._both(start, func.coalesce(folded, number(self.identity))), self.declared)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        folded = tail.rows(self._sqlite(tail.value, type_=self.declared)).scalar_subquery()
        return self.combine(base, folded, None)


class _Any(_Truth):
    identity = False
    _postgresql = func.bool_or
    _sqlite = func.max
    _both = staticmethod(or_)


class _All(_Truth):
    identity = True
    _postgresql = func.bool_and
    _sqlite = func.min
    _both = staticmethod(and_)


class _Touched(_Any):
    """Whether any event has touched the field, be it with None."""

    def lift(self, touch: Expression, database: Database) -> Expression:
        return true()

    def aggregate(self, tail: Tail) -> Expression:
        return func.bool_or(tail.touched, type_=self.declared)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        flag = case((tail.touched, number(1)), else_=number(0))
        return self.combine(base, tail.rows(func.max(flag, type_=self.declared)).scalar_subquery(), None)


class LastOrAbsent(ReducerForm):
    """A ``Last`` with ``absent`` that None may touch, which the heads must tell from no touch: a column more."""

    picks = True

    def __init__(self, reducer: Reducer, declared: TypeEngine[Any]) -> None:
        super().__init__(reducer, declared)
        self._last = _Last(Last(), declared)
        self._touched = _Touched(AnyTrue(), Boolean())
        self._absent: Any = getattr(reducer, "absent", None)

    @property
    def state_type(self) -> TypeEngine[Any]:
        return self._last.state_type

    def accumulators(self, name: str) -> dict[str, SQLAccumulator]:
        return {name: self._last, f"osiris_touched_{name}": self._touched}

    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        last, touched = accumulators
        absent = database.or_else(null(), self._absent, self.declared)
        return case((touched, last), else_=absent)


class _Mean(ReducerForm):
    """A sum and a count, each a column of its own: exact, mergeable by the writing statement, of one size."""

    def __init__(self, reducer: Reducer, declared: TypeEngine[Any]) -> None:
        super().__init__(reducer, declared)
        self._sum = _Sum(reducer, declared)
        self._count = _Count(reducer, declared)

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        return "averages numbers" if misfits_arithmetic(declared) else None

    @property
    def state_type(self) -> TypeEngine[Any]:
        return Double()

    def accumulators(self, name: str) -> dict[str, SQLAccumulator]:
        return {name: self._sum, f"osiris_count_{name}": self._count}

    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        total, count = accumulators
        mean = cast(total, Double) / cast(func.nullif(count, number(0)), Double)
        return type_coerce(mean, self.state_type)


def _double(value: Expression) -> Expression:
    return type_coerce(value, Float)


def _overflow() -> Expression:
    """An error of SQLite's: the least integer has no absolute value."""
    return func.abs(number(-(2**63) + 1) - 1)


SHIPPED: dict[type[Reducer], type[ReducerForm]] = {
    Last: _Last,
    First: _First,
    Sum: _Sum,
    Count: _Count,
    Mean: _Mean,
    Max: _Max,
    Min: _Min,
    AnyTrue: _Any,
    All: _All,
}
"""The reducers that every database folds by itself."""
