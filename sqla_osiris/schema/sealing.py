"""How does what was read become what was written? Encrypted touches are opened with their context's key."""

from dataclasses import replace
from typing import Any

from sqla_osiris.fold import Folded
from sqla_osiris.records import Event
from sqla_osiris.schema.log import Log
from sqla_osiris.types.encrypted import ContextKey, Encrypted, MasterKey, Rewrapping, Sealed

__all__ = ["is_sealed", "opened_event", "opened_fold", "rewrapping", "type_of_keys"]


def type_of_keys(log: Log) -> Encrypted[Any]:
    """Return a type that wraps the keys: all encrypted fields of a model have one master key."""
    return next(iter(log.encrypted.values()))


def rewrapping(log: Log, old: MasterKey | None, new: MasterKey) -> Rewrapping:
    """Return the exchange of a model's master key. Raises OsirisError where the model does not have the new one first."""
    return Rewrapping(type_of_keys(log), old, new)


def is_sealed(value: Any) -> bool:
    """Whether a touch or an accumulator was read as it is stored."""
    return type(value) is Sealed


def opened_event(log: Log, event: Event, key: ContextKey | None) -> Event:
    """Return the event with its touches decrypted. Without the key they are not there, as if they had been redacted."""
    fields = {}
    for name, touch in event.fields.items():
        if not is_sealed(touch):
            fields[name] = touch
        elif key is not None:
            fields[name] = log.encrypted[log.by_key[name].name].opened(touch, key, event.seq)
    return replace(event, fields=fields)


def opened_fold(log: Log, folded: Folded, key: ContextKey | None) -> Folded:
    """Return the fold with its accumulators decrypted: of what picks a touch. Without the key there was no touch."""
    opened = {}
    for name, type_ in log.encrypted.items():
        field = log.fields[name]
        sealed = folded.accumulators[field.key]
        if is_sealed(sealed):
            opened[field.key] = field.reducer.identity() if key is None else type_.opened(sealed, key)
    return replace(folded, accumulators={**folded.accumulators, **opened})
