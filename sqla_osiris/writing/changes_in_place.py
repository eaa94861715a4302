"""Notices a dict, list, set or other object that was changed inside an attribute, at any depth.

SQLAlchemy's ``Mutable`` tells of such a change as it happens, if a model asks for it, and of the top level alone. What it
does not tell of is found by comparison: each value that can change in place is remembered, as it is loaded or written,
by a digest of its pickle, and compared when the session commits, begins a savepoint, or flushes other changes. Only models
with columns that can hold such values take part; a session gets its listeners with the first of their objects.
"""

import pickle
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary, ref

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
    event,
)
from sqlalchemy.ext.mutable import Mutable
from sqlalchemy.orm import InstanceState, ORMExecuteState, Session, SessionTransaction
from sqlalchemy.orm.attributes import flag_modified

from sqla_osiris.schema.log import Field, Log
from sqla_osiris.types.portable import ExactDecimal, UTCDateTime

__all__ = [
    "can_change_in_place",
    "holds_changeable",
    "is_remembered",
    "is_same",
    "join_session",
    "listen_for_changes_in_place",
    "notice_changes_in_place",
    "notice_changes_of",
    "remember_written",
    "was_changed_in_place",
]

_State = InstanceState[Any]

_DIGESTS = "sqla_osiris.digests"
"""In an object's ``InstanceState.info``: the digest of each value that can change in place, by attribute."""

_HELD = "sqla_osiris.held"
"""In ``Session.info``: objects that nobody else may refer to, but whose values may have changed in place."""

_SCALAR_COLUMNS = (
    Boolean,
    Integer,
    Numeric,
    String,
    LargeBinary,
    DateTime,
    Date,
    Time,
    Interval,
    Uuid,
    ExactDecimal,
    UTCDateTime,
)
_SCALARS = {type(None), bool, int, float, str, bytes, Decimal, date, datetime, time, timedelta, UUID}

_watched: WeakKeyDictionary[type[Any], frozenset[str]] = WeakKeyDictionary()


def can_change_in_place(log: Log, field: Field) -> bool:
    """Whether the field's column can hold a value that changes in place."""
    return not isinstance(log.folded.c[field.name].type, _SCALAR_COLUMNS)


@lru_cache(maxsize=256)
def holds_changeable(log: Log) -> bool:
    """Whether any field's can."""
    return any(can_change_in_place(log, field) for field in log.fields.values())


def listen_for_changes_in_place(model: type[Any], log: Log) -> None:
    """Watch this model's attributes that can hold such values, if it has any."""
    keys = frozenset(field.key for field in log.fields.values() if can_change_in_place(log, field))
    if not keys:
        return
    _watched[model] = keys

    def load(state: _State, context: Any) -> None:
        _remember(state, keys)
        if state.session is not None:
            # Of a stream of results not all objects can stay in memory.
            _watch(state.session, state, hold=not getattr(context, "yield_per", None))

    def refresh(state: _State, _context: Any, names: Iterable[str] | None) -> None:
        _remember(state, keys if names is None else keys.intersection(names))
        if state.session is not None:
            _watch(state.session, state, hold=True)

    def expire(state: _State, names: Iterable[str] | None) -> None:
        digests = state.info.get(_DIGESTS, {})
        for key in keys if names is None else keys.intersection(names):
            digests.pop(key, None)
        if names is None and state.session is not None:
            _let_go(state.session, state)

    event.listen(model, "load", load, raw=True)
    event.listen(model, "refresh", refresh, raw=True)
    event.listen(model, "expire", expire, raw=True)
    # merge(load=False) gives values to an object that was there already; ext.mutable listens to the same.
    event.listen(model, "_sa_event_merge_wo_load", load, raw=True)


def join_session(state: _State) -> None:
    """Watch an object that was in no session, or in another one, and is in one now."""
    if state.class_ in _watched and state.session is not None and state.key is not None:
        _watch(state.session, state, hold=True)


def remember_written(session: Session, states: Iterable[_State]) -> None:
    """Take the values of objects that were just written for those that the database holds."""
    for state in states:
        keys = _watched.get(state.class_)
        if keys is None:
            if state.mapper.polymorphic_on is None:
                return
            continue
        _remember(state, keys)
        _watch(session, state, hold=True)


def _remember(state: _State, keys: Iterable[str]) -> None:
    digests = state.info.setdefault(_DIGESTS, {})
    values = state.dict
    for key in keys:
        if key in values:
            digests[key] = _digest(values[key])


def _digest(value: Any) -> bytes | None:
    """Return the value's digest; None where it cannot change, tells of its changes itself, or cannot be pickled."""
    contains = isinstance(value, dict | list | set)
    if type(value) in _SCALARS or (isinstance(value, Mutable) and not contains):
        return None
    try:
        pickled = pickle.dumps(_plain(value), protocol=5)
    except Exception:  # noqa: BLE001  (whatever a class raises that cannot be pickled)
        return None
    return blake2b(pickled, digest_size=16).digest()


