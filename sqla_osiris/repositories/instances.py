"""Instances of a model that no session knows: a state of the memory's, or of the past."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

__all__ = ["instance_of"]

ModelT = TypeVar("ModelT")


def instance_of(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """A transient instance with these values by attribute name."""
    mapper = inspect(model)
    _ = mapper.attrs  # the first access configures the mappers, before an instance needs it
    instance: ModelT = mapper.class_manager.new_instance()
    for name, value in values.items():
        set_committed_value(instance, name, value)
    return instance
