"""What an object in a session says as events: which attributes changed, and which touches say so.

A thousand changed objects run through here in one flush, so a value that was loaded, and then assigned, is compared
directly; SQLAlchemy's history is asked about the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import Connection, Select, inspect, select
from sqlalchemy.orm import InstanceState, LoaderCallableStatus, Mapper, PassiveFlag, Session
from sqlalchemy.orm.attributes import get_history, set_committed_value

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import Expect, Key, NewKey, Write
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers import Last
from sqla_osiris.schema.checks import incomplete, is_incomplete
from sqla_osiris.schema.defaults import defaults_beside
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.writing.atomic_expressions import EXPRESSION, atomic_event, touch_of_expression
from sqla_osiris.writing.changes_in_place import (
    can_change_in_place,
    holds_changeable,
    is_remembered,
    is_same,
    was_changed_in_place,
)

__all__ = ["begun", "changed", "ended", "is_the_old", "know_before", "refuse_assignment"]

_State = InstanceState[Any]


def _key(log: Log, state: _State) -> Key:
    if state.key is not None:
        return state.key[1]
    values = state.dict
    return log.key_of(tuple(values.get(key) for key in log.context_keys))


def begun(log: Log, state: _State) -> list[Write]:
    """The event that begins the stream of a new object, after the one that ends the object that it replaces.

    Raises NotExpressible and InvalidValue.
    """
    if "seq" in state.committed_state and state.dict["seq"] is not None:
        raise NotExpressible(
            f"{log.model}.seq was given to a new object: it counts the stream's events. Leave it out."
        )
    for field in log.derived.values():
        if field.key in state.committed_state and state.dict[field.key] is not None:
            raise NotExpressible(
                f"{log.model}.{field.key} was given to a new object: {_FROM_EVENTS}. Leave it out."
            )
    _give_defaults(log, state)
    values = state.dict
    key = log.new_key(tuple(values.get(key) for key in log.context_keys))
    touches = {}
    for name, field in _fields_of(log, state.mapper):
        nothing = field.untouched
        if field.key not in values:
            if isinstance(nothing, list | dict | set):
                # Assigned, it becomes one that says when it is changed in place.
                setattr(state.obj(), field.key, nothing)
            else:
                set_committed_value(state.obj(), field.key, nothing)
        elif isinstance(field.reducer, Last) or not _is_untouched(values[field.key], nothing):
            value = values[field.key]
            if isinstance(value, EXPRESSION):
                raise NotExpressible(
                    f"{log.model}.{field.key} was given an SQL expression in a new object, which has no state to compute "
                    "with. Give it a value."
                )
            touches[name] = field.touch_between(nothing, value, log.model)
    if is_incomplete(log, touches):
        raise incomplete(log, log.context_of(key), touches)
    new = type(key[0]) is NewKey
    write = Write(key, touches, expect=Expect.NEW if new else Expect.NOT_LIVE)
    replaced = _replaced(state, key)
    return [write] if replaced is None else [*ended(log, replaced), write]


@lru_cache(maxsize=256)
def _fields_of(log: Log, mapper: Mapper[Any]) -> tuple[tuple[str, Field], ...]:
    """The fields of a class: those of other subclasses of its base are in the same log."""
    return tuple(item for item in log.fields.items() if mapper.has_property(item[1].key))


def _is_untouched(value: Any, nothing: Any) -> bool:
    """Whether a value given to a new object says no more than an untouched field does."""
    return value is None or (not isinstance(value, EXPRESSION) and bool(value == nothing))


def _replaced(state: _State, key: Key) -> _State | None:
    """The persistent object that this flush deletes under the same context (SQLAlchemy's row switch)."""
    session = cast(Session, state.session)
    identity = state.mapper.identity_key_from_primary_key(key, identity_token=state.identity_token)
    existing = session.identity_map.get(identity)
    return inspect(existing) if existing is not None and existing in session.deleted else None


def _give_defaults(log: Log, state: _State) -> None:
    """Set what is not given, or None, as an INSERT does."""
    if not log.defaults:
        return
    values, target, columns = state.dict, state.obj(), log.folded.c
    keys = dict(zip(log.column_names, [*log.context_keys, *log.by_key], strict=True))
    given = {name: values[key] for name, key in keys.items() if key in values}
    for name in log.defaults.keys() & given.keys():
        if given[name] is None and not columns[name].type.should_evaluate_none:
            del given[name]
    for name, value in defaults_beside(log, given).items():
        setattr(target, keys[name], value)


class _Compared(NamedTuple):
    """An assigned field: its type says whether two values are equal, and whether one can change in place."""

    field: Field
    equal: Callable[[Any, Any], bool]
    in_place: bool


class _Assigned(NamedTuple):
    """What to look at in an object with these assigned attributes: fields in the order of their declaration."""

    fields: tuple[_Compared, ...]
    context_keys: tuple[str, ...]
    seq: bool
    derived: tuple[str, ...]
    fixed: bool
    """Whether anything is assigned that is no field."""


@lru_cache(maxsize=1024)
def _assigned(log: Log, keys: tuple[str, ...]) -> _Assigned:
    fields = [field for field in log.fields.values() if field.key in keys]
    context_keys = tuple(key for key in log.context_keys if key in keys)
    derived = tuple(field.key for field in log.derived.values() if field.key in keys)
    return _Assigned(
        tuple(
            _Compared(
                field,
                log.folded.c[field.name].type.compare_values,
                can_change_in_place(log, field),
            )
            for field in fields
        ),
        context_keys,
        "seq" in keys,
        derived,
        bool(context_keys or derived or "seq" in keys),
    )


def changed(log: Log, state: _State) -> list[Write]:
    """The event of what changed in an object; none if nothing did.

    :func:`know_before` comes first. ``expected_seq`` is None where the object has expired and nothing was read since. An
    event of atomic expressions alone expects a living stream, at any seq; their attributes are expired. Raises
    NotExpressible and InvalidValue.
    """
    before, values = state.committed_state, state.dict
    assigned = _assigned(log, tuple(before))
    if assigned.fixed:
        _refuse_fixed(log, state, assigned)
    touches: dict[str, Any] = {}
    atomic: dict[str, Any] = {}
    for field, equal, in_place in assigned.fields:
        key = field.key
        if key not in values:
            continue
        old, new = before[key], values[key]
        if isinstance(new, EXPRESSION):
            atomic[field.name] = touch_of_expression(log, field, new)
            continue
        unknown = type(old) is LoaderCallableStatus
        # A value of a Last field that changed in place: what it was does not matter, unless it is the same again.
        if (
            in_place and is_remembered(state, key) and not was_changed_in_place(state, key, new)
            if unknown
            else equal(new, old) is True and not (in_place and not is_same(new, old))
        ):
            continue
        old = None if unknown else old
        touch = field.touch_between(old, new, log.model)
        stands = touch is new and field.remade is None
        if stands or not is_the_old(field, equal, touch, old):
            touches[field.name] = touch
    if atomic or not touches:
        return atomic_event(log, state, _key(log, state), atomic, touches) if atomic else []
    return [Write(_key(log, state), touches, expect=Expect.SEQ, expected_seq=values.get("seq"))]


def is_the_old(field: Field, equal: Callable[[Any, Any], bool], touch: Any, old: Any) -> bool:
    """Whether what was assigned is stored as the value that was there: forms assign an Enum's member by its name."""
    if not isinstance(field.reducer, Last):
        return False
    if touch is not None and field.remade is not None:
        touch = field.remade(touch)
    return equal(touch, old) is True and is_same(touch, old)


def unknown_before(log: Log, state: _State) -> list[Field]:
    """The assigned fields of which only the database says what stood there before.

    They were assigned while they had expired, or changed in place and then replaced.
    """
    before, values = state.committed_state, state.dict
    unknown = []
    for field, _, in_place in _assigned(log, tuple(before)).fields:
        key = field.key
        old = before[key]
        if type(old) is LoaderCallableStatus:
            if isinstance(values.get(key), EXPRESSION):
                continue
            flagged = in_place and isinstance(field.reducer, Last) and is_remembered(state, key)
            if key in values and not flagged:
                unknown.append(field)
        elif in_place and was_changed_in_place(state, key, old):
            unknown.append(field)
    return unknown


def know_before(connection: Connection, log: Log, states: Sequence[_State]) -> dict[Any, int]:
    """Load what stood in attributes where only the database says so, all objects together.

    Returns the seqs at which these objects were read, by context.
    """
    in_place = holds_changeable(log)
    unknown = {
        state: fields
        for state in states
        # A thousand objects come through here: most were loaded, and hold nothing that changes in place.
        if (in_place or LoaderCallableStatus in map(type, state.committed_state.values()))
        and (fields := unknown_before(log, state))
    }
    if not unknown:
        return {}
    names = ("seq", *dict.fromkeys(field.name for fields in unknown.values() for field in fields))
    found = _stored(connection, log, [_key(log, state) for state in unknown], names)
    for state, fields in unknown.items():
        stored = found.get(_key(log, state), {})
        for field in fields:
            state.committed_state[field.key] = stored.get(field.name, field.untouched)
    return {key: stored["seq"] for key, stored in found.items()}


def _stored(
    connection: Connection, log: Log, keys: Sequence[Key], names: tuple[str, ...]
) -> dict[Key, Mapping[str, Any]]:
    database, width = database_of(connection.dialect), len(log.context_names)
    rows = database.rows_of(connection, _states_query(log, names, database), keys)
    return {tuple(row[:width]): dict(zip(names, row[width:], strict=True)) for row in rows}


@lru_cache(maxsize=256)
def _states_query(log: Log, names: tuple[str, ...], database: Database) -> Select[Any]:
    states, contexts = log.folded.c, log.context_columns(log.folded)
    return select(*contexts, *(states[name] for name in names)).where(database.in_contexts(contexts))


def _refuse_fixed(log: Log, state: _State, assigned: _Assigned) -> None:
    for key in assigned.context_keys:
        _refuse_new_context(log, state, key)
    if assigned.seq:
        _refuse_new_seq(log, state)
    for key in assigned.derived:
        _refuse_derived(log, state, key)


def _refuse_new_seq(log: Log, state: _State) -> None:
    history = get_history(state.obj(), "seq", PassiveFlag.PASSIVE_NO_INITIALIZE)
    if not history.has_changes():
        return
    if state.dict.get("seq") is None:
        # A form or a serializer that was given none: it is the one that was loaded.
        set_committed_value(state.obj(), "seq", next(iter(history.deleted or ()), None))
        return
    assigned = next(iter(history.added or ()), None)
    if history.deleted and isinstance(assigned, int) and assigned < history.deleted[0]:
        # session.merge() of a copy that has fallen behind carries the copy's seq.
        raise ConcurrentAppend(
            context=log.context_of(_key(log, state)),
            expected_seq=assigned,
            found_seq=history.deleted[0],
            model=log.model,
        )
    refuse_assignment(log, "seq")


def refuse_assignment(log: Log, key: str) -> None:
    """Raise NotExpressible for the assignment of an attribute that is no field."""
    if key == "seq":
        raise NotExpressible(
            f"{log.model}.seq was assigned: it counts the stream's events and cannot be set. Leave it alone."
        )
    if key in log.context_keys:
        raise NotExpressible(
            f"{log.model}.{key} was changed: the context is the key of the stream and stays. "
            "Add an object with the new context and delete this one."
        )
    if any(field.key == key for field in log.derived.values()):
        raise NotExpressible(f"{log.model}.{key} was assigned: {_FROM_EVENTS}. Leave it alone.")


_FROM_EVENTS: Final = "it is the time of an event, and read from the log"


def _refuse_derived(log: Log, state: _State, key: str) -> None:
    history = get_history(state.obj(), key, PassiveFlag.PASSIVE_NO_INITIALIZE)
    if history.has_changes() and state.dict.get(key) is not None:
        refuse_assignment(log, key)


def _refuse_new_context(log: Log, state: _State, key: str) -> None:
    if get_history(state.obj(), key).has_changes():
        refuse_assignment(log, key)


def ended(log: Log, state: _State) -> list[Write]:
    """The event that ends an object's stream."""
    seq = state.dict.get("seq")
    return [Write(_key(log, state), {}, expect=Expect.SEQ, expected_seq=seq, ends=True)]