def _plain(value: Any) -> Any:
    """The same for a container and for the ``Mutable`` one that it becomes once it is loaded."""
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return list(value)
    if isinstance(value, set):
        # A copy of a set may have another order.
        return sorted(pickle.dumps(element, protocol=5) for element in value)
    return value


def is_remembered(state: _State, key: str) -> bool:
    """Whether the database's value of this attribute is known by its digest."""
    return state.info.get(_DIGESTS, {}).get(key) is not None


def was_changed_in_place(state: _State, key: str, value: Any) -> bool:
    """Whether this value, which stood in the attribute, is no longer what the database holds."""
    before = state.info.get(_DIGESTS, {}).get(key)
    return before is not None and _digest(value) not in (before, None)


def is_same(left: Any, right: Any) -> bool:
    """Whether two values that compare as equal are so at every depth: Python takes 1 for True, and for 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(key in right and is_same(value, right[key]) for key, value in left.items())
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(is_same, left, right))
    if isinstance(left, bool | int | float) and isinstance(right, bool | int | float):
        return type(left) is type(right)
    return True


def _watch(session: Session, state: _State, *, hold: bool) -> None:
    held = session.info.get(_HELD)
    if held is None:
        held = session.info[_HELD] = {}
        event.listen(session, "before_flush", notice_changes_in_place)
        event.listen(session, "before_commit", notice_changes_in_place)
        event.listen(session, "do_orm_execute", _notice_before_overwriting)
        event.listen(session, "after_soft_rollback", _undo_changes_in_place)
        event.listen(session, "after_transaction_end", _release)
        event.listen(session, "persistent_to_detached", _let_go_of)
        event.listen(session, "persistent_to_deleted", _let_go_of)
        # No event says that a savepoint is about to begin.
        vars(session)["begin"] = _Begin(session)
    if hold:
        held[state] = state.obj()


class _Begin:
    """The session's ``begin``: the flush with which a savepoint begins takes along what changed in place."""

    def __init__(self, session: Session) -> None:
        self._session = ref(session)

    def __call__(self, nested: bool = False) -> SessionTransaction:  # noqa: FBT001, FBT002  (as SQLAlchemy has it)
        session: Any = self._session()
        if nested:
            notice_changes_in_place(session)
        begun: SessionTransaction = type(session).begin(session, nested=nested)
        return begun


def _notice_before_overwriting(execution: ORMExecuteState) -> None:
    """``populate_existing`` flushes, and loads over what is there."""
    if execution.is_select and execution.is_orm_statement:
        options: Any = execution.load_options
        if options._populate_existing:  # noqa: SLF001  (session.get() says it nowhere else)
            notice_changes_in_place(execution.session)


def notice_changes_in_place(session: Session, *_: Any) -> None:
    """Flag what differs from what the database holds as modified: the next flush writes it."""
    if _HELD not in session.info:
        return
    for state in session.identity_map.all_states():
        # Most have expired, or are of other models, and have none.
        if vars(state).get("info", {}).get(_DIGESTS):
            notice_changes_of(state)


def notice_changes_of(state: _State) -> None:
    """The same of one object."""
    target = state.obj()
    if target is None:
        return
    for key in _changed_keys(state):
        if key not in state.committed_state:
            flag_modified(target, key)


def _changed_keys(state: _State) -> list[str]:
    values, digests = state.dict, state.info.get(_DIGESTS, {})
    return [
        key
        for key in _watched.get(state.class_, ())
        if digests.get(key) is not None
        and key in values
        and key not in state.committed_state
        and _digest(values[key]) not in (digests[key], None)
    ]


def _undo_changes_in_place(session: Session, previous: SessionTransaction) -> None:
    """Expire what changed since a savepoint that was rolled back: what had changed before was flushed when it began."""
    if not previous.nested:
        return
    for state in session.identity_map.all_states():
        target = state.obj()
        if target is not None and _changed_keys(state):
            session.expire(target)


def _let_go_of(session: Session, target: Any) -> None:
    _let_go(session, target._sa_instance_state)  # noqa: SLF001  (faster than inspect())


def _let_go(session: Session, state: _State) -> None:
    session.info.get(_HELD, {}).pop(state, None)


def _release(session: Session, transaction: SessionTransaction) -> None:
    """Let go of objects that have expired or left the session: they hold no value to compare."""
    if transaction.parent is not None:
        return
    held = session.info[_HELD]
    for state in list(held):
        if state.session is not session or not _watched[state.class_].intersection(state.dict):
            del held[state]
