"""The statements that write events on MySQL and MariaDB: the head's upsert or update, then the event.

They have no data-modifying CTE, no condition on an upsert and no RETURNING of an UPDATE. Assignments run from left to
right and see what the ones before them assigned, so everything that reads seq is assigned before it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    FromClause,
    Table,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    insert,
    literal_column,
    null,
    update,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.functions import FunctionElement

from sqla_osiris.databases.literals import number
from sqla_osiris.databases.mysql_family.types import NAMES
from sqla_osiris.databases.plan import STALE, Expect, Plan, Shape

__all__ = [
    "PLACEHOLDER",
    "chunk_changes",
    "chunk_insert_statement",
    "clock",
    "event_statement",
    "event_values",
    "head_statement",
    "in_key_order",
    "insert_statement",
    "inserted",
    "upserting",
    "with_own_binds",
]

Expression = ColumnElement[Any]
_T = TypeVar("_T")

_FIRST_ASSIGNED = ("osiris_folded",)
_LAST_ASSIGNED = ("osiris_origin", "osiris_fingerprint", "seq")

PLACEHOLDER = -1
"""The origin of a head that an update of many heads had to insert, because there was none."""


def clock() -> Expression:
    """Return the clock, in UTC."""
    return func.utc_timestamp(literal_column("6"))


class _Inserted(FunctionElement[Any]):
    """``VALUES(column)``: SQLAlchemy's own ``inserted`` doubles a percent sign in a column's name once too often."""

    inherit_cache = True


@compiles(_Inserted, *NAMES)
def _values(element: _Inserted, compiler: Any, **_: Any) -> str:
    (named,) = element.clauses
    return f"VALUES({compiler.preparer.quote(named.name)})"


class _Upsert(mysql.Insert):
    """An INSERT whose ON DUPLICATE KEY UPDATE says VALUES(): drivers that know no alias of a row send one row each else."""

    inherit_cache = bool(mysql.Insert.inherit_cache)  # SQLAlchemy 2.0 caches none that has the clause


@compiles(_Upsert, *NAMES)
def _without_alias(element: _Upsert, compiler: Any, **kw: Any) -> str:
    return _ALIAS.sub(" ON DUPLICATE KEY UPDATE ", compiler.visit_insert(element, **kw), count=1)


_ALIAS: Final = re.compile(r" AS new(?:_1)? ON DUPLICATE KEY UPDATE ")
"""SQLAlchemy writes it for MySQL, which names the row so since 8.0.19."""


def upserting(table: Table) -> mysql.Insert:
    """Return an INSERT to which ``on_duplicate_key_update`` can be added, of :func:`inserted` alone."""
    return _Upsert(table)


def inserted(table: FromClause) -> dict[str, Any]:
    """Return what an upsert would have inserted, in its ON DUPLICATE KEY UPDATE, by the names of the table's columns."""
    values: dict[str, Any] = {each.name: _Inserted(column(each.name, each.type)) for each in table.c}
    for name, value in values.items():
        value.type = table.c[name].type
    return values


@lru_cache(maxsize=1024)
def head_statement(plan: Plan, shape: Shape, *, many: bool) -> Any:
    """Return the upsert or update of the head, from binds.

    An upsert takes no condition: where it must not change a head, a number overflows (error 1690). One update is an
    UPDATE, which may find no row; many are an upsert, which drivers send as one, and which inserts what it does not find.
    """
    heads, row = plan.heads, plan.binds(shape)
    merged = plan.lift(plan.touches(shape, row))
    if shape.expect.updates and not many:
        here = (*plan.here(row), *plan.expected(shape, row))
        return update(heads).where(*here).ordered_values(*ordered(plan.head_update(shape, merged)))
    first = _placeholder_head(row, merged) if shape.expect.updates else plan.first_head(merged)
    upsert = upserting(heads).values(with_own_binds({**plan.keys(row), **first}))
    given = inserted(heads)
    changed = plan.head_update(shape, {name: given[name] for name in merged})
    conditions = _in_context(plan, given) if plan.unique else []
    if shape.expect.updates:
        conditions += plan.expected(shape, {"expected": given["seq"]})
    elif shape.expect is Expect.NOT_LIVE:
        conditions.append(heads.c.seq == heads.c.osiris_origin)
    if conditions:
        changed = only_if(heads, changed, and_(*conditions))
    return upsert.on_duplicate_key_update(ordered(changed))


