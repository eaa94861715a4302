"""What a store's answer becomes: events, and instances of a model that no session knows."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, make_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from sqla_osiris.fold import Folded
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.reducers import Sum
from sqla_osiris.schema.checks import is_outgrown, outgrown
from sqla_osiris.schema.log import Log, log_of

__all__ = ["event_from", "events_from", "refuse_outgrown", "state_from", "stored_event", "touching"]

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


def touching(log: Log, events: Iterable[Event]) -> Iterable[Event]:
    """Return the events as a fold in Python takes them: each touches what derives from it."""
    if not log.derived:
        return events
    keys = [field.key for field in log.derived.values()]
    return (
        event
        if event.ends
        else replace(event, fields={**event.fields, **dict.fromkeys(keys, event.recorded_at)})
        for event in events
    )


def stored_event(log: Log, key: tuple[Any, ...], new: NewEvent, seq: int, recorded_at: datetime) -> Event:
    """Return an event as its writer gets it back. The feed gives its position later."""
    return Event(
        context=log.context_of(key),
        seq=seq,
        position=None,
        recorded_at=recorded_at,
        fields=log.as_given_back(log.touches(new.fields)),
        event_id=new.event_id,
        event_type=new.event_type,
        event_meta=new.event_meta,
    )


def refuse_outgrown(log: Log, key: tuple[Any, ...], folded: Folded) -> None:
    """Raise InvalidValue for a sum that no column holds: what adds up without a limit refuses it, as others do."""
    for field in log.fields.values():
        if type(field.reducer) is Sum and is_outgrown(folded.accumulators[field.key]):
            raise outgrown(log, field, log.context_of(key))


def state_from(model: type[ModelT], key: tuple[Any, ...], folded: Folded) -> ModelT:
    """Return a stream's fold as an instance of the model. Raises InvalidValue for a sum that no column holds."""
    log = log_of(model)
    refuse_outgrown(log, key, folded)
    fields = log.folded_fields.values()
    values = {field.key: field.present(folded.accumulators[field.key]) for field in fields}
    context = zip(log.context_keys, key, strict=True)
    return instance_of(model, values | {"seq": folded.seq} | dict(context))


def instance_of(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """Return a transient instance with these values by attribute name."""
    mapper = inspect(model)
    _ = mapper.attrs  # the first access configures the mappers, before an instance needs it
    if mapper.polymorphic_on is not None:
        mapper = mapper.polymorphic_map.get(
            values[mapper.get_property_by_column(mapper.polymorphic_on).key], mapper
        )
        values = {name: value for name, value in values.items() if mapper.has_property(name)}
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
