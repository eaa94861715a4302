"""SQLAlchemy models that are the fold of an append-only log of events."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.declarative.fields import Aggregate, Context, CreatedAt, Latest, UpdatedAt
from sqla_osiris.declarative.model import EventSourced
from sqla_osiris.declarative.time_travel import as_of, time_travel
from sqla_osiris.declarative.views import EventView, grouped_by
from sqla_osiris.errors import (
    ContextErased,
    DeclarationError,
    FoldUnavailable,
    InvalidValue,
    LawBroken,
    LogsDiffer,
    NotExpressible,
    OsirisError,
    UnknownField,
)
from sqla_osiris.forms.registered import SQLForm, register_sql
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
from sqla_osiris.repositories.copying import copy
from sqla_osiris.repositories.dynamo import AsyncDynamoRepository, DynamoRepository
from sqla_osiris.repositories.exporting import export_events, import_events
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.rotating import rotate_master_key
from sqla_osiris.repositories.sql.async_repository import AsyncSQLRepository
from sqla_osiris.repositories.sql.checkpoints import subscription_table
from sqla_osiris.repositories.sql.repository import SQLRepository
from sqla_osiris.repositories.targets import repository
from sqla_osiris.repositories.timeline import ABSENT, Change, Changes, Replayed, adiff, areplay, diff, replay
from sqla_osiris.repositories.verification import Difference, Verification
from sqla_osiris.schema.event_context import event_context
from sqla_osiris.schema.policies import Every, Inline, Never
from sqla_osiris.schema.upcasts import Upcast
from sqla_osiris.subscriptions.async_subscription import AsyncSubscription
from sqla_osiris.subscriptions.checkpoints import Parked
from sqla_osiris.subscriptions.subscription import Lag, Subscription
from sqla_osiris.types.encrypted import Encrypted
from sqla_osiris.writing.describing import describe_event

if _TYPE_CHECKING:
    from sqla_osiris.repositories.mongo import AsyncMongoRepository as AsyncMongoRepository
    from sqla_osiris.repositories.mongo import MongoRepository as MongoRepository

__all__ = [
    "ABSENT",
    "Aggregate",
    "All",
    "Any",
    "Append",
    "AsyncDynamoRepository",
    "AsyncSQLRepository",
    "AsyncSubscription",
    "Change",
    "Changes",
    "ConcurrentAppend",
    "Context",
    "ContextErased",
    "Count",
    "CreatedAt",
    "DeclarationError",
    "Difference",
    "Distinct",
    "DynamoRepository",
    "Encrypted",
    "Event",
    "EventSourced",
    "EventView",
    "Every",
    "First",
    "FoldUnavailable",
    "Inline",
    "InvalidValue",
    "Lag",
    "Last",
    "Latest",
    "LawBroken",
    "LogsDiffer",
    "Max",
    "Mean",
    "MemoryRepository",
    "Merge",
    "Min",
    "Never",
    "NewEvent",
    "NotExpressible",
    "OsirisError",
    "Parked",
    "Reducer",
    "Replayed",
    "Repository",
    "SQLForm",
    "SQLRepository",
    "Subscription",
    "Sum",
    "Union",
    "UnknownField",
    "Upcast",
    "UpdatedAt",
    "Verification",
    "adiff",
    "areplay",
    "as_of",
    "copy",
    "describe_event",
    "diff",
    "event_context",
    "export_events",
    "grouped_by",
    "import_events",
    "register_sql",
    "replay",
    "repository",
    "rotate_master_key",
    "subscription_table",
    "time_travel",
]


def __getattr__(name: str) -> _Any:
    """The repositories whose driver is an extra are imported when they are asked for."""
    if name not in {"AsyncMongoRepository", "MongoRepository"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sqla_osiris.repositories import mongo  # noqa: PLC0415

    return getattr(mongo, name)
