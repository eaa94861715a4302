"""The query that a model stands for: heads joined with the fold of their tails, one form per database.

SQLite and MariaDB fold a tail by correlated subqueries, PostgreSQL by one LATERAL aggregate; both read just the index range
beyond the accumulators, whatever the outer query asks for. With ``Inline()`` a row whose fingerprint is the
model's is read as it stands; others are folded from the log.

With an archive both tables are the arms of a UNION ALL. SQLite does not push a condition that refers to an outer row into
it, and would read the whole log for every head, so there the conditions stand inside each arm. PostgreSQL pushes them, and
reads the arms' rows with less ado where it has to. MariaDB takes no such condition in an arm at all: it folds each table by
itself, the archive first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Integer, Table, Text, and_, case, cast, func, or_, select, true, type_coerce, union_all

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number, words
from sqla_osiris.forms.form import Expression, Tail
from sqla_osiris.forms.handed import handed, handed_column, unavailable
from sqla_osiris.reading.context_keys import with_key
from sqla_osiris.reading.merging import merged_select
from sqla_osiris.reducers import First
from sqla_osiris.schema.field import columns_as_read
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.schema.policies import Inline, Never
from sqla_osiris.schema.tables import state_column
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["accumulators_query", "folding_query", "recorded_at", "states_at", "touched"]


def folding_query(log: Log, database: Database, *, alone: bool, lock: Any = None) -> Any:
    """The states of all live streams, in the order of the model's columns.

    ``alone`` says that the outer query reads nothing else, and no first rows of an order: the rows are the same
    either way, and the planner finds an index on a folded value only then, one on the context through a join or
    an ORDER BY … LIMIT only otherwise. ``lock`` is what FOR UPDATE says, where the fold itself locks the heads: it then
    reads what is committed when it has their locks.
    """
    heads = log.heads.alias("head")
    live = heads.c.seq > heads.c.osiris_origin
    newest = lock is not None
    if not isinstance(log.policy, Inline):
        base = not isinstance(log.policy, Never)
        source, folded = _Fold(log, heads, database, base=base, newest=newest).accumulators()
        columns = _ordered(log, heads, _presented(log, folded, database), newest=newest)
        query = merged_select(database, heads, source, columns)
    elif database.folds_laterally and alone:
        return _fresh_then_stale(log, heads, database, live)
    else:
        query = _plain_or_folded(log, heads, database, newest=newest)
    return query.where(live) if lock is None else _locking(log, heads, database, query.where(live), lock)


def _locking(log: Log, heads: Any, database: Database, query: Any, lock: Any) -> Any:
    """The fold, which locks the heads that it reads.

    PostgreSQL reads a head anew that it waited for, and nothing beside it. A stale one, whose log would be read as of the
    statement's beginning, is left out then: behind an OFFSET its seq stays what it was.
    """
    if database.folds_laterally:
        found = select(heads.c.seq).correlate(heads).offset(number(0)).lateral("found")
        still = found.c.seq == heads.c.seq
        if isinstance(log.policy, Inline) and not log.derived:
            still = or_(heads.c.osiris_fingerprint == number(log.fingerprint), still)
        query = query.join(found, true()).where(still)
    arguments = {name: getattr(lock, name) for name in ("nowait", "read", "skip_locked", "key_share")}
    return query.with_for_update(of=heads, **arguments)


def accumulators_query(log: Log, heads: Any, database: Database) -> tuple[Any, dict[str, Any]]:
    """What to select from, and the accumulators at the head's seq by the head's column, to store as a snapshot."""
    if database.sees_the_past:
        # Its transactions read the past, which an accumulator at the present seq must not be folded from. An UPDATE's
        # own subqueries read the present; where Python folds in between, the SELECT has to be told.
        fold = _Fold(log, heads, database, base=True, newest=log.folds_in_python(database))
        return heads, fold.by_scalars(log.accumulators)
    return _Fold(log, heads, database, base=True).accumulators()


def states_at(log: Log, heads: Any, database: Database, *, base: bool) -> tuple[Any, dict[str, Any]]:
    """Return what to select from, and each field's state at the seq that ``heads`` say, whatever came after it.

    ``heads`` has the columns of the head table, but for kept states; ``base`` allows its accumulators, under their
    fingerprint.
    """
    source, folded = _Fold(log, heads, database, base, heads.c.seq).accumulators()
    presented = _presented(log, folded, database)
    return source, {
        name: type_coerce(state, log.fields[name].sql.state_type) for name, state in presented.items()
    }


def touched(field: Field, events: Any, database: Database) -> Expression:
    """Whether an event touches the field: it holds a value, or names it as touched with None."""
    has_value: Expression = events.c[field.name].is_not(None)
    if not field.takes_none:
        return has_value
    cleared = events.c.osiris_cleared
    named = database.find(cleared, words(f",{field.name},")) > number(0)
    return or_(has_value, and_(cleared.is_not(None), named))


def _presented(log: Log, accumulators: Any, database: Database) -> dict[str, Any]:
    return {name: field.sql.state(name, accumulators, database) for name, field in log.fields.items()}


def recorded_at(log: Log, heads: Any, name: str, *, newest: bool = False) -> Expression:
    """Return what a derived column says: when the life's first event, or its last one, was recorded.

    It is found by the primary key, in the log or in the archive.
    """
    begins = isinstance(log.derived[name].reducer, First)
    seq = heads.c.osiris_origin + number(1) if begins else heads.c.seq
    found = []
    for table in log.event_tables:
        events = table.alias("recorded")
        here = (*log.same_context(events, heads), events.c.seq == seq)
        query = select(events.c.recorded_at).where(*here).correlate(heads)
        found.append((query.with_for_update(read=True) if newest else query).scalar_subquery())
    return found[0] if len(found) == 1 else func.coalesce(*found, type_=UTCDateTime())


def _ordered(log: Log, heads: Any, states: dict[str, Any], *, newest: bool = False) -> list[Any]:
    """Return the columns in the model's order."""
    names = [column.name for column in log.folded.c]
    derived = {name: recorded_at(log, heads, name, newest=newest) for name in log.derived}
    states = states | derived
    columns = [
        with_key(log, heads, name, states[name] if name in states else heads.c[name]).label(name)
        for name in names
    ]
    extra = sorted(states.keys() - set(names))
    return columns + [states[name].label(name) for name in extra]


