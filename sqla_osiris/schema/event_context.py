"""``with event_context(actor="jane"):`` whose doing, and caused by what: metadata of every event written inside.

A context variable holds it, so each thread and each asyncio task has its own, and a task inherits its creator's.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from sqlalchemy import JSON

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import NewEvent
from sqla_osiris.schema.checks import each_of, refuse_no_event
from sqla_osiris.types.values import validator

__all__ = ["all_in_context", "current_meta", "event_context", "in_context", "merged_meta", "outside_context"]

_current: ContextVar[Mapping[str, Any] | None] = ContextVar("sqla_osiris_event_context", default=None)
_check = validator(JSON())


@contextmanager
def event_context(**meta: Any) -> Iterator[None]:
    """Have every event that is flushed or appended inside carry these in its ``event_meta``.

    Contexts within each other merge, the inner value wins, and an inner None takes a key away. What an event's own
    ``event_meta`` says wins over all of them. Events that :func:`~sqla_osiris.copy` writes keep their own alone.
    Raises InvalidValue for what JSON cannot say, before anything inside runs.
    """
    try:
        given = _check(meta)
    except ValueError as error:
        raise InvalidValue(f"event_context({', '.join(meta)}): {error}.") from error
    merged = {**(_current.get() or {}), **given}
    token = _current.set({key: value for key, value in merged.items() if value is not None} or None)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def outside_context() -> Iterator[None]:
    """For events that are somebody else's, as those of a copy: whatever surrounds it is not theirs."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def current_meta() -> Mapping[str, Any] | None:
    """Return what surrounds the caller, None where nothing does."""
    return _current.get()


def merged_meta(own: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """An event's metadata: what surrounds it, and over that its own."""
    return _merged(_current.get(), own)  # type: ignore[no-any-return]  # own as it was given, or merged


def in_context(event: NewEvent) -> NewEvent:
    """The event with what surrounds the caller."""
    current = _current.get()
    return event if current is None else _with(current, event)


def all_in_context(events: Iterable[NewEvent]) -> Iterator[NewEvent]:
    """The events with what surrounds this call, wherever they are read."""
    current = _current.get()
    given = each_of(events, "append_many", "NewEvent")
    return given if current is None else (_with(current, event) for event in given)


def _with(current: Mapping[str, Any], event: NewEvent) -> NewEvent:
    try:
        return replace(event, event_meta=_merged(current, event.event_meta))
    except (AttributeError, TypeError) as error:
        refuse_no_event(event, error)
        raise


def _merged(current: Mapping[str, Any] | None, own: Any) -> Any:
    if current is None or own is None:
        return current if own is None else own
    # Anything else is refused, or kept, as it would be without a context.
    return {**current, **own} if isinstance(own, Mapping) else own
