"""How does a value look, in JSON and to a reader? By its Python type, as exported files have it.

What is encrypted is not in the documents, unless it was asked for: ``hidden`` names it.
"""

import base64
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqla_osiris.cli.contexts import listed
from sqla_osiris.cli.moments import shown
from sqla_osiris.records import Event
from sqla_osiris.repositories.timeline import ABSENT, Change, Replayed
from sqla_osiris.schema.log import Log

__all__ = ["as_json", "as_text", "changes_document", "event_document", "state_document", "timeline_document"]

Document = dict[str, Any]


def as_json(value: Any) -> Any:  # noqa: PLR0911  (a type, a line)
    """Return what JSON holds of any value: decimals, times and UUIDs are texts, bytes base64, durations microseconds."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    if isinstance(value, set | frozenset):
        return sorted(map(as_json, value), key=repr)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return shown(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return str(value) if isinstance(value, Decimal | UUID) else repr(value)


def as_text(value: Any) -> str:
    """Return a value of JSON on one line: a text as it is, unless a reader could take it for something else.

    What a terminal would obey, and what looks like another character, is written as its escape.
    """
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if text.isprintable() else json.dumps(value)
    if not value.isprintable():
        return json.dumps(value)
    try:
        json.loads(value)
    except ValueError:
        plain = value == value.strip() and not value.startswith(('"', "[", "{"))
        return value if value and plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _fields(log: Log, fields: Mapping[str, Any], *, reveal: bool) -> Document:
    """Return the fields that may be shown, and the names of those that may not."""
    hidden = [] if reveal else [key for key in fields if log.hides(key)]
    shown_fields = {key: as_json(value) for key, value in fields.items() if key not in hidden}
    return {"fields": shown_fields, "hidden": hidden}


def state_document(log: Log, state: Any, *, reveal: bool) -> Document:
    """Return a state: its context, its seq and its fields, the derived ones too."""
    context = log.context_of([getattr(state, key) for key in log.context_keys])
    fields = {field.key: getattr(state, field.key, None) for field in log.folded_fields.values()}
    return {"context": listed(log, context), "seq": state.seq, **_fields(log, fields, reveal=reveal)}


def event_document(log: Log, event: Event, *, reveal: bool) -> Document:
    """Return an event with its touches."""
    return {
        "context": listed(log, event.context),
        "seq": event.seq,
        "position": event.position,
        "recorded_at": shown(event.recorded_at),
        "event_id": None if event.event_id is None else str(event.event_id),
        "event_type": event.event_type,
        "event_meta": as_json(event.event_meta),
        "ends": event.ends,
        **_fields(log, event.fields, reveal=reveal),
    }


def timeline_document(log: Log, before: Any, replayed: Replayed[Any], *, reveal: bool) -> Document:
    """Return an event, and what it made of each touched field's state; ``before`` is None where no stream lived."""
    event, after = replayed.event, replayed.state
    changes = {
        key: Change(*(ABSENT if state is None else getattr(state, key, None) for state in (before, after)))
        for key in event.fields
    }
    document = event_document(log, event, reveal=reveal)
    return document | {"changes": _changes(changes, document["hidden"])}


def changes_document(log: Log, changes: Mapping[str, Change], *, reveal: bool) -> Document:
    """Return what differs between two states."""
    hidden = [] if reveal else [key for key in changes if log.hides(key)]
    return {"changes": _changes(changes, hidden), "hidden": hidden}


def _changes(changes: Mapping[str, Change], hidden: Iterable[str]) -> Document:
    """Return each change; where no stream lived, there is no ``before``, or no ``after``."""
    return {
        key: {name: as_json(value) for name, value in change._asdict().items() if value is not ABSENT}
        for key, change in changes.items()
        if key not in hidden
    }
