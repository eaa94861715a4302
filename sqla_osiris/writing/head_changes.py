"""The statements that write events: head row and event together, seq taken from the head.

PostgreSQL does it in one statement for one event or many: the rows to write are a common table expression ``new``
(one SELECT of binds, or unnested arrays), the head's upsert returns each seq, and the event takes it from there.
SQLite has no data-modifying CTE: it runs the head's statement and then the event's, under one write lock.
MariaDB's statements are in :mod:`sqla_osiris.databases.mariadb.statements`.

Binds are named ``k0…`` (context), ``f0…`` (touched fields), ``expected``, ``cleared`` and the event's metadata.
"""

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    String,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects import postgresql, sqlite

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, SQLITE, compiler_of
from sqla_osiris.databases.positions import XID, transaction_id
from sqla_osiris.databases.wire import plain_type
from sqla_osiris.schema.log import STALE, Stream
from sqla_osiris.schema.tables import state_column

__all__ = [
    "Expect",
    "Shape",
    "birth",
    "changes",
    "clock",
    "emptied",
    "event_statement",
    "expected",
    "fresh_head_statement",
    "head_statement",
    "identities",
    "lifted",
    "postgresql_statement",
    "typed_bind",
]

Expression = ColumnElement[Any]

METADATA = ("event_id", "event_type", "event_meta", "recorded_at")


class Expect(Enum):
    """What a write expects of its stream; anything else is a lost race."""

    ANYTHING = auto()
    NOT_LIVE = auto()
    SEQ = auto()
    LIVE = auto()
    """A life that has begun, at any seq: what :func:`~.required.lacks` says of one event."""

    @property
    def updates(self) -> bool:
        """Whether the head must be there: it is updated, else inserted or updated."""
        return self in {Expect.SEQ, Expect.LIVE}


@dataclass(frozen=True)
class Shape:
    """What decides a statement's text: the fields touched (by column name), and what comes along."""

    touched: tuple[str, ...]
    expect: Expect
    ends: bool = False
    clears: bool = False
    metadata: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def postgresql_statement(stream: Stream, shape: Shape, *, many: bool) -> Any:
    """Returns each event's context, seq, position and recorded_at, and what its head says of the accumulators."""
    new = (_unnested if many else _bound)(stream, shape)
    head = _postgresql_head(stream, shape, new).cte("head_written")
    same = and_(*(head.c[name] == new.c[f"k{i}"] for i, name in enumerate(stream.context_names)))
    values = {name: head.c[name] for name in (*stream.context_names, "seq")}
    values |= {name: new.c[f"f{i}"] for i, name in enumerate(shape.touched)}
    values |= {name: new.c[name] for name in shape.metadata}
    recorded_at = clock(POSTGRESQL)
    if "recorded_at" in shape.metadata:
        recorded_at = func.coalesce(new.c.recorded_at, recorded_at)
    values["recorded_at"] = recorded_at
    values[XID] = head.c[XID]
    if shape.clears or shape.ends:
        values["osiris_cleared"] = literal_column("'*'") if shape.ends else new.c.cleared
    rows = select(*values.values()).select_from(head.join(new, same))
    events = stream.events
    event = (
        insert(events).from_select(list(values), rows).returning(*_event_result(stream)).cte("event_written")
    )
    matched = and_(*(head.c[name] == event.c[name] for name in stream.context_names))
    return select(*event.c, head.c.osiris_folded, head.c.osiris_fingerprint).select_from(
        head.join(event, matched)
    )


def _event_result(stream: Stream) -> list[Expression]:
    events = stream.events.c
    context = (events[name] for name in stream.context_names)
    return [*context, events.seq, POSTGRESQL.position_expression(events), events.recorded_at]


@lru_cache(maxsize=1024)
def fresh_head_statement(stream: Stream, shape: Shape) -> Executable:
    """SQLite, with ``Inline()``: the update of a head that stands at ``expected`` and is not stale, from binds."""
    heads = stream.heads
    following = heads.c.seq + 1
    touches = {name: _bind(f"f{i}", stream.events.c[name].type) for i, name in enumerate(shape.touched)}
    merged = lifted(stream, touches, SQLITE)
    raised = {"seq": following, "osiris_folded": following, **_merged(stream, merged, SQLITE)}
    here = (
        heads.c[name] == _bind(f"k{i}", heads.c[name].type) for i, name in enumerate(stream.context_names)
    )
    fresh = heads.c.osiris_fingerprint == number(stream.fingerprint)
    return update(heads).where(*here, *expected(heads, shape.expect), fresh).values(raised)


