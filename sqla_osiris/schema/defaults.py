"""What holds a new life of what its first event was not given? The columns' defaults, as those of an INSERT.

A default is SQLAlchemy's ``default=``, a value or a function, or a dataclass's ``default_factory=``. It fills a field that
the first event of a life leaves out, and none of a later event: whether an event is the first one, the store finds out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, replace
from typing import Any

from sqlalchemy import ColumnDefault

from sqla_osiris.databases.plan import NewKey
from sqla_osiris.records import NewEvent
from sqla_osiris.reducers import Last
from sqla_osiris.schema.checks import incomplete, is_incomplete
from sqla_osiris.schema.log import Log

__all__ = ["begun", "completed", "defaults_beside", "give_factories"]


class _Insertion:
    """What a function with a parameter is given: of SQLAlchemy's execution context, what an event has of it."""

    def __init__(self, current_parameters: dict[str, Any]) -> None:
        self.current_parameters = current_parameters

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  (SQLAlchemy's signature)
        """Return the values by column name: those that were given, and the defaults of the columns before."""
        return self.current_parameters

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"default=: an event is no statement, so its context has no {name!r}. It has get_current_parameters()."
        )


def defaults_beside(log: Log, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return by column name what the defaults give beside ``given``, in the order of declaration; None is no value."""
    missing = {name: default for name, default in log.defaults.items() if name not in given}
    if not missing:
        return {}
    parameters = dict.fromkeys(name for name in log.fields if name not in missing) | dict(given)
    context, found = _Insertion(parameters), {}
    for name, default in missing.items():
        value = default.arg(context) if default.is_callable else default.arg
        if value is not None:
            parameters[name] = found[name] = value
    return found


def begun(log: Log, key: Sequence[Any], new: NewEvent) -> NewEvent:
    """Return the event as the first one of a life. Raises InvalidValue where it lacks what has no default."""
    touches = log.touches(new.fields)
    more = _touches(log, key, touches)
    touched = touches.keys() | log.touches(more).keys()
    if is_incomplete(log, touched):
        raise incomplete(log, log.context_of(key), touched)
    return replace(new, fields={**new.fields, **more}) if more else new


def completed(log: Log, key: Sequence[Any], touches: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked touches, by column name, with the defaults of what the first event of a life lacks."""
    return {**touches, **log.touches(_touches(log, key, touches))}


def _touches(log: Log, key: Sequence[Any], touches: Mapping[str, Any]) -> dict[str, Any]:
    """Return by attribute what defaults touch beside these touches."""
    parts = zip(log.context_names, key, strict=True)
    given = {name: part for name, part in parts if type(part) is not NewKey} | dict(touches)
    found = {}
    for name, value in defaults_beside(log, given).items():
        field = log.fields[name]
        nothing = field.untouched
        if isinstance(field.reducer, Last) or value != nothing:
            found[field.key] = field.touch_between(nothing, value, log.model)
    return found


def give_factories(log: Log, declared: Mapping[str, Field[Any]]) -> None:
    """Take over the ``default_factory`` of a dataclass's fields, by attribute: of a column it is not."""
    for name, field in log.fields.items():
        factory: Callable[[], Any] | Any = getattr(declared.get(field.key), "default_factory", MISSING)
        if factory is not MISSING and field.default is None:
            log.fields[name] = replace(field, default=ColumnDefault(factory))
