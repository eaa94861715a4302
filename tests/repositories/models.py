"""The models of these tests: of each snapshot policy, folded by SQL and in Python, all with an archive, and one without."""

from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, Integer, Numeric, String, cast, func
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Count,
    Distinct,
    EventSourced,
    Every,
    First,
    Inline,
    Latest,
    Max,
    Mean,
    Merge,
    Never,
    Reducer,
    SQLForm,
    Union,
    register_sql,
)


class Longest(Reducer):
    """The length of the longest text so far, which is kept: folded in Python everywhere."""

    idempotent = True

    def identity(self) -> str:
        return ""

    def lift(self, touch: str) -> str:
        return touch

    def merge(self, left: str, right: str) -> str:
        return right if len(right) > len(left) else left

    def present(self, accumulator: str) -> int:
        return len(accumulator)


class Doubled(Reducer):
    """Twice the sum of the touches: folded by PostgreSQL, in Python elsewhere."""

    commutative = True

    def identity(self) -> int:
        return 0

    def lift(self, touch: int) -> int:
        return touch

    def merge(self, left: int, right: int) -> int:
        return left + right

    def present(self, accumulator: int) -> int:
        return 2 * accumulator


@register_sql(Doubled, dialect="postgresql")
class DoubledInSQL(SQLForm):
    @property
    def accumulator_type(self) -> BigInteger:
        return BigInteger()

    def merge(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        return left + right

    def fold(self, touches: ColumnElement[Any], seq: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(func.sum(touches), BigInteger)

    def present(self, accumulator: ColumnElement[Any]) -> ColumnElement[Any]:
        return 2 * accumulator


class Base(DeclarativeBase):
    pass


class Fields:
    id = Context(String(40))
    company = Latest(String(40))
    overtime = Aggregate(Integer)
    bonus = Aggregate(Numeric(12, 2))
    best = Aggregate(Integer, reducer=Max())
    hired = Aggregate(Integer, reducer=First())
    visits = Aggregate(Integer, reducer=Count())
    mood = Aggregate(Integer, reducer=Mean())


class PythonFields(Fields):
    """Folded in Python: by all databases, or by one of them."""

    profile = Aggregate(JSON, reducer=Merge())
    notes = Aggregate(JSON, reducer=Append())
    skills = Aggregate(JSON, reducer=Union())
    prices = Aggregate(Numeric(9, 2), reducer=Distinct())
    name = Aggregate(String(40), reducer=Longest(), state_type=Integer)
    doubled = Aggregate(Integer, reducer=Doubled(), state_type=BigInteger)


class InlineEmployee(EventSourced, Fields, Base):
    __snapshot__ = Inline()
    __archive__ = True


class EveryEmployee(EventSourced, Fields, Base):
    __snapshot__ = Every(3)
    __archive__ = True
    profile = Aggregate(JSON, reducer=Merge())


class InlineInPython(EventSourced, PythonFields, Base):
    """Its states are kept in columns beside the accumulators."""

    __snapshot__ = Inline()
    __archive__ = True


class EveryInPython(EventSourced, PythonFields, Base):
    __snapshot__ = Every(3)
    __archive__ = True


class NeverEmployee(EventSourced, Fields, Base):
    __snapshot__ = Never()
    __archive__ = True


class Plain(EventSourced, Base):
    """No archive, and a context of two columns."""

    company = Context(String(20))
    number = Context(Integer)
    salary = Aggregate(Integer)


MODELS = [InlineEmployee, EveryEmployee, NeverEmployee, InlineInPython, EveryInPython]


def values(state):
    """A state as a dict; None as None."""
    if state is None:
        return None
    log = type(state).__osiris__
    return {key: getattr(state, key) for key in ["seq", *log.context_keys, *log.reducers]}


def contents(events):
    """Events without their positions, which are each store's own."""
    return [
        (e.context, e.seq, e.recorded_at, dict(e.fields), e.event_id, e.event_type, e.event_meta, e.ends)
        for e in events
    ]