@lru_cache(maxsize=1024)
def head_statement(stream: Stream, shape: Shape, *, returning: bool) -> Executable:
    """SQLite: the upsert or update of the head, from binds."""
    heads = stream.heads
    touches = {name: _bind(f"f{i}", stream.events.c[name].type) for i, name in enumerate(shape.touched)}
    merged = lifted(stream, touches, SQLITE)
    keys = {name: _bind(f"k{i}", heads.c[name].type) for i, name in enumerate(stream.context_names)}
    statement: Any
    if shape.expect.updates:
        statement = (
            update(heads)
            .where(*(heads.c[name] == key for name, key in keys.items()), *expected(heads, shape.expect))
            .values(changes(stream, shape, merged, SQLITE))
        )
    else:
        upsert = sqlite.insert(heads).values({**keys, **birth(stream, merged, SQLITE)})
        excluded = {name: upsert.excluded[name] for name in merged}
        statement = upsert.on_conflict_do_update(
            index_elements=list(stream.context_names),
            set_=changes(stream, shape, excluded, SQLITE),
            where=heads.c.seq == heads.c.osiris_origin if shape.expect is Expect.NOT_LIVE else None,
        )
    if returning:
        statement = statement.returning(heads.c.seq, heads.c.osiris_folded, heads.c.osiris_fingerprint)
    return statement  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def event_statement(stream: Stream, shape: Shape, *, many: bool) -> Executable:
    """SQLite: the insert of the event, its seq known. One returns its position and recorded_at; many bind them."""
    events = stream.events
    values: dict[str, Any] = {
        name: _bind(f"k{i}", events.c[name].type) for i, name in enumerate(stream.context_names)
    }
    values["seq"] = bindparam("seq", type_=BigInteger())
    position = select(func.coalesce(func.max(events.c.position), 0) + 1).scalar_subquery()
    values["position"] = bindparam("position", type_=BigInteger()) if many else position
    now = bindparam("now", type_=Text()) if many else clock(SQLITE)
    values["recorded_at"] = now
    values |= {name: _bind(f"f{i}", events.c[name].type) for i, name in enumerate(shape.touched)}
    for name in shape.metadata:
        given = _bind(name, events.c[name].type)
        values[name] = func.coalesce(given, now) if name == "recorded_at" else given
    if shape.ends:
        values["osiris_cleared"] = literal_column("'*'")
    elif shape.clears:
        values["osiris_cleared"] = bindparam("cleared", type_=Text())
    statement = insert(events).values(values)
    return statement if many else statement.returning(events.c.position, events.c.recorded_at)


def clock(database: Database) -> Expression:
    """The database's clock now, not at the transaction's start: it does not go back while seq goes on."""
    if database == POSTGRESQL:
        return func.clock_timestamp()
    if database == MARIADB:
        return func.utc_timestamp(literal_column("6"))
    return func.strftime(literal_column("'%Y-%m-%d %H:%M:%f000'"), literal_column("'now'"))


def typed_bind(name: str, type_: Any, *, array: bool = False) -> Expression:
    """A bind that PostgreSQL knows the type of, None included, where no column says it; or an array of such."""
    plain = plain_type(type_, compiler_of(POSTGRESQL))
    # A cast to VARCHAR(n) would cut text off instead of refusing it.
    named = Text() if isinstance(plain, String) and not isinstance(plain, EnumType) else type_
    # One dimension: a JSON list in an array is one value, not a row of it.
    bind = bindparam(name, type_=ARRAY(type_, dimensions=1) if array else type_)
    return cast(bind, ARRAY(named, dimensions=1) if array else named)


def _bind(name: str, type_: Any) -> Expression:
    return bindparam(name, type_=type_)


def _bind_types(stream: Stream, shape: Shape) -> dict[str, Any]:
    types = {f"k{i}": stream.heads.c[name].type for i, name in enumerate(stream.context_names)}
    types |= {f"f{i}": stream.events.c[name].type for i, name in enumerate(shape.touched)}
    types |= {name: stream.events.c[name].type for name in shape.metadata}
    if shape.clears:
        types["cleared"] = Text()
    if shape.expect is Expect.SEQ:
        types["expected"] = BigInteger()
    return types


def _bound(stream: Stream, shape: Shape) -> Any:
    return select(*(typed_bind(n, t).label(n) for n, t in _bind_types(stream, shape).items())).cte("new")


def _unnested(stream: Stream, shape: Shape) -> Any:
    types = _bind_types(stream, shape)
    arrays = (typed_bind(name, type_, array=True) for name, type_ in types.items())
    rows = func.unnest(*arrays).table_valued(*(column(n, t) for n, t in types.items()))
    return select(*rows.render_derived(name="given").c).cte("new")


