"""The query that a model stands for: heads joined with the fold of their tails, one form per database.

SQLite folds a tail by correlated subqueries, PostgreSQL by one LATERAL aggregate; both read just the index range
beyond the accumulators, whatever the outer query asks for. With ``Inline()`` a row whose fingerprint is the
model's is read as it stands; others are folded from the log.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    func,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from sqla_osiris.declarative.literals import number, words
from sqla_osiris.declarative.policies import Inline, Never
from sqla_osiris.declarative.reducer_sql import Tail
from sqla_osiris.declarative.stream import Field, Stream
from sqla_osiris.declarative.tails import TailEvents, picked_event, tail_of

__all__ = ["accumulators_query", "folding_query", "states_at", "touched"]

Expression = ColumnElement[Any]


def folding_query(stream: Stream, dialect: str, *, alone: bool) -> Any:
    """The states of all live streams, in the order of the model's columns.

    ``alone`` says that the outer query reads nothing else, and no first rows of an order: the rows are the same
    either way, and the planner finds an index on a folded value only then, one on the context through a join or
    an ORDER BY … LIMIT only otherwise.
    """
    heads = stream.heads.alias("head")
    live = heads.c.seq > heads.c.osiris_origin
    if not isinstance(stream.policy, Inline):
        states = _folded(stream, heads, dialect, base=not isinstance(stream.policy, Never))
        return _ordered(stream, heads, states).where(live)
    if dialect == "postgresql" and alone:
        return _fresh_then_stale(stream, heads, dialect, live)
    return _plain_or_folded(stream, heads, dialect).where(live)


def accumulators_query(stream: Stream, heads: Any, dialect: str) -> tuple[Any, dict[str, Any]]:
    """What to select from, and each field's accumulator at the head's seq, to store as a snapshot."""
    return _folded(stream, heads, dialect, base=True)


def states_at(stream: Stream, heads: Any, dialect: str, *, base: bool) -> tuple[Any, dict[str, Any]]:
    """What to select from, and each field's state at the seq that ``heads`` say, whatever came after it.

    ``heads`` has the columns of the head table; ``base`` allows its accumulators, under their fingerprint.
    """
    start, upto = _start(stream, heads, base=base), heads.c.seq
    if dialect == "postgresql":
        return _folded_laterally(stream, heads, tail_of(stream, heads, start, upto), base=base)
    return heads, _folded_by_scalars(stream, heads, base=base, start=start, upto=upto)


def _ordered(stream: Stream, heads: Any, folded: tuple[Any, dict[str, Any]]) -> Any:
    source, states = folded
    return select(*_columns(stream, heads, states)).select_from(source)


def _columns(stream: Stream, heads: Any, states: dict[str, Any]) -> list[Any]:
    columns = []
    for column in stream.folded.c:
        expression = states[column.name] if column.name in states else heads.c[column.name]
        columns.append(expression.label(column.name))
    return columns


def _plain_or_folded(stream: Stream, heads: Any, dialect: str) -> Any:
    """One arm: databases flatten this into the outer query, LEFT JOIN included, as they do not a UNION ALL."""
    fresh = heads.c.osiris_fingerprint == number(stream.fingerprint)
    source, folded = _folded(stream, heads, dialect, base=False, only=~fresh)
    states = {name: case((fresh, heads.c[name]), else_=state) for name, state in folded.items()}
    typed = {name: type_coerce(state, stream.fields[name].sql.state_type) for name, state in states.items()}
    return _ordered(stream, heads, (source, typed))


def _fresh_then_stale(stream: Stream, heads: Any, dialect: str, live: Expression) -> Any:
    """PostgreSQL plans each arm by itself, so that an index on a folded value is used by any outer query."""
    fingerprint, current = heads.c.osiris_fingerprint, number(stream.fingerprint)
    plain = {name: heads.c[name] for name in stream.fields}
    fresh = _ordered(stream, heads, (heads, plain)).where(live, fingerprint == current)
    # Two ranges, not <>: an index can find the few stale rows by them.
    stale = or_(fingerprint < current, fingerprint > current)
    folded = _ordered(stream, heads, _folded(stream, heads, dialect, base=False)).where(live, stale)
    return union_all(fresh, folded)


def _folded(
    stream: Stream,
    heads: Any,
    dialect: str,
    *,
    base: bool,
    only: Expression | None = None,
) -> tuple[Any, dict[str, Any]]:
    """``only`` says which heads' tails are read at all, where reading is not left to a CASE."""
    start = _start(stream, heads, base=base)
    if dialect == "postgresql":
        return _folded_laterally(stream, heads, tail_of(stream, heads, start), base=base, only=only)
    return heads, _folded_by_scalars(stream, heads, base=base, start=start)


def _start(stream: Stream, heads: Any, *, base: bool) -> Expression:
    """The seq beyond which the tail begins. The accumulators count only under their own fingerprint."""
    if not base:
        return heads.c.osiris_origin  # type: ignore[no-any-return]
    fresh = heads.c.osiris_fingerprint == number(stream.fingerprint)
    return case((fresh, heads.c.osiris_folded), else_=heads.c.osiris_origin)


def _base(stream: Stream, heads: Any, field: Field, *, base: bool) -> Expression | None:
    if not base:
        return None
    fresh = heads.c.osiris_fingerprint == number(stream.fingerprint)
    return case((fresh, heads.c[field.name]))


def touched(field: Field, events: Any, dialect: str) -> Expression:
    """Whether an event touches the field: it holds a value, or names it as touched with None."""
    has_value: Expression = events.c[field.name].is_not(None)
    if not field.takes_none:
        return has_value
    return or_(has_value, and_(events.c.osiris_cleared.is_not(None), _names(events, field.name, dialect)))


def _names(events: Any, name: str, dialect: str) -> Expression:
    place = func.strpos if dialect == "postgresql" else func.instr
    found: Expression = place(events.c.osiris_cleared, words(f",{name},")) > number(0)
    return found


def _folded_by_scalars(
    stream: Stream, heads: Any, *, base: bool, start: Expression, upto: Expression | None = None
) -> dict[str, Any]:
    states = {}
    for name, field in stream.fields.items():
        events, beyond = tail_of(stream, heads, start, upto)
        tail = Tail(events, beyond, events.c[name], touched(field, events, "sqlite"), heads)
        states[name] = field.sql.scalar(_base(stream, heads, field, base=base), tail)
    return states


def _folded_laterally(
    stream: Stream, heads: Any, events_beyond: TailEvents, *, base: bool, only: Expression | None = None
) -> tuple[Any, dict[str, Any]]:
    events, beyond = events_beyond
    aggregates = []
    for name, field in stream.fields.items():
        tail = Tail(events, (), events.c[name], touched(field, events, "postgresql"), heads)
        aggregates.append(field.sql.aggregate(tail).label(name))
    if only is not None:
        beyond = (*beyond, only)
    folded = select(*aggregates).select_from(events).where(*beyond).lateral("folded")
    states = {
        name: field.sql.combine(
            _base(stream, heads, field, base=base),
            folded.c[name],
            _picked(stream, heads, field, folded.c[name]) if field.sql.picks else None,
        )
        for name, field in stream.fields.items()
    }
    return heads.join(folded, true()), states


def _picked(stream: Stream, heads: Any, field: Field, seq: Expression) -> Expression:
    events, here = picked_event(stream, heads, seq)
    return select(events.c[field.name]).where(*here).correlate(heads, seq.table).scalar_subquery()
