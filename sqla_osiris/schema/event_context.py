"""``with event_context(actor="jane", event_type="shipped"):`` who acts, and what happens, in every event written inside.

A context variable holds it, so each thread and each asyncio task has its own, and a task inherits its creator's.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import NewEvent
from sqla_osiris.schema.checks import each_of, refuse_no_event
from sqla_osiris.schema.metadata import METADATA_CHECKS

__all__ = [
    "NOTHING",
    "Surroundings",
    "all_in_context",
    "current_context",
    "event_context",
    "in_context",
    "merged_meta",
    "outside_context",
]

_SURROUNDING: Final[Any] = object()
"""The default of an ``event_type``: that of the block around it."""


class Surroundings(NamedTuple):
    """What the blocks around a write say of its events."""

    event_type: str | None
    meta: Mapping[str, Any] | None

    def around(self, event_type: Any, event_meta: Any) -> "Surroundings":
        """Return an event's type and metadata: its own wins."""
        return Surroundings(
            self.event_type if event_type is None else event_type, _merged(self.meta, event_meta)
        )

    @property
    def columns(self) -> dict[str, Any]:
        """What is said, by column name."""
        given = {"event_type": self.event_type, "event_meta": self.meta}
        return {name: value for name, value in given.items() if value is not None}


NOTHING: Final = Surroundings(None, None)
"""Where nothing is said."""

_current: ContextVar[Surroundings | None] = ContextVar("sqla_osiris_event_context", default=None)


@contextmanager
def event_context(
    *, event_type: str | None = _SURROUNDING, meta: Mapping[str, Any] | None = None, **more: Any
) -> Iterator[None]:
    """Have every event that is flushed or appended inside carry this ``event_type``, and these in its ``event_meta``.

    ``meta`` has metadata whose names are no Python names, or this function's own. Contexts within each other merge, the
    inner value wins, and an inner None takes a type or a key away. What an event's own ``event_type`` and ``event_meta`` say
    wins over all of them. Events that :func:`~sqla_osiris.copy` writes keep their own alone. Raises InvalidValue for what is
    no type, or no value of JSON, before anything inside runs.
    """
    outer = _current.get() or NOTHING
    own_type, given = _checked(event_type, meta, more)
    kept = {key: value for key, value in {**(outer.meta or {}), **given}.items() if value is not None}
    inner = Surroundings(outer.event_type if own_type is _SURROUNDING else own_type, kept or None)
    token = _current.set(None if inner == NOTHING else inner)
    try:
        yield
    finally:
        _current.reset(token)


def _checked(event_type: Any, meta: Any, more: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return both as they are stored."""
    check_type, check_meta = METADATA_CHECKS["event_type"], METADATA_CHECKS["event_meta"]
    is_given = event_type is not None and event_type is not _SURROUNDING
    try:
        checked_type = check_type(event_type) if is_given else event_type
        return checked_type, {**({} if meta is None else check_meta(meta)), **check_meta(more)}
    except ValueError as error:
        names = [*(["event_type"] if is_given else []), *([] if meta is None else ["meta"]), *more]
        raise InvalidValue(f"event_context({', '.join(names)}): {error}.") from error


@contextmanager
def outside_context() -> Iterator[None]:
    """For events that are somebody else's, as those of a copy: whatever surrounds it is not theirs."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def current_context() -> Surroundings | None:
    """Return what surrounds the caller, None where nothing does."""
    return _current.get()


def merged_meta(own: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """An event's metadata: what surrounds it, and over that its own."""
    current = _current.get()
    return own if current is None else _merged(current.meta, own)


def in_context(event: NewEvent) -> NewEvent:
    """The event with what surrounds the caller."""
    current = _current.get()
    return event if current is None else _with(current, event)


def all_in_context(events: Iterable[NewEvent]) -> Iterator[NewEvent]:
    """The events with what surrounds this call, wherever they are read."""
    current = _current.get()
    given = each_of(events, "append_many", "NewEvent")
    return given if current is None else (_with(current, event) for event in given)


def _with(current: Surroundings, event: NewEvent) -> NewEvent:
    try:
        event_type, event_meta = current.around(event.event_type, event.event_meta)
        return replace(event, event_type=event_type, event_meta=event_meta)
    except (AttributeError, TypeError) as error:
        refuse_no_event(event, error)
        raise


def _merged(current: Mapping[str, Any] | None, own: Any) -> Any:
    if current is None or own is None:
        return current if own is None else own
    # Anything else is refused, or kept, as it would be without a context.
    return {**current, **own} if isinstance(own, Mapping) else own
