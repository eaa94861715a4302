"""What a model's author touches, and how SQLAlchemy reads and writes it."""

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.declarative.fields import Aggregate, Context, Latest
from sqla_osiris.declarative.model import EventSourced
from sqla_osiris.declarative.time_travel import as_of, time_travel
from sqla_osiris.declarative.views import EventView, grouped_by
from sqla_osiris.forms.registered import SQLForm, register_sql
from sqla_osiris.schema.event_context import event_context
from sqla_osiris.schema.log import Stream, stream_of
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
    "Never",
    "SQLForm",
    "Stream",
    "Upcast",
    "as_of",
    "event_context",
    "grouped_by",
    "register_sql",
    "stream_of",
    "time_travel",
]
