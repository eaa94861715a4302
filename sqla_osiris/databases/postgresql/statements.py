"""The statement that writes events on PostgreSQL: head and event in one, for one event or many.

The rows to write are a common table expression ``new`` (one SELECT of binds, or unnested arrays), the head's upsert
returns each seq, and the event takes it from there.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Dialect,
    String,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects import postgresql

from sqla_osiris.databases.elements import transaction_id
from sqla_osiris.databases.leaf_types import leaf_type
from sqla_osiris.databases.plan import Expect, Plan, Shape
from sqla_osiris.databases.positions import XID
from sqla_osiris.databases.postgresql.arrays import ArrayText
from sqla_osiris.databases.postgresql.keys import new_key
from sqla_osiris.databases.postgresql.positions import position_expression

__all__ = ["COMPILER", "clock", "typed_array", "unnested", "write_statement"]

COMPILER: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def clock() -> ColumnElement[Any]:
    """Return the clock, not the transaction's start."""
    return func.clock_timestamp()


@lru_cache(maxsize=1024)
def write_statement(plan: Plan, shape: Shape, *, many: bool) -> Any:
    """Return the statement; it returns each event's context, seq, position and recorded_at, and of its accumulators."""
    new = (_unnested if many else _bound)(plan, shape)
    head = _head(plan, shape, new).cte("head_written")
    cleared = literal_column("'*'") if shape.ends else new.c.get("cleared")
    values = plan.event(shape, new.c, seq=head.c.seq, now=clock(), cleared=cleared)
    values |= {name: head.c[name] for name in plan.context}
    ending = {name: values.pop(name) for name in ("osiris_cleared",) if name in values}
    values |= {XID: head.c[XID], **ending}
    same = and_(*(head.c[name] == new.c[f"k{i}"] for i, name in enumerate(plan.context)))
    events = select(*values.values()).select_from(head.join(new, same))
    insertion = insert(plan.events).from_select(list(values), events)
    event = insertion.returning(*_event_result(plan)).cte("event_written")
    matched = and_(*(head.c[name] == event.c[name] for name in plan.context))
    rows = head.join(event, matched)
    result = [*event.c, head.c.osiris_folded, head.c.osiris_fingerprint]
    if shape.expect is Expect.NEW:
        rows, result = rows.join(new, same), [*result, new.c.place]
    return select(*result).select_from(rows)


def _event_result(plan: Plan) -> list[ColumnElement[Any]]:
    events = plan.events.c
    context = (events[name] for name in plan.context)
    return [*context, events.seq, position_expression(events), events.recorded_at]


def _bound(plan: Plan, shape: Shape) -> Any:
    binds = [_typed_bind(n, t).label(n) for n, t in _types(plan, shape).items()]
    return _rows(plan, shape, binds).cte("new")


def _unnested(plan: Plan, shape: Shape) -> Any:
    given = unnested(_types(plan, shape), typed_array)
    rows = _rows(plan, shape, given.c)
    if shape.expect is Expect.LIVE:
        # What loses no race must meet no deadlock either: an UPDATE of many locks them in the order of its plan.
        locked = plan.heads.alias("locked")
        keys = {locked.c[name]: key for name, key in plan.keys(given.c).items()}
        rows = rows.join(locked, and_(*(column == key for column, key in keys.items())))
        rows = rows.order_by(*keys).with_for_update(of=locked)
    return rows.cte("new")


def _rows(plan: Plan, shape: Shape, given: Iterable[ColumnElement[Any]]) -> Any:
    """Return the rows of ``new``, evaluated once: with a key of its own for each that has none."""
    keys = [new_key(plan.heads).label("k0")] if shape.expect is Expect.NEW else []
    return select(*keys, *given)


def _types(plan: Plan, shape: Shape) -> dict[str, Any]:
    types = plan.types(shape)
    # Rows come back in an order of their own, and a new key does not say whose it is.
    return types | {"place": BigInteger()} if shape.expect is Expect.NEW else types


def unnested(types: Mapping[str, Any], array_bind: Callable[[str, Any], ColumnElement[Any]]) -> Any:
    """Return ``given``, the rows of arrays that are bound by these names, of these types."""
    arrays = (array_bind(name, type_) for name, type_ in types.items())
    as_texts = {name for name, type_ in types.items() if _is_array(type_)}
    columns = (column(name, Text() if name in as_texts else type_) for name, type_ in types.items())
    rows = func.unnest(*arrays).table_valued(*columns)
    if not as_texts:
        return rows.render_derived(name="given")
    texts = rows.render_derived(name="texts")
    values = (cast(c, types[c.name]).label(c.name) if c.name in as_texts else c for c in texts.c)
    return select(*values).subquery("given")


def _head(plan: Plan, shape: Shape, new: Any) -> Any:
    heads, given = plan.heads, new.c
    merged = plan.lift(plan.touches(shape, given))
    result = plan.columns(("seq", "osiris_folded", "osiris_fingerprint", XID))
    # An older transaction may write the later event: the greater id goes on.
    xid = {XID: func.greatest(heads.c[XID], transaction_id())}
    if shape.expect.updates:
        here = (*plan.here(given), *plan.expected(shape, given))
        return update(heads).where(*here).values(plan.head_update(shape, merged) | xid).returning(*result)
    values = plan.keys(given) | plan.first_head(merged) | {XID: transaction_id()}
    upsert = postgresql.insert(heads).from_select(list(values), select(*values.values()))
    if shape.expect is Expect.NEW:
        # A key that is there already was given by hand, beyond the sequence: an error, as of any row.
        return upsert.returning(*result)
    return upsert.on_conflict_do_update(
        index_elements=list(plan.context),
        set_=plan.head_update(shape, {name: upsert.excluded[name] for name in merged}) | xid,
        where=heads.c.seq == heads.c.osiris_origin if shape.expect is Expect.NOT_LIVE else None,
    ).returning(*result)


def _typed_bind(name: str, type_: Any) -> ColumnElement[Any]:
    """Return a bind that PostgreSQL knows the type of, None included, where no column says it."""
    return cast(bindparam(name, type_=type_), _named(type_))


def typed_array(name: str, type_: Any) -> ColumnElement[Any]:
    """Return an array of such; of arrays, each as a text."""
    if _is_array(type_):
        return cast(bindparam(name, type_=ARRAY(ArrayText(), dimensions=1)), ARRAY(Text(), dimensions=1))
    # One dimension: a JSON list in an array is one value, not a row of it.
    return cast(bindparam(name, type_=ARRAY(type_, dimensions=1)), ARRAY(_named(type_), dimensions=1))


def _is_array(type_: Any) -> bool:
    return isinstance(leaf_type(type_, COMPILER), ARRAY)


def _named(type_: Any) -> Any:
    plain = leaf_type(type_, COMPILER)
    # A cast to VARCHAR(n) would cut text off instead of refusing it.
    return Text() if isinstance(plain, String) and not isinstance(plain, EnumType) else type_
