"""Makes events of what a store holds: a frozen dataclass would set its fields four times as slowly."""

from collections.abc import Iterable
from dataclasses import fields, make_dataclass
from typing import Any, cast

from sqla_osiris.records import Event

__all__ = ["made_event", "made_events"]

_Unfrozen: Any = make_dataclass("_Unfrozen", [(each.name, each.type) for each in fields(Event)], slots=True)
"""An event of the same layout, before it becomes one."""


def made_event(*values: Any) -> Event:
    """The event with these values, of all the fields of :class:`Event` in their order."""
    event: Any = _Unfrozen(*values)
    event.__class__ = Event
    return cast(Event, event)


def made_events(*columns: Iterable[Any]) -> list[Event]:
    """The events with these values, of all the fields of :class:`Event` in their order; as many as the shortest has."""
    events = list(map(_Unfrozen, *columns))
    for event in events:
        event.__class__ = Event
    return events
