"""The statements that write events on MariaDB: the head's upsert or update, then the event, its seq read from the head.

MariaDB has no data-modifying CTE, no condition on an upsert and no RETURNING of an UPDATE. Its assignments run from
left to right and see what the ones before them assigned, so everything that reads seq is assigned before it.
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Text,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.elements import ColumnClause

from sqla_osiris.declarative.dialects import MARIADB
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.statements import Expect, Shape, birth, changes, clock, expected
from sqla_osiris.declarative.stream import Stream

__all__ = ["event_statement", "given", "head_statement", "in_key_order", "ordered"]

Expression = ColumnElement[Any]
_T = TypeVar("_T")

_LAST_ASSIGNED = ("osiris_folded", "osiris_origin", "osiris_fingerprint", "seq")


@lru_cache(maxsize=1024)
def head_statement(stream: Stream, shape: Shape) -> Executable:
    """The upsert or update of the head, from binds. A stream that lives against NOT_LIVE makes seq overflow: error 1690."""
    heads = stream.heads
    lifted = {
        name: stream.fields[name].sql.lift(bindparam(f"f{i}", type_=stream.events.c[name].type))
        for i, name in enumerate(shape.touched)
    }
    keys = {name: bindparam(f"k{i}", type_=heads.c[name].type) for i, name in enumerate(stream.context_names)}
    if shape.expect in (Expect.SEQ, Expect.LIVE):
        return (
            update(heads)
            .where(*(heads.c[name] == key for name, key in keys.items()), *expected(heads, shape))
            .ordered_values(*ordered(changes(stream, shape, lifted, MARIADB)))
        )
    upsert = mysql.insert(heads).values(given({**keys, **birth(stream, lifted)}))
    changed = changes(stream, shape, {name: upsert.inserted[name] for name in shape.touched}, MARIADB)
    if shape.expect is Expect.NOT_LIVE:
        changed["seq"] = _unless_live(heads, changed["seq"])
    return upsert.on_duplicate_key_update(ordered(changed))


def _unless_live(heads: Any, following: Any) -> Expression:
    # A WHERE would leave the row alone, and say so; here only an error does. A live stream's seq is 1 or more.
    overflow = heads.c.seq + number(2**63 - 1)
    return case((heads.c.seq == heads.c.osiris_origin, following), else_=overflow)


def ordered(changed: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The assignments with seq last: MariaDB's read what the ones before them wrote."""
    first = [(name, value) for name, value in changed.items() if name not in _LAST_ASSIGNED]
    return first + [(name, changed[name]) for name in _LAST_ASSIGNED if name in changed]


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The values with our own numbers as binds: drivers merge an executemany only of a VALUES that is all binds."""
    return {
        name: bindparam(f"own{place}", json.loads(value.name), type_=value.type)
        if isinstance(value, ColumnClause) and value.is_literal
        else value
        for place, (name, value) in enumerate(values.items())
    }


def in_key_order(items: Iterable[_T], key: Callable[[_T], Any]) -> list[_T]:
    """The items in one order that all writers share; contexts that have none, as enums, in that of their names."""
    try:
        return sorted(items, key=key)
    except TypeError:
        return sorted(items, key=lambda item: repr(key(item)))


@lru_cache(maxsize=1024)
def event_statement(stream: Stream, shape: Shape, *, many: bool) -> Executable:
    """The insert of the event. One alone takes its seq from the head, and returns where it and the head came to stand."""
    events, heads = stream.events, stream.heads
    keys = {
        name: bindparam(f"k{i}", type_=events.c[name].type) for i, name in enumerate(stream.context_names)
    }
    here = [heads.c[name] == key for name, key in keys.items()]

    def of_head(name: str) -> Expression:
        return select(heads.c[name]).where(*here).scalar_subquery()

    values: dict[str, Any] = dict(keys)
    values["seq"] = bindparam("seq", type_=BigInteger()) if many else of_head("seq")
    values |= {name: bindparam(f"f{i}", type_=events.c[name].type) for i, name in enumerate(shape.touched)}
    values |= {name: bindparam(name, type_=events.c[name].type) for name in shape.metadata}
    if many:
        values["recorded_at"] = bindparam("recorded_at", type_=events.c.recorded_at.type)
    else:
        # At the statement's start, with the head locked: it does not go back while seq goes on.
        values["recorded_at"] = func.coalesce(values.get("recorded_at"), clock(MARIADB))
    if shape.ends:
        values["osiris_cleared"] = bindparam("own_cleared", "*", type_=Text())
    elif shape.clears:
        values["osiris_cleared"] = bindparam("cleared", type_=Text())
    statement = insert(events).values(values)
    if many:
        return statement
    return statement.returning(
        events.c.seq,
        events.c.position,
        events.c.recorded_at,
        of_head("osiris_folded").label("folded"),
        of_head("osiris_fingerprint").label("fingerprint"),
    )
