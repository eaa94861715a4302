"""The query that a model stands for: heads joined with the fold of their tails, one form per database.

SQLite and MariaDB fold a tail by correlated subqueries, PostgreSQL by one LATERAL aggregate; both read just the index range
beyond the accumulators, whatever the outer query asks for. With ``Inline()`` a row whose fingerprint is the
model's is read as it stands; others are folded from the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number, words
from sqla_osiris.forms.form import Tail
from sqla_osiris.forms.handed import handed, handed_column, unavailable
from sqla_osiris.reading.context_keys import with_key
from sqla_osiris.reading.tails import picked_event, tail_in, tail_of
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.schema.policies import Inline, Never
from sqla_osiris.schema.tables import state_column

__all__ = ["accumulators_query", "folding_query", "states_at", "touched"]

Expression = ColumnElement[Any]


@dataclass(frozen=True)
class _Span:
    """Which events of a head's context are folded: with ``base`` those beyond its accumulators; up to a seq.

    ``newest`` as in :class:`Tail`.
    """

    base: bool
    upto: Expression | None = None
    newest: bool = False


def folding_query(log: Log, database: Database, *, alone: bool) -> Any:
    """The states of all live streams, in the order of the model's columns.

    ``alone`` says that the outer query reads nothing else, and no first rows of an order: the rows are the same
    either way, and the planner finds an index on a folded value only then, one on the context through a join or
    an ORDER BY … LIMIT only otherwise.
    """
    heads = log.heads.alias("head")
    live = heads.c.seq > heads.c.osiris_origin
    if not isinstance(log.policy, Inline):
        source, folded = _folded(log, heads, database, _Span(base=not isinstance(log.policy, Never)))
        states = {
            name: field.sql.present(_of(log, name, folded), database) for name, field in log.fields.items()
        }
        return _ordered(log, heads, (source, states)).where(live)
    if database.folds_laterally and alone:
        return _fresh_then_stale(log, heads, database, live)
    return _plain_or_folded(log, heads, database).where(live)


def accumulators_query(log: Log, heads: Any, database: Database) -> tuple[Any, dict[str, Any]]:
    """What to select from, and the accumulators at the head's seq by the head's column, to store as a snapshot."""
    if database.sees_the_past:
        # Its transactions read the past, which an accumulator at the present seq must not be folded from. An UPDATE's
        # own subqueries read the present; where Python folds in between, the SELECT has to be told.
        span, newest = _Span(base=True), log.folds_in_python(database)
        span = replace(span, newest=newest)
        return heads, _by_scalars(log, heads, log.accumulators, database, span)
    return _folded(log, heads, database, _Span(base=True))


def states_at(log: Log, heads: Any, database: Database, *, base: bool) -> tuple[Any, dict[str, Any]]:
    """What to select from, and each field's state at the seq that ``heads`` say, whatever came after it.

    ``heads`` has the columns of the head table, but for kept states; ``base`` allows its accumulators, under their
    fingerprint.
    """
    source, folded = _folded(log, heads, database, _Span(base, heads.c.seq))
    presented = {
        name: field.sql.present(_of(log, name, folded), database) for name, field in log.fields.items()
    }
    return source, {
        name: type_coerce(state, log.fields[name].sql.state_type) for name, state in presented.items()
    }


def _of(log: Log, field: str, accumulators: dict[str, Any]) -> list[Any]:
    return [accumulators[column] for column in log.fields[field].sql.accumulators(field)]


def _ordered(log: Log, heads: Any, folded: tuple[Any, dict[str, Any]]) -> Any:
    source, states = folded
    return select(*_columns(log, heads, states)).select_from(source)


def _columns(log: Log, heads: Any, states: dict[str, Any]) -> list[Any]:
    columns = []
    for column in log.folded.c:
        expression = states[column.name] if column.name in states else heads.c[column.name]
        expression = with_key(log, heads, column.name, expression)
        columns.append(expression.label(column.name))
    extra = states.keys() - {column.name for column in log.folded.c}
    return [*columns, *(states[name].label(name) for name in sorted(extra))]


def _plain_or_folded(log: Log, heads: Any, database: Database) -> Any:
    """One arm: databases flatten this into the outer query, LEFT JOIN included, as they do not a UNION ALL."""
    fresh = heads.c.osiris_fingerprint == number(log.fingerprint)
    source, folded = _folded(log, heads, database, _Span(base=False), only=~fresh)
    kept, refolded = _kept(log, heads, database), _refolded(log, heads, folded, database)
    states = {name: case((fresh, state), else_=refolded[name]) for name, state in kept.items()}
    typed = {
        name: type_coerce(states[name], field.sql.stored_state_type) for name, field in log.fields.items()
    }
    return _ordered(log, heads, (source, states | typed))


def _fresh_then_stale(log: Log, heads: Any, database: Database, live: Expression) -> Any:
    """PostgreSQL plans each arm by itself, so that an index on a folded value is used by any outer query."""
    fingerprint, current = heads.c.osiris_fingerprint, number(log.fingerprint)
    plain = _as_wide_as_folded(log, database, _kept(log, heads, database))
    fresh = _ordered(log, heads, (heads, plain)).where(live, fingerprint == current)
    # Two ranges, not <>: an index can find the few stale rows by them.
    stale = or_(fingerprint < current, fingerprint > current)
    source, folded = _folded(log, heads, database, _Span(base=False))
    states = _refolded(log, heads, folded, database)
    return union_all(fresh, _ordered(log, heads, (source, states)).where(live, stale))


def _as_wide_as_folded(log: Log, database: Database, kept: dict[str, Any]) -> dict[str, Any]:
    """The states of fresh heads in the types of the other arm's.

    Before its migration a changed reducer's column may hold wider integers, and PostgreSQL would then compute both arms
    whole: also what only Python can tell, which is an error. A cast to what a column is already is dropped.
    """
    if not log.folds_in_python(database):
        return kept
    types = {name: field.sql.state_type for name, field in log.fields.items()}
    integers = {name for name, type_ in types.items() if isinstance(type_, Integer)}
    return kept | {name: cast(kept[name], types[name]) for name in kept.keys() & integers}


def _kept(log: Log, heads: Any, database: Database) -> dict[str, Any]:
    """The states of a fresh head, presented by its accumulators or kept beside them."""
    states = {}
    for name, field in log.fields.items():
        if field.sql.in_python(database):
            states[name] = heads.c[state_column(name)]
            states[handed_column(name)] = handed(states[name], database)
        else:
            states[name] = field.sql.present(_of(log, name, heads.c), database)
    return states


def _refolded(log: Log, heads: Any, folded: dict[str, Any], database: Database) -> dict[str, Any]:
    """The states of a stale head. Where only Python can tell one, SQL that computes with it is an error."""
    states = {}
    for name, field in log.fields.items():
        if field.sql.in_python(database):
            said = f"{log.model}.{field.key} is stale and SQL cannot fold it; take repository(...).snapshot() of "
            context = log.context_columns(heads)
            states[name] = unavailable(said, context, field.sql.stored_state_type, database)
            states[handed_column(name)] = type_coerce(folded[name], Text)
        else:
            states[name] = field.sql.present(_of(log, name, folded), database)
    return states


def _folded(
    log: Log, heads: Any, database: Database, span: _Span, only: Expression | None = None
) -> tuple[Any, dict[str, Any]]:
    """``only`` says which heads' tails are read at all, where reading is not left to a CASE."""
    if database.folds_laterally:
        return _folded_laterally(log, heads, database, span, only)
    return heads, _by_scalars(log, heads, log.accumulators, database, span)


