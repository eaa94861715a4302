"""An event before (`NewEvent`) and after (`Event`) it is stored: frozen values, the same for every store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

__all__ = ["CopiedEvent", "Event", "NewEvent"]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append.

    ``context`` is the key of the stream (a tuple for a composite one; None for a new one whose key the database gives),
    ``fields`` maps each touched field to its touch. ``recorded_at`` (aware) is kept when given, as a copy from another log
    needs it; otherwise the database's clock says it. ``ends`` makes it the event that ends the stream; such a one touches
    no field.
    """

    context: Any
    fields: Mapping[str, Any]
    event_id: UUID | None = field(default=None, kw_only=True)
    event_type: str | None = field(default=None, kw_only=True)
    event_meta: Mapping[str, Any] | None = field(default=None, kw_only=True)
    recorded_at: datetime | None = field(default=None, kw_only=True)
    ends: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class CopiedEvent(NewEvent):
    """An event of another log, to be appended at the ``seq`` that it has there.

    Where its stream stands elsewhere, the store raises ConcurrentAppend and writes nothing of the call's transaction.
    """

    seq: int = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as its store holds it.

    ``seq`` counts from 1 inside its context without a gap. ``position`` is an opaque, ordered token of the
    whole model's log. ``fields`` holds the touched fields alone: a field touched with None is in it, an
    untouched one is not. ``ends`` marks the event that ended the stream.
    """

    context: Any
    seq: int
    position: Any
    recorded_at: datetime
    fields: Mapping[str, Any]
    event_id: UUID | None = None
    event_type: str | None = None
    event_meta: Mapping[str, Any] | None = None
    ends: bool = False

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.fields.items())
