"""What ``account.balance = Account.balance - 5`` says as an event: the difference alone, whatever stands there by then.

It is SQLAlchemy's idiom for an atomic update, an expression that the database computes with the row's present value. A
reducer that adds up needs no present value for it: the terms beside the column are the touch. So is what
``func.greatest`` or ``func.least`` holds against the column, for ``Max`` and ``Min``.
"""

from typing import Any, Final, NoReturn

from sqlalchemy import BindParameter, ClauseElement, SQLColumnExpression
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, Grouping, UnaryExpression
from sqlalchemy.sql.functions import Function

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers import Count, Max, Min, Sum
from sqla_osiris.reducers.exact import added, negated
from sqla_osiris.schema.log import Field, Log

__all__ = ["EXPRESSION", "NO_TOUCH", "touch_of_expression"]

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
    """Return the touch that an assigned expression says; NO_TOUCH for none. Raises NotExpressible.

    The reducer is one of the shipped ones itself: one derived from it may fold the same touch otherwise.
    """
    kind = type(field.reducer)
    try:
        if kind in _PICKING:
            return _picked(log, field, expression)
        if kind in {Sum, Count}:
            difference = _difference(_terms(log, field, expression))
            if not difference:
                return NO_TOUCH
            if kind is Sum or difference == 1:
                return difference
    except (_Other, TypeError, ArithmeticError):
        pass
    _refuse(log, field)


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
