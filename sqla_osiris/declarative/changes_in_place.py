"""Notices a dict, list, set or other object that was changed inside an attribute, at any depth.

SQLAlchemy's ``Mutable`` tells of such a change as it happens, if a model asks for it, and of the top level alone. What it
does not tell of is found by comparison: each value that can change in place is remembered, as it is loaded or written,
by a digest of its pickle, and compared when the session commits, or flushes other changes. Only models with
columns that can hold such values take part; a session gets its listeners with the first of their objects.
"""

import pickle
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

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
from sqlalchemy.orm import InstanceState, Session, SessionTransaction
from sqlalchemy.orm.attributes import flag_modified

from sqla_osiris.declarative.column_types import ExactDecimal, UTCDateTime
from sqla_osiris.declarative.stream import Stream

__all__ = ["listen_for_changes_in_place", "notice_changes_in_place", "remember_written"]

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


def listen_for_changes_in_place(model: type[Any], stream: Stream) -> None:
    """Watch this model's attributes that can hold such values, if it has any."""
    keys = frozenset(
        field.key
        for field in stream.fields.values()
        if not isinstance(stream.folded.c[field.name].type, _SCALAR_COLUMNS)
    )
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

    event.listen(model, "load", load, raw=True)
    event.listen(model, "refresh", refresh, raw=True)
    # merge(load=False) gives values to an object that was there already; ext.mutable listens to the same.
    event.listen(model, "_sa_event_merge_wo_load", load, raw=True)


def remember_written(session: Session, states: Iterable[_State]) -> None:
    """Take the values of objects that were just written for those that the database holds."""
    for state in states:
        keys = _watched.get(state.class_)
        if keys is None:
            return
        _remember(state, keys)
        _watch(session, state, hold=True)


def _remember(state: _State, keys: Iterable[str]) -> None:
    digests = state.info.setdefault(_DIGESTS, {})
    values = state.dict
    for key in keys:
        if key in values:
            digests[key] = _digest(values[key])


def _digest(value: Any) -> bytes | None:
    """None for a value that cannot change, that tells of its changes itself, or that cannot be pickled."""
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


def _watch(session: Session, state: _State, *, hold: bool) -> None:
    held = session.info.get(_HELD)
    if held is None:
        held = session.info[_HELD] = {}
        event.listen(session, "before_flush", notice_changes_in_place)
        event.listen(session, "before_commit", notice_changes_in_place)
        event.listen(session, "after_transaction_end", _release)
    if hold:
        held[state] = state.obj()


def notice_changes_in_place(session: Session, *_: Any) -> None:
    """Flag what differs from what the database holds as modified: the next flush writes it."""
    if _HELD not in session.info:
        return
    for state in session.identity_map.all_states():
        keys = _watched.get(state.class_)
        target = state.obj()
        if keys is None or target is None:
            continue
        values, digests = state.dict, state.info.get(_DIGESTS, {})
        for key in keys:
            before = digests.get(key)
            if before is None or key not in values or key in state.committed_state:
                continue
            if _digest(values[key]) not in (before, None):
                flag_modified(target, key)


def _release(session: Session, transaction: SessionTransaction) -> None:
    """Let go of objects that have expired or left the session: they hold no value to compare."""
    if transaction.parent is not None:
        return
    held = session.info[_HELD]
    for state in list(held):
        if state.session is not session or not _watched[state.class_].intersection(state.dict):
            del held[state]
