"""``events``: Hypothesis strategies of valid events, derived from what a model's columns can hold on every store."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import (
    ARRAY,
    JSON,
    REAL,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Time,
    Uuid,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.errors import OsirisError, UnknownField
from sqla_osiris.records import NewEvent
from sqla_osiris.reducers import Append, Merge, Reducer, Union
from sqla_osiris.schema.log import Field, Log, whole_log_of
from sqla_osiris.types.portable import ExactDecimal, ExactInterval, UTCDateTime

__all__ = ["contexts_of", "events", "touches_of", "values_of"]

_LONGEST_TEXT = 20
_TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_FIRST, _LAST = dt.datetime(1000, 1, 3), dt.datetime(9999, 12, 29)  # noqa: DTZ001  (strategies add the zone)
_ZONES = st.sampled_from(
    [dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(-dt.timedelta(hours=11))]
)


def events(
    model: type[Any], *, contexts: SearchStrategy[Any] | None = None, **overrides: SearchStrategy[Any]
) -> SearchStrategy[NewEvent]:
    """A strategy of events that every store accepts, as the first of a stream too: each touches what that one must.

    Contexts are few, so that streams collide; ``contexts`` replaces them. Each field is touched or not; its touches fit
    the column's type, length, precision and range on every database, and its reducer. A field's own strategy replaces
    them: ``events(Employee, salary=st.integers(0, 10))``. Where a field is added up, its numbers are so small, and its
    floats so short (quarters), that sums stay exact. Raises UnknownField for a name that is no field, and OsirisError where
    a column's type says too little to derive values from.
    """
    log = whole_log_of(model)
    touches = touches_of(model, overrides)
    where = contexts_of(log) if contexts is None else contexts
    return st.builds(
        NewEvent,
        where,
        touches,
        event_type=st.none() | st.sampled_from(["made", "changed"]),
        event_meta=st.none() | st.just({"by": "jane"}),
    )


def touches_of(
    model: type[Any], overrides: Mapping[str, SearchStrategy[Any]], *, begins: bool = True
) -> SearchStrategy[dict[str, Any]]:
    """A strategy of what one event touches: any of the fields, by attribute name; those that it must, if it ``begins``."""
    log = whole_log_of(model)
    for name in overrides:
        if name not in log.by_key:
            raise UnknownField(model=log.model, field=name, known=tuple(log.by_key))
    strategies = {name: values_of(log, name, overrides) for name in log.by_key}
    touched = [name for name, field in log.by_key.items() if _is_touched(field, begins=begins)]
    return st.fixed_dictionaries({name: strategies.pop(name) for name in touched}, optional=strategies)


def _is_touched(field: Field, *, begins: bool) -> bool:
    """Whether each event touches it. A default that is a function may give each store another value, so none is asked."""
    if field.default is not None:
        return bool(field.default.is_callable)
    return begins and field.required


def values_of(log: Log, name: str, overrides: Mapping[str, SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """A strategy of one field's touches, by its attribute name."""
    if name in overrides:
        return overrides[name]
    field = log.by_key[name]
    if field.name in log.discriminator:
        return st.sampled_from(list(log.discriminator[field.name]))
    # Some reducers take documents of a shape; of others the column alone says the touches.
    derived = next((shape for kind, shape in _SHAPES if isinstance(field.reducer, kind)), None)
    if derived is None:
        derived = _derived(f"{log.model}.{name}", field.touch_type, adds=not field.reducer.idempotent)
    return st.none() | derived if field.takes_none else derived


def contexts_of(log: Log) -> SearchStrategy[Any]:
    """A strategy of few contexts: each part of the key is drawn from a handful of values of its column's type."""
    parts = [_few(f"{log.model}.{column.key}", column.type) for column in log.contexts]
    return parts[0] if len(parts) == 1 else st.tuples(*parts)


def _few(where: str, declared: TypeEngine[Any]) -> SearchStrategy[Any]:
    if isinstance(declared, Enum):
        return _enum(declared)
    for kind, values in _FEW:
        if isinstance(declared, kind):
            return st.sampled_from(values)
    raise _underivable(where, declared, "contexts=st.sampled_from([...])")


_FEW: tuple[tuple[type | tuple[type, ...], list[Any]], ...] = (
    (Boolean, [False, True]),
    (String, ["a", "b", "ü"]),
    (Integer, [1, 2, 3]),
    (Float, [0.5, 1.5, 2.5]),
    ((Numeric, ExactDecimal), [Decimal(1), Decimal(2), Decimal(3)]),
    (UTCDateTime, [dt.datetime(2026, 11, day, tzinfo=dt.UTC) for day in (1, 2, 3)]),
    (DateTime, [dt.datetime(2026, 11, day) for day in (1, 2, 3)]),  # noqa: DTZ001  (the column keeps no zone)
    (Date, [dt.date(2026, 11, day) for day in (1, 2, 3)]),
    (Uuid, [UUID(int=number) for number in (1, 2, 3)]),
)


def _derived(where: str, declared: TypeEngine[Any], *, adds: bool) -> SearchStrategy[Any]:
    if not isinstance(declared, TypeDecorator) or isinstance(
        declared, ExactDecimal | ExactInterval | UTCDateTime
    ):
        for kind, derive in _NUMBERS_BY_TYPE:
            if isinstance(declared, kind):
                return derive(declared, adds=adds)
        for kind, derive in _BY_TYPE:
            if isinstance(declared, kind):
                return derive(declared)
    field = where.rpartition(".")[2]
    raise _underivable(where, declared, f"{field}=st....")


