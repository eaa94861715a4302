"""Each shipped reducer's form in SQL: its accumulator's column, its merge, and its fold of a tail of events.

``merge`` combines two accumulators in an upsert; ``aggregate`` folds grouped events (PostgreSQL's LATERAL);
``scalar`` folds them in one correlated subquery (SQLite, whose planner has no LATERAL).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Uuid,
    case,
    cast,
    collate,
    func,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.declarative.column_types import ExactDecimal, ExactInterval
from sqla_osiris.declarative.dialects import MARIADB, SQLITE
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.python_fold import FoldedInPython
from sqla_osiris.declarative.values import Validator
from sqla_osiris.errors import DeclarationError
from sqla_osiris.reducers import Count, First, Last, Max, Merge, Min, Reducer, Sum

__all__ = ["SQLReducer", "Tail", "sql_form"]

Expression = ColumnElement[Any]


@dataclass(frozen=True)
class Tail:
    """The events of one context beyond its accumulators, seen from one field.

    ``rows(columns)`` selects from them. ``newest`` says to read what is committed now, where a database would otherwise
    read what was when the transaction began.
    """

    events: Any
    where: tuple[Expression, ...]
    value: Expression
    touched: Expression
    head: Any
    newest: bool = False

    def rows(self, *columns: Any) -> Any:
        rows = select(*columns).select_from(self.events).where(*self.where).correlate(self.head)
        return rows.with_for_update(read=True) if self.newest else rows


class SQLReducer(ABC):
    """A reducer's SQL for one field. ``picks`` says that it picks one touch instead of combining them."""

    picks = False
    in_python = False
    identity: Any = None

    def __init__(self, reducer: Reducer, declared: TypeEngine[Any]) -> None:
        self.reducer = reducer
        self.declared = declared
        reason = self.misfit(declared)
        if reason:
            raise DeclarationError(f"{type(reducer).__name__}() {reason}; the column is {declared!r}")

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        """Why the reducer cannot fold a column of this type, or None."""
        return None

    def touch_check(self, check: Validator) -> Validator:
        """The check of a touch, given the one of the column's type."""
        return check

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        return self.declared

    @property
    def state_type(self) -> TypeEngine[Any]:
        return self.accumulator_type

    @abstractmethod
    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        """The merge of two accumulators; either may be NULL where the identity is None."""

    def lift(self, touch: Expression) -> Expression:
        """The accumulator of one touch."""
        return touch

    @abstractmethod
    def aggregate(self, tail: Tail) -> Expression:
        """PostgreSQL: over grouped tail rows; the seq of the picked touch where ``picks``."""

    @abstractmethod
    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        """PostgreSQL: the base accumulator merged with ``aggregate``'s result."""

    @abstractmethod
    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        """SQLite: the base accumulator merged with the tail, by correlated subqueries."""


class _Last(SQLReducer):
    picks = True

    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        return right

    def aggregate(self, tail: Tail) -> Expression:
        return func.max(tail.events.c.seq).filter(tail.touched)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return picked if base is None else case((folded.is_(None), base), else_=picked)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        seq = tail.events.c.seq
        last = tail.rows(tail.value.label("value"), seq.label("place")).where(tail.touched)
        if base is None:
            picked: Expression = (
                tail.rows(tail.value)
                .where(tail.touched)
                .order_by(seq.desc())
                .limit(number(1))
                .offset(number(0))
                .scalar_subquery()
            )
            return picked
        # The base stands before every event. SQLite merges the two sorted arms and stops at the first row.
        before = select(base.label("value"), number(0).label("place")).correlate(tail.head)
        both: CompoundSelect[Any] = union_all(last, before)
        newest = (
            both.order_by(both.selected_columns.place.desc())
            .limit(number(1))
            .offset(number(0))
            .subquery("newest")
        )
        return select(newest.c.value).scalar_subquery()


class _First(SQLReducer):
    picks = True

    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        return func.coalesce(left, right)

    def aggregate(self, tail: Tail) -> Expression:
        return func.min(tail.events.c.seq).filter(tail.touched)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return picked if base is None else func.coalesce(base, picked)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        first = (
            tail.rows(tail.value)
            .where(tail.touched)
            .order_by(tail.events.c.seq)
            .limit(number(1))
            .offset(number(0))
            .scalar_subquery()
        )
        return first if base is None else func.coalesce(base, first)