def _plain_or_folded(log: Log, heads: Any, database: Database, *, newest: bool) -> Any:
    """One arm: databases flatten this into the outer query, LEFT JOIN included, as they do not a UNION ALL."""
    fold = _Fold(log, heads, database, base=False, newest=newest)
    fresh = fold.fresh
    source, folded = fold.accumulators(only=~fresh)
    kept, refolded = _kept(log, heads, database), _refolded(log, heads, folded, database)
    states = {name: case((fresh, state), else_=refolded[name]) for name, state in kept.items()}
    typed = {
        name: type_coerce(states[name], field.sql.stored_state_type) for name, field in log.fields.items()
    }
    return merged_select(database, heads, source, _ordered(log, heads, states | typed, newest=newest))


def _fresh_then_stale(log: Log, heads: Any, database: Database, live: Expression) -> Any:
    """PostgreSQL plans each arm by itself, so that an index on a folded value is used by any outer query."""
    fingerprint, current = heads.c.osiris_fingerprint, number(log.fingerprint)
    plain = _as_wide_as_folded(log, database, _kept(log, heads, database))
    fresh = select(*_ordered(log, heads, plain)).where(live, fingerprint == current)
    # Two ranges, not <>: an index can find the few stale rows by them.
    stale = or_(fingerprint < current, fingerprint > current)
    source, folded = _Fold(log, heads, database, base=False).accumulators()
    states = _refolded(log, heads, folded, database)
    refolded = select(*_ordered(log, heads, states)).select_from(source).where(live, stale)
    return union_all(fresh, refolded)


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
            states[name] = field.sql.state(name, heads.c, database)
    return states


def _refolded(log: Log, heads: Any, folded: dict[str, Any], database: Database) -> dict[str, Any]:
    """The states of a stale head. Where only Python can tell one, SQL that computes with it is an error."""
    states = {}
    for name, field in log.fields.items():
        if field.sql.in_python(database):
            reason = f"{log.model}.{field.key} is stale and SQL cannot fold it; take repository(...).snapshot() of "
            context = log.context_columns(heads)
            states[name] = unavailable(reason, context, field.sql.stored_state_type, database)
            states[handed_column(name)] = type_coerce(folded[name], Text)
        else:
            states[name] = field.sql.state(name, folded, database)
    return states