def _start(log: Log, heads: Any, *, base: bool) -> Expression:
    """The seq beyond which the tail begins. The accumulators count only under their own fingerprint."""
    if not base:
        return heads.c.osiris_origin  # type: ignore[no-any-return]
    fresh = heads.c.osiris_fingerprint == number(log.fingerprint)
    return case((fresh, heads.c.osiris_folded), else_=heads.c.osiris_origin)


def _base(log: Log, heads: Any, column: str, *, base: bool) -> Expression | None:
    if not base:
        return None
    fresh = heads.c.osiris_fingerprint == number(log.fingerprint)
    return case((fresh, heads.c[column]))


def touched(field: Field, events: Any, database: Database) -> Expression:
    """Whether an event touches the field: it holds a value, or names it as touched with None."""
    has_value: Expression = events.c[field.name].is_not(None)
    if not field.takes_none:
        return has_value
    return or_(has_value, and_(events.c.osiris_cleared.is_not(None), _names(events, field.name, database)))


def _names(events: Any, name: str, database: Database) -> Expression:
    found: Expression = database.find(events.c.osiris_cleared, words(f",{name},")) > number(0)
    return found


def _tail(log: Log, events: Any, column: str, database: Database) -> Tail:
    field = log.fields[log.accumulators[column].field]
    return Tail(events, (), events.c[field.name], touched(field, events, database), None, database)


