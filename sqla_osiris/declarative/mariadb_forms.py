"""Each reducer's fold of a tail on MariaDB: correlated subqueries that borrow nothing from within a FROM.

MariaDB has neither LATERAL nor a correlation inside a derived table, so a base is combined outside of the subquery.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    case,
    cast,
    func,
    literal_column,
    type_coerce,
)

from sqla_osiris.declarative.literals import number, words
from sqla_osiris.declarative.reducer_sql import SQLReducer, Tail
from sqla_osiris.reducers import Count, First, Last, Max, Merge, Min, Reducer, Sum

__all__ = ["mariadb_scalar"]

Expression = ColumnElement[Any]
Form = Callable[[SQLReducer, "Expression | None", Tail], Expression]


def mariadb_scalar(sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
    """The base accumulator merged with the tail."""
    for kind in type(sql.reducer).__mro__:
        if kind in _FORMS:
            return _FORMS[kind](sql, base, tail)
    return sql.scalar(base, tail)


def _last(_sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
    seq = tail.events.c.seq
    picked = _picked(tail, tail.value, seq.desc())
    if base is None:
        return picked
    # Not COALESCE: the last touch may be None. Not EXISTS: it would read the context's history from its beginning.
    return case((_picked(tail, seq, seq.desc()).is_not(None), picked), else_=base)


def _first(_sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
    picked = _picked(tail, tail.value, tail.events.c.seq)
    return picked if base is None else func.coalesce(base, picked)


def _picked(tail: Tail, column: Any, order: Any) -> Expression:
    picked: Expression = (
        tail.rows(column).where(tail.touched).order_by(order).limit(number(1)).scalar_subquery()
    )
    return picked


def _sum(sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
    total: Expression = func.sum(tail.value)
    if isinstance(sql.accumulator_type, Integer):
        total = _exact_integer(total)
    folded: Expression = func.coalesce(tail.rows(total).scalar_subquery(), number(0))
    if base is not None:
        folded = func.coalesce(base, number(0)) + folded
    return type_coerce(folded, sql.accumulator_type)


def _exact_integer(total: Expression) -> Expression:
    # SUM gives a decimal, and CAST would cut an overflow off silently; adding 1 to the greatest integer raises.
    greatest = number(2**63 - 1)
    overflow = greatest + cast(func.abs(func.sign(total)), BigInteger)
    fits = total.between(number(-(2**63)), greatest)
    return case((fits, cast(total, BigInteger)), (total.is_not(None), overflow))


def _count(_sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
    counted: Expression = tail.rows(func.count(tail.value)).scalar_subquery()
    return counted if base is None else func.coalesce(base, number(0)) + counted


def _extreme(aggregate: str, of_two: str) -> Form:
    def form(sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
        folded: Expression = tail.rows(getattr(func, aggregate)(tail.value)).scalar_subquery()
        if base is None:
            return folded
        picked = getattr(func, of_two)(func.coalesce(base, folded), func.coalesce(folded, base))
        return type_coerce(picked, sql.accumulator_type)

    return form


def _merge(sql: SQLReducer, base: Expression | None, tail: Tail) -> Expression:
    """``[base, [[seq, touch], …], how many touches]`` as text, so that numbers keep theirs.

    GROUP_CONCAT cuts off what is too long for ``group_concat_max_len``: then null stands for the touches, and the
    count of them tells.
    """
    pair = func.concat(words("["), tail.events.c.seq, words(","), type_coerce(tail.value, String), words("]"))
    length = func.sum(func.length(pair) + number(1))
    touches = case(
        (func.count() == number(0), words("[]")),
        (
            length <= literal_column("@@group_concat_max_len"),
            func.concat(words("["), func.group_concat(pair), words("]")),
        ),
        else_=words("null"),
    )
    start = words("null") if base is None else func.coalesce(type_coerce(base, String), words("null"))
    whole = func.concat(words("["), start, words(","), touches, words(","), func.count(), words("]"))
    # Longer than max_allowed_packet, it is NULL.
    folded = func.coalesce(whole, words("[null,null,-1]"))
    return type_coerce(tail.rows(folded).where(tail.touched).scalar_subquery(), sql.state_type)


_FORMS: dict[type[Reducer], Form] = {
    Last: _last,
    First: _first,
    Sum: _sum,
    Count: _count,
    Max: _extreme("max", "greatest"),
    Min: _extreme("min", "least"),
    Merge: _merge,
}