def _postgresql_head(stream: Stream, shape: Shape, new: Any) -> Any:
    heads = stream.heads
    touches = {name: new.c[f"f{i}"] for i, name in enumerate(shape.touched)}
    merged = lifted(stream, touches, POSTGRESQL)
    keys = {name: new.c[f"k{i}"] for i, name in enumerate(stream.context_names)}
    result = [heads.c[name] for name in stream.context_names]
    result += [heads.c.seq, heads.c.osiris_folded, heads.c.osiris_fingerprint, heads.c[XID]]
    xid = {XID: func.greatest(heads.c[XID], transaction_id())}
    if shape.expect.updates:
        found = (heads.c[name] == key for name, key in keys.items())
        return (
            update(heads)
            .where(*found, *expected(heads, shape.expect, new.c))
            .values(changes(stream, shape, merged, POSTGRESQL) | xid)
            .returning(*result)
        )
    values = {**keys, **birth(stream, merged, POSTGRESQL), XID: transaction_id()}
    upsert = postgresql.insert(heads).from_select(list(values), select(*values.values()))
    excluded = {name: upsert.excluded[name] for name in merged}
    return upsert.on_conflict_do_update(
        index_elements=list(stream.context_names),
        set_=changes(stream, shape, excluded, POSTGRESQL) | xid,
        where=heads.c.seq == heads.c.osiris_origin if shape.expect is Expect.NOT_LIVE else None,
    ).returning(*result)


def expected(heads: Table, expect: Expect, new: Any = None) -> list[Expression]:
    """What must hold of a head that is updated for the write to win."""
    live = heads.c.seq > heads.c.osiris_origin
    if expect is Expect.LIVE:
        return [live]
    seq = bindparam("expected", type_=BigInteger()) if new is None else new.expected
    return [heads.c.seq == seq, live]


def lifted(stream: Stream, touches: dict[str, Any], database: Database) -> dict[str, Any]:
    """The accumulators of one event's touches by the head's column; none unless this statement merges them."""
    if not stream.merges_inline(database):
        return {}
    return {
        column: accumulator.form.lift(touches[accumulator.field], database)
        for column, accumulator in stream.accumulators.items()
        if accumulator.field in touches
    }


def identities(stream: Stream) -> dict[str, Any]:
    """What the accumulators of an untouched head hold, where that is not NULL."""
    return {
        column: number(accumulator.form.identity)
        for column, accumulator in stream.accumulators.items()
        if accumulator.form.identity is not None
    }


def emptied(stream: Stream) -> dict[str, Any]:
    """What a head that exists holds once nothing is folded in it: no accumulator, and no state kept beside it."""
    heads = stream.heads.c
    kept = (state_column(name) for name in stream.fields)
    return {name: accumulator.form.identity for name, accumulator in stream.accumulators.items()} | {
        name: None for name in kept if name in heads
    }


def birth(stream: Stream, merged: dict[str, Any], database: Database) -> dict[str, Any]:
    """A head's first values: with Inline() its one event is folded in."""
    inline = stream.merges_inline(database)
    one, none = number(1), number(0)
    return {
        "seq": one,
        "osiris_origin": none,
        "osiris_folded": one if inline else none,
        "osiris_fingerprint": number(stream.fingerprint),
        **identities(stream),
        **merged,
    }


def changes(stream: Stream, shape: Shape, touched: dict[str, Any], database: Database) -> dict[str, Any]:
    """What an event changes in a head that exists."""
    heads = stream.heads
    following = heads.c.seq + number(1)
    current = number(stream.fingerprint)
    if shape.ends:
        # Nothing of the life that ends is folded any more, so the accumulators are the identity, and current.
        return {
            "seq": following,
            "osiris_origin": following,
            "osiris_folded": following,
            "osiris_fingerprint": current,
            **emptied(stream),
        }
    if not stream.merges_inline(database):
        return {"seq": following}
    fresh = heads.c.osiris_fingerprint == current
    return {
        "seq": following,
        "osiris_folded": case((fresh, following), else_=heads.c.osiris_folded),
        "osiris_fingerprint": case((fresh, current), else_=number(STALE)),
        **{
            name: case((fresh, merged), else_=heads.c[name])
            for name, merged in _merged(stream, touched, database).items()
        },
    }


def _merged(stream: Stream, touched: dict[str, Any], database: Database) -> dict[str, Any]:
    """The accumulators of a head with these merged into them."""
    heads = stream.heads.c
    return {
        name: stream.accumulators[name].form.merge(heads[name], value, database)
        for name, value in touched.items()
    }
