"""What a store's answer becomes: events, and instances of a model that no session knows."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, make_dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from sqla_osiris.fold import Folded
from sqla_osiris.records import Event
from sqla_osiris.schema.log import log_of

__all__ = ["event_from", "events_from", "instance_of", "state_from"]

ModelT = TypeVar("ModelT")

_Unfrozen: Any = make_dataclass("_Unfrozen", [(each.name, each.type) for each in fields(Event)], slots=True)
"""An event of the same layout, before it becomes one: a frozen dataclass sets its fields four times as slowly."""


def event_from(*values: Any) -> Event:
    """Return the event with these values, of all the fields of :class:`Event` in their order."""
    event: Any = _Unfrozen(*values)
    event.__class__ = Event
    return cast(Event, event)


def events_from(*columns: Iterable[Any]) -> list[Event]:
    """Return the events of columns, of all the fields of :class:`Event` in their order; as many as the shortest has."""
    events = list(map(_Unfrozen, *columns))
    for event in events:
        event.__class__ = Event
    return events


def state_from(model: type[ModelT], key: tuple[Any, ...], folded: Folded) -> ModelT:
    """Return a stream's fold as an instance of the model."""
    log = log_of(model)
    values = {name: field.present(folded.accumulators[name]) for name, field in log.by_key.items()}
    context = zip(log.context_keys, key, strict=True)
    return instance_of(model, values | {"seq": folded.seq} | dict(context))


def instance_of(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """Return a transient instance with these values by attribute name."""
    mapper = inspect(model)
    _ = mapper.attrs  # the first access configures the mappers, before an instance needs it
    instance: ModelT = mapper.class_manager.new_instance()
    mutables = log_of(model).mutables
    for name, value in values.items():
        kind = mutables.get(name)
        # As SQLAlchemy loads a mutable value: a copy or a pickle of the instance asks it for its parents.
        held = value if kind is None else kind.coerce(name, value)
        set_committed_value(instance, name, held)
        if kind is not None and held is not None:
            held._parents[inspect(instance)] = name  # noqa: SLF001  (as `Mutable` documents it for a subclass's events)
    return instance
