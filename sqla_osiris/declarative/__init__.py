"""What a model's author touches, and how SQLAlchemy reads and writes it."""

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.declarative.fields import Aggregate, Context, Latest
from sqla_osiris.declarative.model import EventSourced
from sqla_osiris.declarative.time_travel import as_of, time_travel
from sqla_osiris.declarative.views import EventView, grouped_by
from sqla_osiris.forms.registered import SQLForm, register_sql
from sqla_osiris.schema.event_context import event_context
from sqla_osiris.schema.log import Log, log_of
from sqla_osiris.schema.policies import Every, Inline, Never
from sqla_osiris.schema.upcasts import Upcast
from sqla_osiris.types.encrypted import Encrypted

__all__ = [
    "Aggregate",
    "ConcurrentAppend",
    "Context",
    "Encrypted",
    "EventSourced",
    "EventView",
    "Every",
    "Inline",
    "Latest",
    "Log",
    "Never",
    "SQLForm",
    "Upcast",
    "as_of",
    "event_context",
    "grouped_by",
    "log_of",
    "register_sql",
    "time_travel",
]