class _Sum(SQLReducer):
    identity = 0

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        numeric = isinstance(declared, Integer | Numeric | Float | ExactDecimal) or (
            isinstance(declared, TypeDecorator)
            and isinstance(declared.impl_instance, Integer | Numeric | Float)
        )
        return None if numeric else "adds numbers"

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        if isinstance(self.declared, Integer):
            return BigInteger()
        if isinstance(self.declared, ExactDecimal):
            # A sum outgrows its terms' precision, never their scale.
            return self.declared if self.declared.scale is None else ExactDecimal(38, self.declared.scale)
        return self.declared

    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        if dialect == SQLITE and self._scale is not None:
            return self._descaled(self._scaled(left) + self._scaled(right))
        if dialect == SQLITE and isinstance(self.accumulator_type, BigInteger):
            # SQLite's + turns an overflow into a float; abs() of the least integer raises, as sum() does.
            overflow = func.abs(number(-(2**63) + 1) - 1)
            return case((func.typeof(left + right) == "integer", left + right), else_=overflow)
        return left + right

    def aggregate(self, tail: Tail) -> Expression:
        return cast(func.sum(tail.value), self.accumulator_type)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        total = func.coalesce(folded, number(0))
        return self._typed(total if base is None else func.coalesce(base, number(0)) + total)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        scaled = self._scale is not None
        term = self._scaled(tail.value) if scaled else tail.value
        total: Expression = func.coalesce(tail.rows(func.sum(term)).scalar_subquery(), number(0))
        if base is not None:
            total = func.coalesce(self._scaled(base) if scaled else base, number(0)) + total
        return self._typed(self._descaled(total) if scaled else total)

    @property
    def _scale(self) -> int | None:
        """The decimal places, where SQLite must add scaled integers to stay exact."""
        return self.declared.effective_scale if isinstance(self.declared, ExactDecimal) else None

    def _scaled(self, value: Expression) -> Expression:
        factor = number(10 ** (self._scale or 0))
        return cast(func.round(_double(value) * factor), BigInteger)

    def _descaled(self, value: Expression) -> Expression:
        return cast(value, Float) / number(float(10 ** (self._scale or 0)))

    def _typed(self, value: Expression) -> Expression:
        return type_coerce(value, self.accumulator_type)


class _Count(_Sum):
    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        return None

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        return BigInteger()

    @property
    def _scale(self) -> int | None:
        return None

    def lift(self, touch: Expression) -> Expression:
        return number(1)

    def aggregate(self, tail: Tail) -> Expression:
        return func.count(tail.value)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        counted: Expression = tail.rows(func.count(tail.value)).scalar_subquery()
        return counted if base is None else func.coalesce(base, number(0)) + counted


class _Extreme(SQLReducer):
    _aggregate: Any
    _greatest: str
    _sqlite: str

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        unordered = isinstance(declared, JSON | LargeBinary | Boolean | Enum | Uuid | ExactInterval)
        return "needs values with one order on every database" if unordered else None

    def _ordered(self, value: Expression) -> Expression:
        # "C" orders text by code point, as Python and SQLite do; a database's own collation would not.
        return collate(value, "C") if isinstance(self.declared, String) else value

    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        if dialect == SQLITE:
            picked = getattr(func, self._sqlite)(left, right, type_=self.declared)
            return func.coalesce(picked, left, right)
        if dialect == MARIADB:
            # Its columns collate by code point; NULL beside anything gives NULL.
            return getattr(func, self._greatest)(func.coalesce(left, right), func.coalesce(right, left))  # type: ignore[no-any-return]
        merged: Expression = getattr(func, self._greatest)(self._ordered(left), right)
        return merged

    def aggregate(self, tail: Tail) -> Expression:
        extreme: Expression = getattr(func, self._sqlite)(self._ordered(tail.value))
        return extreme

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return folded if base is None else getattr(func, self._greatest)(self._ordered(base), folded)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        extreme = getattr(func, self._sqlite)
        if base is None:
            greatest: Expression = tail.rows(extreme(tail.value)).scalar_subquery()
            return greatest
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


class _Merge(SQLReducer):
    """Folded in Python: the database hands over the base and the tail's touches with their seq."""

    in_python = True

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        document = isinstance(declared, JSON) or (
            isinstance(declared, TypeDecorator) and isinstance(declared.impl_instance, JSON)
        )
        return None if document else "merges JSON documents"

    def touch_check(self, check: Validator) -> Validator:
        def check_object(touch: Any) -> Any:
            if not isinstance(touch, dict):
                raise ValueError(f"a JSON object (a dict) was expected, {touch!r} found")
            return check(touch)

        return check_object

    @property
    def state_type(self) -> TypeEngine[Any]:
        return FoldedInPython(self.reducer)

    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        raise DeclarationError(
            f"{type(self.reducer).__name__}() folds in Python and cannot be merged by the writing statement: "
            "declare __snapshot__ = Every(n) or Never() instead of Inline()"
        )

    def aggregate(self, tail: Tail) -> Expression:
        pair = func.json_build_array(tail.events.c.seq, tail.value)
        return func.json_agg(pair).filter(tail.touched)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return self._typed(func.json_build_array(null() if base is None else base, folded))

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        pair = func.json_array(tail.events.c.seq, func.json(_text(tail.value)))
        touches = tail.rows(func.json_group_array(pair)).where(tail.touched).scalar_subquery()
        document = null() if base is None else func.json(_text(base))
        return self._typed(func.json_array(document, func.json(touches)))

    def _typed(self, value: Expression) -> Expression:
        return type_coerce(value, self.state_type)


def _text(value: Expression) -> Expression:
    """A JSON column as the text that SQLite stores, without its Python-side conversions."""
    return type_coerce(value, String)


def _double(value: Expression) -> Expression:
    return type_coerce(value, Float)


_FORMS: dict[type[Reducer], type[SQLReducer]] = {
    Last: _Last,
    First: _First,
    Sum: _Sum,
    Count: _Count,
    Max: _Max,
    Min: _Min,
    Merge: _Merge,
}


def sql_form(reducer: Reducer, declared: TypeEngine[Any]) -> SQLReducer:
    """The SQL form of a reducer over a column of this (stored) type.

    Raises DeclarationError where there is none, or where the two do not fit.
    """
    for kind in type(reducer).__mro__:
        if kind in _FORMS:
            return _FORMS[kind](reducer, declared)
    raise DeclarationError(
        f"{type(reducer).__name__}() has no form in SQL; use one of "
        f"{', '.join(sorted(kind.__name__ for kind in _FORMS))}"
    )
