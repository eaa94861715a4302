"""The models of these tests: one of each snapshot policy, all with an archive, and one with neither."""

from sqlalchemy import JSON, Integer, Numeric, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    Count,
    EventSourced,
    Every,
    First,
    Inline,
    Latest,
    Max,
    Merge,
    Never,
)


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


class InlineEmployee(EventSourced, Fields, Base):
    __snapshot__ = Inline()
    __archive__ = True


class EveryEmployee(EventSourced, Fields, Base):
    __snapshot__ = Every(3)
    __archive__ = True
    profile = Aggregate(JSON, reducer=Merge())


class NeverEmployee(EventSourced, Fields, Base):
    __snapshot__ = Never()
    __archive__ = True


class Plain(EventSourced, Base):
    """No archive, and a context of two columns."""

    company = Context(String(20))
    number = Context(Integer)
    salary = Aggregate(Integer)


MODELS = [InlineEmployee, EveryEmployee, NeverEmployee]


def values(state):
    """A state as a dict; None as None."""
    if state is None:
        return None
    stream = type(state).__osiris__
    return {key: getattr(state, key) for key in ["seq", *stream.context_keys, *stream.reducers]}


def contents(events):
    """Events without their positions, which are each store's own."""
    return [
        (e.context, e.seq, e.recorded_at, dict(e.fields), e.event_id, e.event_type, e.event_meta, e.ends)
        for e in events
    ]
