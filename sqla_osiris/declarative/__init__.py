"""What a model's author touches, and how SQLAlchemy reads and writes it."""

from sqla_osiris.declarative.conflicts import ConcurrentAppend
from sqla_osiris.declarative.event_context import event_context
from sqla_osiris.declarative.fields import Aggregate, Context, Latest
from sqla_osiris.declarative.model import EventSourced, stream_of
from sqla_osiris.declarative.policies import Every, Inline, Never
from sqla_osiris.declarative.registered import SQLForm, register_sql
from sqla_osiris.declarative.stream import Stream

__all__ = [
    "Aggregate",
    "ConcurrentAppend",
    "Context",
    "EventSourced",
    "Every",
    "Inline",
    "Latest",
    "Never",
    "SQLForm",
    "Stream",
    "event_context",
    "register_sql",
    "stream_of",
]
