"""What ``account.balance = Account.balance - 5`` says as an event: the difference alone, whatever stands there by then.

It is SQLAlchemy's idiom for an atomic update, an expression that the database computes with the row's present value. A
reducer that adds up needs no present value for it: the terms beside the column are the touch. So is what
``func.greatest`` or ``func.least`` holds against the column, for ``Max`` and ``Min``.
"""

from typing import Any, Final, NoReturn, cast

from sqlalchemy import BindParameter, ClauseElement, SQLColumnExpression
from sqlalchemy.orm import InstanceState, RelationshipDirection, Session
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, Grouping, UnaryExpression
from sqlalchemy.sql.functions import Function

from sqla_osiris.databases.plan import Expect, Key, Write
from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers import Count, Max, Min, Sum
from sqla_osiris.reducers.exact import added, negated
from sqla_osiris.schema.log import Field, Log

__all__ = [
    "EXPRESSION",
    "NO_TOUCH",
    "atomic_event",
    "difference_of",
    "expire_overtaken",
    "touch_of_expression",
]

EXPRESSION: Final = (ClauseElement, SQLColumnExpression)
"""The types of what SQLAlchemy would send as SQL, and not as a value."""

NO_TOUCH: Final = object()
"""Says that an expression leaves the state as it is."""

_PICKING: Final[dict[type[Any], str]] = {Max: "greatest", Min: "least"}
_COLUMN: Final = object()

_Term = tuple[bool, Any]
"""Whether it is subtracted; and its value, or ``_COLUMN``."""


class _Other(Exception):
    """The expression has a part that is no term of a difference."""


def touch_of_expression(log: Log, field: Field, expression: Any) -> Any:
    """Return the touch that an assigned expression says, checked; NO_TOUCH for none. Raises NotExpressible and InvalidValue.

    The reducer is one of the shipped ones itself: one derived from it may fold the same touch otherwise.
    """
    touch = difference_of(log, field, expression)
    if touch is None:
        _refuse(log, field)
    return touch


def difference_of(log: Log, field: Field, expression: Any) -> Any:
    """Return as :func:`touch_of_expression` does; None where the expression says no difference. Raises InvalidValue."""
    kind = type(field.reducer)
    try:
        if kind in _PICKING:
            return field.checked(_picked(log, field, expression), log.model)
        if kind not in {Sum, Count}:
            return None
        difference = _difference(_terms(log, field, expression))
        if kind is Count and difference not in {0, 1}:
            return None
    except (_Other, TypeError, ArithmeticError):
        return None
    return field.checked(difference, log.model) if difference else NO_TOUCH


def atomic_event(
    log: Log, state: InstanceState[Any], key: Key, atomic: dict[str, Any], touches: dict[str, Any]
) -> list[Write]:
    """The event of an object with expressions, their touches by column name; none where they add nothing.

    It expects a living stream, at any seq; with ordinary assignments beside them, ``touches``, the seq that was loaded.
    """
    seq = state.dict.get("seq")
    # As after SQLAlchemy's own UPDATE with an expression: the next access loads what it came to.
    _session(state).expire(state.obj(), [log.fields[name].key for name in atomic])
    expect = Expect.SEQ if touches else Expect.LIVE
    given = {**touches, **{name: touch for name, touch in atomic.items() if touch is not NO_TOUCH}}
    touched = {name: given[name] for name in log.fields if name in given}
    # 0 where it is not known: what expects a life without it is an append.
    expected = seq if touches else seq or 0
    return [Write(key, touched, expect=expect, expected_seq=expected)] if touched else []


def expire_overtaken(log: Log, state: InstanceState[Any], seq: int) -> None:
    """Expire what an object says, its atomic event having come to stand at ``seq``, where others came before it."""
    values = state.dict
    if values.get("seq") in {None, seq - 1}:
        return
    # What this flush still has to synchronise stays.
    related = [
        relation.key
        for relation in state.mapper.relationships
        if relation.direction is RelationshipDirection.MANYTOONE and relation.key not in state.committed_state
    ]
    overtaken = [key for key in (*log.reducers, *related) if key in values]
    if overtaken:
        _session(state).expire(state.obj(), overtaken)


def _session(state: InstanceState[Any]) -> Session:
    return cast(Session, state.session)


def _difference(terms: list[_Term]) -> Any:
    """Return the sum of the terms beside the column, which is there once."""
    if [term for term in terms if term[1] is _COLUMN] != [(False, _COLUMN)]:
        raise _Other
    signed = [negated(value) if subtracted else value for subtracted, value in terms if value is not _COLUMN]
    total = signed[0] if signed else 0
    for value in signed[1:]:
        total = added(total, value)
    return total


def _picked(log: Log, field: Field, expression: Any) -> Any:
    element = _clause(expression)
    if not isinstance(element, Function) or element.name != _PICKING[type(field.reducer)]:
        raise _Other
    terms = [term for argument in element.clauses for term in _terms(log, field, argument)]
    values = [value for _, value in terms if value is not _COLUMN]
    if any(subtracted for subtracted, _ in terms) or len(terms) != len(values) + 1 or not values:
        raise _Other
    picked = values[0]
    for value in values[1:]:
        picked = field.reducer.merge(picked, value)
    return picked


def _terms(log: Log, field: Field, expression: Any, *, subtracted: bool = False) -> list[_Term]:
    element = _clause(expression)
    if isinstance(element, Grouping):
        return _terms(log, field, element.element, subtracted=subtracted)
    if isinstance(element, UnaryExpression) and element.operator is operators.neg:
        return _terms(log, field, element.element, subtracted=not subtracted)
    if isinstance(element, BinaryExpression) and element.operator in {operators.add, operators.sub}:
        turned = subtracted is not (element.operator is operators.sub)
        left = _terms(log, field, element.left, subtracted=subtracted)
        return [*left, *_terms(log, field, element.right, subtracted=turned)]
    if isinstance(element, BindParameter):
        if element.effective_value is None:
            raise _Other
        return [(subtracted, element.effective_value)]
    # An annotated copy has its original's hash, and == would be another expression.
    if hash(element) == hash(log.folded.c[field.name]):
        return [(subtracted, _COLUMN)]
    raise _Other


def _clause(expression: Any) -> Any:
    return expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression


def _refuse(log: Log, field: Field) -> NoReturn:
    kind, name = type(field.reducer), f"{log.model}.{field.key}"
    if kind is Sum:
        possible = f"{name} with values added to it or subtracted from it, as in {name} - 5"
    elif kind is Count:
        possible = f"{name} + 1"
    elif kind in _PICKING:
        possible = f"func.{_PICKING[kind]}({name}, value)"
    else:
        possible = f"none for {field.reducer!r}"
    raise NotExpressible(
        f"{name} was assigned an SQL expression; an event holds values. Possible is {possible}. Else assign a value, or "
        f"append a touch: repository(...).append(context, {field.key}=...)."
    )
