"""Folds of a tail on MariaDB: correlated subqueries that borrow nothing from within a FROM.

MariaDB has neither LATERAL nor a correlation inside a derived table, so a base is combined outside of the subquery.
"""

from typing import Any

from sqlalchemy import BigInteger, Integer, String, case, cast, func, type_coerce
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.databases.literals import number, words
from sqla_osiris.forms.form import Expression, Tail

__all__ = ["extreme", "first", "handed_tail", "last", "total"]


def last(base: Expression | None, tail: Tail) -> Expression:
    """The last touch."""
    seq = tail.events.c.seq
    picked, place = tail.picked(tail.value, seq.desc()), tail.picked(seq, seq.desc())
    if tail.earlier is not None:
        # Archived by the time it was recorded, an event may stand behind one that is not.
        older = tail.earlier.events.c.seq
        archived = tail.earlier.picked(older, older.desc())
        picked = case(
            (
                func.coalesce(archived, number(0)) > func.coalesce(place, number(0)),
                tail.earlier.picked(tail.earlier.value, older.desc()),
            ),
            else_=picked,
        )
        place = func.coalesce(place, archived)
    # Not COALESCE: the last touch may be None. Not EXISTS: it would read the context's history from its beginning.
    return picked if base is None else case((place.is_not(None), picked), else_=base)


def first(base: Expression | None, tail: Tail) -> Expression:
    """The first touch."""
    seq = tail.events.c.seq
    picked = tail.picked(tail.value, seq)
    if tail.earlier is not None:
        older = tail.earlier.events.c.seq
        archived, place = tail.earlier.picked(older, older), tail.picked(seq, seq)
        before = archived <= func.coalesce(place, archived)
        picked = case((before, tail.earlier.picked(tail.earlier.value, older)), else_=picked)
    return picked if base is None else func.coalesce(base, picked)


def total(base: Expression | None, tail: Tail, type_: TypeEngine[Any]) -> Expression:
    """The touches' sum, of this type."""
    added: Expression = func.sum(tail.value)
    if isinstance(plain_type(type_), Integer):
        added = _exact_integer(added)
    folded: Expression = func.coalesce(tail.rows(added).scalar_subquery(), number(0))
    if base is not None:
        folded = func.coalesce(base, number(0)) + folded
    return type_coerce(folded, type_)


def _exact_integer(added: Expression) -> Expression:
    # SUM gives a decimal, and CAST would cut an overflow off silently; adding 1 to the greatest integer raises.
    greatest = number(2**63 - 1)
    overflow = greatest + cast(func.abs(func.sign(added)), BigInteger)
    fits = added.between(number(-(2**63)), greatest)
    return case((fits, cast(added, BigInteger)), (added.is_not(None), overflow))


def extreme(
    base: Expression | None, tail: Tail, aggregate: str, of_two: str, type_: TypeEngine[Any]
) -> Expression:
    """The touches' extreme by these two functions of SQL."""
    folded: Expression = tail.rows(getattr(func, aggregate)(tail.value)).scalar_subquery()
    if base is None:
        return folded
    picked = getattr(func, of_two)(func.coalesce(base, folded), func.coalesce(folded, base))
    return type_coerce(picked, type_)


def handed_tail(base: Expression | None, tail: Tail) -> Expression:
    """``[base, [[seq, touch], …], how many touches]`` as text, for Python to fold; with an archive, its touches likewise.

    Where the database cannot gather them, null stands for the touches, and the count of them tells.
    """
    start = words("null") if base is None else func.coalesce(type_coerce(base, String), words("null"))
    tails = [tail] if tail.earlier is None else [tail.earlier, tail]
    parts = [part for each in tails for part in (words(","), _touches_of(each))]
    whole = func.concat(words("["), start, *parts, words("]"))
    # Longer than max_allowed_packet, it is NULL.
    return func.coalesce(whole, words("[null,null,-1]"))


def _touches_of(tail: Tail) -> Expression:
    """``[[seq, touch], …], how many touches``."""
    pair = func.concat(
        words("["), tail.events.c.seq, words(","), tail.database.written(tail.value), words("]")
    )
    found = func.concat(tail.database.gathered(pair), words(","), func.count())
    selected: Expression = tail.rows(found).where(tail.touched).scalar_subquery()
    return selected