def _by_scalars(
    log: Log, heads: Any, columns: Iterable[str], database: Database, span: _Span
) -> dict[str, Any]:
    return {column: _by_scalar(log, heads, column, database, span) for column in columns}


def _by_scalar(log: Log, heads: Any, column: str, database: Database, span: _Span) -> Expression:
    accumulator, base = log.accumulators[column], _base(log, heads, column, base=span.base)
    tail = _scalar_tail(log, heads, column, database, span)
    at_once = accumulator.form.picks or log.fields[accumulator.field].sql.in_python(database)
    if tail.earlier is not None and not at_once:
        # Python is handed both parts at once, and so is what picks one of the touches. Others fold them one after the other.
        base = accumulator.form.scalar(base, tail.earlier)
    return accumulator.form.scalar(base, tail)


def _scalar_tail(log: Log, heads: Any, column: str, database: Database, span: _Span) -> Tail:
    start = _start(log, heads, base=span.base)

    def seen(events: Any, beyond: tuple[Expression, ...]) -> Tail:
        tail = _tail(log, events, column, database)
        return replace(tail, where=beyond, head=heads, newest=span.newest)

    if not database.folds_flat or log.archive is None:
        return seen(*tail_of(log, heads, database, start, span.upto))
    archived, recent = (
        seen(*tail_in(table, log, heads, start, span.upto)) for table in (log.archive, log.events)
    )
    return replace(recent, earlier=archived)


def _folded_laterally(
    log: Log, heads: Any, database: Database, span: _Span, only: Expression | None
) -> tuple[Any, dict[str, Any]]:
    start = _start(log, heads, base=span.base)
    events, beyond = tail_of(log, heads, database, start, span.upto)
    grouped = {
        column: accumulator.form
        for column, accumulator in log.accumulators.items()
        if not accumulator.form.correlated
    }
    aggregates = [
        form.aggregate(_tail(log, events, column, database)).label(column) for column, form in grouped.items()
    ]
    if only is not None:
        beyond = (*beyond, only)
    correlated = [column for column in log.accumulators if column not in grouped]
    states = _by_scalars(log, heads, correlated, database, span)
    if not grouped:
        return heads, states
    folded = select(*aggregates).select_from(events).where(*beyond).lateral("folded")
    for column, form in grouped.items():
        base = _base(log, heads, column, base=span.base)
        picked = _picked(log, heads, column, folded.c[column]) if form.picks else None
        states[column] = form.combine(base, folded.c[column], picked)
    return heads.join(folded, true()), states


def _picked(log: Log, heads: Any, field: str, seq: Expression) -> Expression:
    events, here = picked_event(log, heads, seq)
    return select(events.c[field]).where(*here).correlate(heads, seq.table).scalar_subquery()
