"""SQLAlchemy models that are the fold of an append-only log of events."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from sqla_osiris.declarative import (
    Aggregate,
    ConcurrentAppend,
    Context,
    EventSourced,
    Every,
    Inline,
    Latest,
    Never,
    SQLForm,
    event_context,
    register_sql,
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
from sqla_osiris.reducers import (
    All,
    Any,
    Append,
    Count,
    Distinct,
    First,
    Last,
    Max,
    Mean,
    Merge,
    Min,
    Reducer,
    Sum,
    Union,
)
from sqla_osiris.repositories import (
    AsyncDynamoRepository,
    AsyncSQLRepository,
    Difference,
    DynamoRepository,
    MemoryRepository,
    Repository,
    SQLRepository,
    Verification,
    copy,
    export_events,
    import_events,
    repository,
)

if _TYPE_CHECKING:
    from sqla_osiris.repositories.mongo import AsyncMongoRepository as AsyncMongoRepository
    from sqla_osiris.repositories.mongo import MongoRepository as MongoRepository

__all__ = [
    "Aggregate",
    "All",
    "Any",
    "Append",
    "AsyncDynamoRepository",
    "AsyncSQLRepository",
    "ConcurrentAppend",
    "Context",
    "ContextErased",
    "Count",
    "DeclarationError",
    "Difference",
    "Distinct",
    "DynamoRepository",
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
    "Mean",
    "MemoryRepository",
    "Merge",
    "Min",
    "Never",
    "NewEvent",
    "NotExpressible",
    "OsirisError",
    "Reducer",
    "Repository",
    "SQLForm",
    "SQLRepository",
    "Sum",
    "Union",
    "UnknownField",
    "Verification",
    "copy",
    "event_context",
    "export_events",
    "import_events",
    "register_sql",
    "repository",
]


def __getattr__(name: str) -> _Any:
    """The repositories whose driver is an extra are imported when they are asked for."""
    if name not in {"AsyncMongoRepository", "MongoRepository"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sqla_osiris.repositories import mongo  # noqa: PLC0415

    return getattr(mongo, name)
