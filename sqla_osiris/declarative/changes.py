"""What an object in a session says as events: which attributes changed, and which touches say so."""

from typing import Any, cast

from sqlalchemy import ClauseElement, inspect, select
from sqlalchemy.orm import InstanceState, LoaderCallableStatus, PassiveFlag, Session, object_session
from sqlalchemy.orm.attributes import get_history, set_committed_value

from sqla_osiris.declarative.conflicts import ConcurrentAppend
from sqla_osiris.declarative.statements import Expect
from sqla_osiris.declarative.stream import Field, Stream
from sqla_osiris.declarative.writing import Write
from sqla_osiris.errors import InvalidValue, NotExpressible
from sqla_osiris.reducers import Last

__all__ = ["begun", "changed", "ended"]


def _key(stream: Stream, target: Any) -> tuple[Any, ...]:
    state: InstanceState[Any] = inspect(target)
    if state.key is not None:
        return tuple(cast(Any, state.key)[1])
    return stream.key_of(tuple(state.dict.get(key) for key in stream.context_keys))


def begun(stream: Stream, target: Any) -> list[Write]:
    """The event that begins the stream of a new object, after the one that ends the object that it replaces.

    Raises NotExpressible and InvalidValue.
    """
    if "seq" in inspect(target).committed_state:
        raise NotExpressible(
            f"{stream.model}.seq was given to a new object: it counts the stream's events. Leave it out."
        )
    _give_defaults(stream, target)
    key = _key(stream, target)
    values = inspect(target).dict
    touches = {}
    for name, field in stream.fields.items():
        nothing = field.untouched
        if field.key not in values:
            if isinstance(nothing, list | dict | set):
                # Assigned, it becomes one that says when it is changed in place.
                setattr(target, field.key, nothing)
            else:
                set_committed_value(target, field.key, nothing)
        elif isinstance(field.reducer, Last) or not _is(values[field.key], nothing):
            touches[name] = _touch(stream, field, nothing, target)
    write = Write(key, touches, expect=Expect.NOT_LIVE)
    replaced = _replaced(target, key)
    return [write] if replaced is None else [ended(stream, replaced), write]


def _is(value: Any, nothing: Any) -> bool:
    """Whether a value given to a new object says no more than an untouched field does."""
    return value is None or (not isinstance(value, ClauseElement) and bool(value == nothing))


def _replaced(target: Any, key: tuple[Any, ...]) -> Any:
    """The persistent object that this flush deletes under the same context (SQLAlchemy's row switch)."""
    session = cast(Session, object_session(target))
    existing = session.identity_map.get(inspect(target).mapper.identity_key_from_primary_key(key))
    return existing if existing is not None and existing in session.deleted else None


def _give_defaults(stream: Stream, target: Any) -> None:
    values = inspect(target).dict
    for key, column in zip(stream.context_keys, stream.contexts, strict=True):
        if column.default is not None and values.get(key) is None:
            setattr(target, key, _default(column.default))
    for field in stream.fields.values():
        if field.default is not None and field.key not in values:
            setattr(target, field.key, _default(field.default))


def _default(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg


def changed(stream: Stream, target: Any) -> list[Write]:
    """The event of what changed in an object; none if nothing did.

    Raises NotExpressible and InvalidValue.
    """
    state = inspect(target)
    assigned, values = state.committed_state, state.dict
    for key in stream.context_keys:
        if key in assigned:
            _refuse_new_context(stream, target, key)
    if "seq" in assigned:
        _refuse_new_seq(stream, target)
    touches = {}
    for name, field in stream.fields.items():
        if field.key not in assigned or field.key not in values:
            continue
        before, changed = _before(stream, field, target)
        if changed:
            touches[name] = _touch(stream, field, before, target)
    if not touches:
        return []
    seq = values.get("seq")
    expect = Expect.LIVE if seq is None else Expect.SEQ
    return [Write(_key(stream, target), touches, expect=expect, expected_seq=seq)]


def _refuse_new_seq(stream: Stream, target: Any) -> None:
    history = get_history(target, "seq", PassiveFlag.PASSIVE_NO_INITIALIZE)
    if not history.has_changes():
        return
    assigned = next(iter(history.added or ()), None)
    if history.deleted and isinstance(assigned, int) and assigned < history.deleted[0]:
        # session.merge() of a copy that has fallen behind carries the copy's seq.
        raise ConcurrentAppend(
            context=stream.context_of(_key(stream, target)),
            expected_seq=assigned,
            found_seq=history.deleted[0],
            model=stream.model,
        )
    raise NotExpressible(
        f"{stream.model}.seq was assigned: it counts the stream's events and cannot be set. Leave it alone."
    )


def _refuse_new_context(stream: Stream, target: Any, key: str) -> None:
    if get_history(target, key).has_changes():
        raise NotExpressible(
            f"{stream.model}.{key} was changed: the context is the key of the stream and stays. "
            "Add an object with the new context and delete this one."
        )


def _before(stream: Stream, field: Field, target: Any) -> tuple[Any, bool]:
    """The state before, and whether the attribute's state differs from it."""
    history = get_history(target, field.key, PassiveFlag.PASSIVE_NO_INITIALIZE)
    after = inspect(target).dict[field.key]
    if history.deleted:
        return history.deleted[0], True
    if isinstance(field.reducer, Last):
        return None, bool(history.added)
    committed = inspect(target).committed_state.get(field.key, LoaderCallableStatus.NO_VALUE)
    if history.added and committed is not None and not isinstance(after, ClauseElement):
        # Changed in place, or assigned while expired: what was before stands in the database alone.
        return _stored(stream, field, target), True
    return None, bool(history.added)


def _stored(stream: Stream, field: Field, target: Any) -> Any:
    session = cast(Session, object_session(target))
    mapper = inspect(target).mapper
    column = mapper.columns[field.key]
    here = (c == part for c, part in zip(stream.contexts, _key(stream, target), strict=True))
    return session.connection(bind_arguments={"mapper": mapper}).execute(select(column).where(*here)).scalar()


def _touch(stream: Stream, field: Field, before: Any, target: Any) -> Any:
    after = inspect(target).dict[field.key]
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
    field.refuse_state(after, stream.model)
    return checked


def ended(stream: Stream, target: Any) -> Write:
    """The event that ends an object's stream."""
    seq = inspect(target).dict.get("seq")
    expect = Expect.LIVE if seq is None else Expect.SEQ
    return Write(_key(stream, target), {}, expect=expect, expected_seq=seq, ends=True)