def _in_context(plan: Plan, given: Mapping[str, Any]) -> list[Expression]:
    """Return the conditions that an upsert updates the head of its context, and not one that holds a unique value of it."""
    return [plan.heads.c[name] == given[name] for name in plan.context]


def chunk_changes(plan: Plan, names: tuple[str, ...] | None) -> list[tuple[Any, Any]]:
    """Return the assignments of a chunk's upsert."""
    given = inserted(plan.heads)
    changed = plan.chunk_update(given, names)
    if plan.unique:
        changed = only_if(plan.heads, changed, and_(*_in_context(plan, given)))
    return ordered(changed)


@lru_cache(maxsize=1024)
def insert_statement(plan: Plan, shape: Shape) -> Any:
    """Return the insert of a new head that updates none, so that the server says which constraint refuses it."""
    row = plan.binds(shape)
    return insert(plan.heads).values(plan.keys(row) | plan.first_head(plan.lift(plan.touches(shape, row))))


@lru_cache(maxsize=256)
def chunk_insert_statement(plan: Plan, names: tuple[str, ...] | None) -> Any:
    """As :func:`insert_statement`, of a chunk's heads."""
    binds = {name: bindparam(name, type_=type_) for name, type_ in plan.chunk_types(names).items()}
    return insert(plan.heads).values(plan.chunk_heads(binds, names))


def _placeholder_head(row: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    head = {
        "osiris_origin": number(PLACEHOLDER),
        "osiris_folded": number(0),
        "osiris_fingerprint": number(STALE),
    }
    return {"seq": row.get("expected", number(1)), **head, **merged}


def only_if(heads: Table, changed: dict[str, Any], holds: Expression) -> dict[str, Any]:
    # The first assignment decides, while all columns are as they were. No head's seq is 0; a tombstone's is less.
    first = next(name for name in (*_FIRST_ASSIGNED, "seq") if name in changed)
    overflow = number(2**63 - 1) + func.abs(func.sign(heads.c.seq))
    return changed | {first: case((holds, changed[first]), else_=overflow)}


def ordered(changed: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Return the assignments with seq last: they read what the ones before them wrote."""
    named = (*_FIRST_ASSIGNED, *_LAST_ASSIGNED)
    names = [*_FIRST_ASSIGNED, *(name for name in changed if name not in named), *_LAST_ASSIGNED]
    return [(name, _unbound(changed[name])) for name in names if name in changed]


def _unbound(value: Any) -> Any:
    # An identity is our own number; drivers merge the rows of an upsert only where nothing but VALUES has binds.
    if value is None:
        return null()
    return value if isinstance(value, ClauseElement) else number(value)


def with_own_binds(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with our own numbers as binds: drivers merge an executemany only of a VALUES that is all binds."""
    return {
        name: bindparam(f"own{place}", json.loads(value.name), type_=value.type)
        if isinstance(value, ColumnClause) and value.is_literal
        else value
        for place, (name, value) in enumerate(values.items())
    }


def in_key_order(items: Iterable[_T], key: Callable[[_T], Any]) -> list[_T]:
    """Return the items in one order that all writers share; contexts that have none, as enums, in that of their names."""
    try:
        return sorted(items, key=key)
    except TypeError:
        return sorted(items, key=lambda item: repr(key(item)))


@lru_cache(maxsize=1024)
def event_statement(plan: Plan, shape: Shape) -> Any:
    """Return the insert of an event, its seq and the time from binds."""
    seq = bindparam("seq", type_=BigInteger())
    values = event_values(plan, shape, seq=seq, now=clock())
    values["recorded_at"] = bindparam("recorded_at", type_=plan.events.c.recorded_at.type)
    return insert(plan.events).values(values)


def event_values(plan: Plan, shape: Shape, *, seq: Any, now: Any) -> dict[str, Any]:
    """Return the event's values from binds, by column name."""
    row = plan.binds(shape)
    own_cleared = bindparam("own_cleared", "*", type_=Text())
    return plan.event(shape, row, seq=seq, now=now, cleared=own_cleared if shape.ends else row.get("cleared"))
