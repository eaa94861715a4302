"""What an object in a session says as events: which attributes changed, and which touches say so.

A thousand changed objects run through here in one flush, so a value that was loaded, and then assigned, is compared
directly; SQLAlchemy's history is asked about the rest.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ClauseElement, inspect, select
from sqlalchemy.orm import InstanceState, LoaderCallableStatus, PassiveFlag, Session
from sqlalchemy.orm.attributes import get_history, set_committed_value

from sqla_osiris.declarative.conflicts import ConcurrentAppend
from sqla_osiris.declarative.required import incomplete, lacks
from sqla_osiris.declarative.statements import Expect
from sqla_osiris.declarative.stream import Field, Stream
from sqla_osiris.declarative.values import anything
from sqla_osiris.declarative.writes import Write
from sqla_osiris.errors import InvalidValue, NotExpressible
from sqla_osiris.reducers import Last

__all__ = ["begun", "changed", "ended"]

_State = InstanceState[Any]


def _key(stream: Stream, state: _State) -> tuple[Any, ...]:
    if state.key is not None:
        return state.key[1]
    values = state.dict
    return stream.key_of(tuple(values.get(key) for key in stream.context_keys))


def begun(stream: Stream, state: _State) -> list[Write]:
    """The event that begins the stream of a new object, after the one that ends the object that it replaces.

    Raises NotExpressible and InvalidValue.
    """
    if "seq" in state.committed_state:
        raise NotExpressible(
            f"{stream.model}.seq was given to a new object: it counts the stream's events. Leave it out."
        )
    _give_defaults(stream, state)
    key = _key(stream, state)
    values = state.dict
    touches = {}
    for name, field in stream.fields.items():
        nothing = field.untouched
        if field.key not in values:
            if isinstance(nothing, list | dict | set):
                # Assigned, it becomes one that says when it is changed in place.
                setattr(state.obj(), field.key, nothing)
            else:
                set_committed_value(state.obj(), field.key, nothing)
        elif isinstance(field.reducer, Last) or not _is(values[field.key], nothing):
            touches[name] = _touch(stream, field, nothing, values[field.key])
    if lacks(stream, touches):
        raise incomplete(stream, stream.context_of(key), touches)
    write = Write(key, touches, expect=Expect.NOT_LIVE)
    replaced = _replaced(state, key)
    return [write] if replaced is None else [ended(stream, replaced), write]


def _is(value: Any, nothing: Any) -> bool:
    """Whether a value given to a new object says no more than an untouched field does."""
    return value is None or (not isinstance(value, ClauseElement) and bool(value == nothing))


def _replaced(state: _State, key: tuple[Any, ...]) -> _State | None:
    """The persistent object that this flush deletes under the same context (SQLAlchemy's row switch)."""
    session = cast(Session, state.session)
    existing = session.identity_map.get(state.mapper.identity_key_from_primary_key(key))
    return inspect(existing) if existing is not None and existing in session.deleted else None


def _give_defaults(stream: Stream, state: _State) -> None:
    values, target = state.dict, state.obj()
    for key, column in zip(stream.context_keys, stream.contexts, strict=True):
        if column.default is not None and values.get(key) is None:
            setattr(target, key, _default(column.default))
    for field in stream.fields.values():
        if field.default is not None and field.key not in values:
            setattr(target, field.key, _default(field.default))


def _default(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg


class _Assigned(NamedTuple):
    """What to look at in an object with these assigned attributes: fields in the order of their declaration."""

    fields: tuple[tuple[Field, Callable[[Any, Any], bool]], ...]
    context_keys: tuple[str, ...]
    seq: bool


@lru_cache(maxsize=1024)
def _assigned(stream: Stream, keys: tuple[str, ...]) -> _Assigned:
    fields = [field for field in stream.fields.values() if field.key in keys]
    return _Assigned(
        tuple((field, stream.folded.c[field.name].type.compare_values) for field in fields),
        tuple(key for key in stream.context_keys if key in keys),
        "seq" in keys,
    )


def changed(stream: Stream, state: _State) -> Write | None:
    """The event of what changed in an object; None if nothing did.

    Its ``expected_seq`` is None where the object has expired and nothing was read since. Raises NotExpressible and
    InvalidValue.
    """
    before, values = state.committed_state, state.dict
    fields, context_keys, seq_assigned = _assigned(stream, tuple(before))
    for key in context_keys:
        _refuse_new_context(stream, state, key)
    if seq_assigned:
        _refuse_new_seq(stream, state)
    touches = {}
    for field, equal in fields:
        key = field.key
        if key not in values:
            continue
        old, new = before[key], values[key]
        if type(old) is LoaderCallableStatus:
            old, differs = _unknown_before(stream, field, state)
            if not differs:
                continue
        elif equal(new, old) is True:
            continue
        touches[field.name] = _touch(stream, field, old, new)
    if not touches:
        return None
    return Write(_key(stream, state), touches, expect=Expect.SEQ, expected_seq=values.get("seq"))


def _refuse_new_seq(stream: Stream, state: _State) -> None:
    history = get_history(state.obj(), "seq", PassiveFlag.PASSIVE_NO_INITIALIZE)
    if not history.has_changes():
        return
    assigned = next(iter(history.added or ()), None)
    if history.deleted and isinstance(assigned, int) and assigned < history.deleted[0]:
        # session.merge() of a copy that has fallen behind carries the copy's seq.
        raise ConcurrentAppend(
            context=stream.context_of(_key(stream, state)),
            expected_seq=assigned,
            found_seq=history.deleted[0],
            model=stream.model,
        )
    raise NotExpressible(
        f"{stream.model}.seq was assigned: it counts the stream's events and cannot be set. Leave it alone."
    )


def _refuse_new_context(stream: Stream, state: _State, key: str) -> None:
    if get_history(state.obj(), key).has_changes():
        raise NotExpressible(
            f"{stream.model}.{key} was changed: the context is the key of the stream and stays. "
            "Add an object with the new context and delete this one."
        )


def _unknown_before(stream: Stream, field: Field, state: _State) -> tuple[Any, bool]:
    """The state before an attribute that was changed in place or assigned while expired, and whether it differs."""
    history = get_history(state.obj(), field.key, PassiveFlag.PASSIVE_NO_INITIALIZE)
    added = bool(history.added)
    if isinstance(field.reducer, Last) or not added or isinstance(state.dict[field.key], ClauseElement):
        return None, added
    # What was before stands in the database alone.
    return _stored(stream, field, state), True


def _stored(stream: Stream, field: Field, state: _State) -> Any:
    session = cast(Session, state.session)
    column = state.mapper.columns[field.key]
    here = (c == part for c, part in zip(stream.contexts, _key(stream, state), strict=True))
    connection = session.connection(bind_arguments={"mapper": state.mapper})
    return connection.execute(select(column).where(*here)).scalar()


def _touch(stream: Stream, field: Field, before: Any, after: Any) -> Any:
    if isinstance(after, ClauseElement):
        raise NotExpressible(
            f"{stream.model}.{field.key} was assigned an SQL expression; an event holds values. "
            f"Assign a value, or append a touch: repository(...).append(context, {field.key}=...)."
        )
    try:
        touch = field.reducer.touch_between(before, after)
    except NotExpressible as error:
        raise NotExpressible(f"{stream.model}.{field.key}: {error}.") from None
    except TypeError as error:
        raise InvalidValue(f"{stream.model}.{field.key}: {after!r} cannot be folded ({error}).") from error
    checked = field.checked(touch, stream.model)
    if field.check_state is not anything:
        field.refuse_state(after, stream.model)
    return checked


def ended(stream: Stream, state: _State) -> Write:
    """The event that ends an object's stream."""
    return Write(_key(stream, state), {}, expect=Expect.SEQ, expected_seq=state.dict.get("seq"), ends=True)