@dataclass(frozen=True)
class _Fold:
    """The fold of events of the heads' contexts: with ``base`` of those beyond the accumulators; up to the seq ``upto``.

    ``newest`` as in :class:`Tail`.
    """

    log: Log
    heads: Any
    database: Database
    base: bool
    upto: Expression | None = None
    newest: bool = False

    @property
    def fresh(self) -> Any:
        """Whether a head's accumulators have the model's own fingerprint: they count only then."""
        return self.heads.c.osiris_fingerprint == number(self.log.fingerprint)

    def accumulators(self, only: Expression | None = None) -> tuple[Any, dict[str, Any]]:
        """Return what to select from, and the accumulators by the head's column.

        ``only`` says which heads' tails are read at all, where reading is not left to a CASE.
        """
        if self.database.folds_laterally:
            return self._laterally(only)
        return self.heads, self.by_scalars(self.log.accumulators)

    def by_scalars(self, columns: Iterable[str]) -> dict[str, Any]:
        """These accumulators, each by a subquery of its own."""
        return {column: self._by_scalar(column) for column in columns}

    def _by_scalar(self, column: str) -> Expression:
        accumulator, base = self.log.accumulators[column], self._base(column)
        tail = self._scalar_tail(column)
        at_once = accumulator.form.picks or self.log.fields[accumulator.field].sql.in_python(self.database)
        if tail.earlier is not None and not at_once:
            # Python is handed both parts at once, and so is what picks one of the touches. Others fold one after the other.
            base = accumulator.form.scalar(base, tail.earlier)
        return accumulator.form.scalar(base, tail)

    def _scalar_tail(self, column: str) -> Tail:
        if not self.database.folds_flat or self.log.archive is None:
            return self._seen(column, *self._tail())
        archived, recent = (self._tail_in(table, column) for table in (self.log.archive, self.log.events))
        return replace(recent, earlier=archived)

    def _tail_in(self, table: Table, column: str) -> Tail:
        """The tail as far as it is in one of the tables."""
        name = "archived" if table is self.log.archive else "tail"
        events = self._rows(table, name)
        return self._seen(column, events, self._beyond(events))

    def _laterally(self, only: Expression | None) -> tuple[Any, dict[str, Any]]:
        events, beyond = self._tail()
        forms = {column: accumulator.form for column, accumulator in self.log.accumulators.items()}
        states = self.by_scalars(column for column, form in forms.items() if form.correlated)
        grouped = {column: form for column, form in forms.items() if not form.correlated}
        if not grouped:
            return self.heads, states
        aggregates = [form.aggregate(self._seen(name, events)).label(name) for name, form in grouped.items()]
        conditions = beyond if only is None else (*beyond, only)
        folded = select(*aggregates).select_from(events).where(*conditions).lateral("folded")
        for column, form in grouped.items():
            picked = self._picked(column, folded.c[column]) if form.picks else None
            states[column] = form.combine(self._base(column), folded.c[column], picked)
        return self.heads.join(folded, true()), states

    def _picked(self, field: str, seq: Expression) -> Any:
        """The touch of the event at this seq, on PostgreSQL."""
        events = self._log("picked")
        here = self.log.same_context(events, self.heads)
        picked = select(events.c[field]).where(*here, events.c.seq == seq)
        return picked.correlate(self.heads, seq.table).scalar_subquery()

    def _base(self, column: str) -> Expression | None:
        return case((self.fresh, self.heads.c[column])) if self.base else None

    def _seen(self, column: str, events: Any, where: tuple[Expression, ...] = ()) -> Tail:
        field = self.log.fields[self.log.accumulators[column].field]
        value, touching = events.c[field.name], touched(field, events, self.database)
        return Tail(events, where, value, touching, self.heads, self.database, self.newest)

    def _tail(self) -> tuple[Any, tuple[Expression, ...]]:
        """The events to fold, and what is still to be asked of them; with an archive not on MariaDB."""
        if self.log.archive is not None and not self.database.folds_laterally:
            narrowed = self._both(
                "tail", lambda arm, rows: arm.where(*self._beyond(rows)).correlate(self.heads)
            )
            return narrowed, ()
        events = self._log("tail")
        return events, self._beyond(events)

    def _beyond(self, events: Any) -> tuple[Expression, ...]:
        heads = self.heads.c
        start = (
            case((self.fresh, heads.osiris_folded), else_=heads.osiris_origin)
            if self.base
            else heads.osiris_origin
        )
        bound = () if self.upto is None else (events.c.seq <= self.upto,)
        return (*self.log.same_context(events, self.heads), events.c.seq > start, *bound)

    def _log(self, name: str) -> Any:
        return self._rows(self.log.events, name) if self.log.archive is None else self._both(name)

    def _rows(self, table: Table, name: str) -> Any:
        rows = self.log.rows_of(table)
        if self.newest and rows is not table:
            # A subquery's rows are read anew only where it says so itself.
            newest = columns_as_read(table, self.log.fields).with_for_update(read=True)
            return newest.subquery(name)
        return rows.alias(name)

    def _both(self, name: str, narrowed: Callable[[Any, Any], Any] = lambda arm, _rows: arm) -> Any:
        names = [*self.log.context_names, "seq", *self.log.fields, "osiris_cleared"]
        tables = [rows.alias() for rows in self.log.event_rows]
        arms = [narrowed(select(*(rows.c[column] for column in names)), rows) for rows in tables]
        return union_all(*arms).subquery(name)
