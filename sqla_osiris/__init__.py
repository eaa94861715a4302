"""SQLAlchemy models that are the fold of an append-only log of events."""

from sqla_osiris.declarative import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Every,
    Inline,
    Latest,
    Never,
)
from sqla_osiris.errors import (
    ContextErased,
    DeclarationError,
    FoldUnavailable,
    InvalidValue,
    LawBroken,
    NotExpressible,
    OsirisError,
    UnknownField,
)
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.reducers import Count, First, Last, Max, Merge, Min, Reducer, Sum
from sqla_osiris.repositories import MemoryRepository, Repository, SQLRepository, repository

__all__ = [
    "Aggregate",
    "ConcurrentAppend",
    "Context",
    "ContextErased",
    "Count",
    "DeclarationError",
    "Event",
    "EventSourced",
    "Every",
    "First",
    "FoldUnavailable",
    "Inline",
    "InvalidValue",
    "Last",
    "Latest",
    "LawBroken",
    "Max",
    "MemoryRepository",
    "Merge",
    "Min",
    "Never",
    "NewEvent",
    "NotExpressible",
    "OsirisError",
    "Reducer",
    "Repository",
    "SQLRepository",
    "Sum",
    "UnknownField",
    "repository",
]
