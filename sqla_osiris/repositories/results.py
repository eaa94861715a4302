"""Instances of a model that no session knows: a state of the memory's, or of the past."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from sqla_osiris.schema.log import stream_of

__all__ = ["instance_of"]

ModelT = TypeVar("ModelT")


def instance_of(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """A transient instance with these values by attribute name."""
    mapper = inspect(model)
    _ = mapper.attrs  # the first access configures the mappers, before an instance needs it
    instance: ModelT = mapper.class_manager.new_instance()
    mutables = stream_of(model).mutables
    for name, value in values.items():
        kind = mutables.get(name)
        # As SQLAlchemy loads a mutable value: a copy or a pickle of the instance asks it for its parents.
        held = value if kind is None else kind.coerce(name, value)
        set_committed_value(instance, name, held)
        if kind is not None and held is not None:
            held._parents[inspect(instance)] = name  # noqa: SLF001  (as `Mutable` documents it for a subclass's events)
    return instance