def _underivable(where: str, declared: TypeEngine[Any], override: str) -> OsirisError:
    model = where.partition(".")[0]
    return OsirisError(
        f"{where}: nothing says which values a column of the type {declared!r} takes. Give them yourself: "
        f"events({model}, {override}), or check_model({model}, values={{...}})."
    )


def _enum(declared: Any) -> SearchStrategy[Any]:
    members: Any = declared.enums if declared.enum_class is None else list(declared.enum_class)
    return st.sampled_from(members)


def _integer(declared: Any, *, adds: bool) -> SearchStrategy[int]:
    bits = 64 if isinstance(declared, BigInteger) else 16 if isinstance(declared, SmallInteger) else 32
    # What is added up must fit 64 bits after a million touches.
    bits = min(bits, 40) if adds else bits
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)


def _float(declared: Any, *, adds: bool) -> SearchStrategy[float]:
    if adds:
        return _QUARTERS
    single = isinstance(declared, REAL) or (declared.precision is not None and declared.precision <= 24)
    return st.floats(allow_nan=False, allow_infinity=False, width=32 if single else 64, allow_subnormal=False)


_QUARTERS = st.integers(-4_000, 4_000).map(lambda quarters: quarters / 4)
"""Floats whose sums are exact in every order: the laws of float sums hold but for rounding, and else they would fail."""


def _decimal(declared: Any, *, adds: bool) -> SearchStrategy[Any]:
    places = min(4, 2 if declared.scale is None else declared.scale)
    # SQLite keeps 15 digits; a sum needs room for more of them, and an unscaled column ten places.
    digits = min(declared.precision or 15, 12 if adds else 15) - (declared.scale or 0)
    digits = min(digits, 4) if declared.scale is None else digits
    greatest = 10 ** max(digits + places, 0) - 1
    if declared.asdecimal:
        return st.integers(-greatest, greatest).map(lambda unscaled: Decimal(unscaled).scaleb(-places))
    steps = 4 if places >= 2 else 1
    return st.integers(-greatest // 100, greatest // 100).map(lambda count: count / steps)


def _text(declared: Any) -> SearchStrategy[str]:
    longest = _LONGEST_TEXT if declared.length is None else min(declared.length, _LONGEST_TEXT)
    return st.text(_TEXT, max_size=longest)


def _array(declared: Any) -> SearchStrategy[list[Any]]:
    strategy: SearchStrategy[Any] = st.none() | _derived("array", declared.item_type, adds=False)
    for _ in range((declared.dimensions or 1) - 1):
        strategy = st.lists(strategy, min_size=2, max_size=2)
    return st.lists(strategy, max_size=3)


def _datetime(declared: Any) -> SearchStrategy[dt.datetime]:
    if isinstance(declared, UTCDateTime) or declared.timezone:
        return st.datetimes(_FIRST, _LAST, timezones=_ZONES)
    return st.datetimes(_FIRST, _LAST)


_KEYS = st.sampled_from(["a", "b", "ü"])
# Halves and short integers: a database may rewrite 1.0 as 1 or round what exceeds 2**53, where JSON has one kind of number.
_NUMBERS = st.integers(-(2**53), 2**53) | st.integers(-1000, 1000).map(lambda whole: whole + 0.5)
_SCALARS = st.booleans() | _NUMBERS | st.text(_TEXT, max_size=4)
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=2),
    max_leaves=5,
)
_PATCHES = st.dictionaries(
    _KEYS,
    st.recursive(
        st.none() | _SCALARS | st.lists(_SCALARS, max_size=2),
        lambda inner: st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
_MEMBERS = st.text(_TEXT, max_size=4) | st.integers(-(2**53), 2**53)


_SHAPES: tuple[tuple[type[Reducer], SearchStrategy[Any]], ...] = (
    (Merge, _PATCHES),
    (Append, st.lists(_DOCUMENTS, max_size=3)),
    (Union, st.lists(_MEMBERS, max_size=3) | st.sets(_MEMBERS, max_size=3)),
)

_Kinds = type | tuple[type, ...]

_NUMBERS_BY_TYPE: tuple[tuple[_Kinds, Callable[..., SearchStrategy[Any]]], ...] = (
    (Integer, _integer),
    (Float, _float),
    ((Numeric, ExactDecimal), _decimal),
)

_BY_TYPE: tuple[tuple[_Kinds, Callable[[Any], SearchStrategy[Any]]], ...] = (
    (Boolean, lambda _: st.booleans()),
    (Enum, _enum),
    (String, _text),
    (LargeBinary, lambda declared: st.binary(max_size=min(declared.length or _LONGEST_TEXT, _LONGEST_TEXT))),
    ((DateTime, UTCDateTime), _datetime),
    (Date, lambda _: st.dates(_FIRST.date(), _LAST.date())),
    (Time, lambda _: st.times()),
    # SQLite keeps an interval as a date after 1970.
    (
        (Interval, ExactInterval),
        lambda _: st.timedeltas(-dt.timedelta(days=10_000), dt.timedelta(days=10_000)),
    ),
    (Uuid, lambda declared: st.uuids() if declared.as_uuid else st.uuids().map(str)),
    (JSON, lambda _: _DOCUMENTS),
    (ARRAY, _array),
)
