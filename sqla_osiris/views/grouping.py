"""The query for states by another key than the context: one pass over the log, grouped by columns of the events.

The events of a group are folded in the order of the feed. An event belongs to the group of the values that it touches
the columns with; one that does not touch them all, or with None, belongs to none, nor does one that ends a stream.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Integer,
    Numeric,
    Text,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import XID
from sqla_osiris.forms.form import Expression, SQLAccumulator, Tail
from sqla_osiris.reading.folding import touched
from sqla_osiris.reducers import Last
from sqla_osiris.schema.log import END, Field, Log
from sqla_osiris.views.stored import StoredGroups

__all__ = ["Accumulated", "Grouping", "accumulated", "grouped_query", "key_label"]

Conditions = Callable[[Any], Sequence[Expression]]
"""Which events are folded, asked of a table of them."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """``keys`` and ``fields`` by the column's name in the group; a field's own name is the event's column."""

    log: Log
    keys: Mapping[str, str]
    fields: Mapping[str, Field]
    stored: StoredGroups | None = None

    @property
    def of_stored(self) -> StoredGroups:
        """Where its snapshots are; asked of a view that has some."""
        assert self.stored is not None  # noqa: S101
        return self.stored

    def accumulators(self) -> Iterator[tuple[str, SQLAccumulator, Field]]:
        """The accumulators of all fields with their names, which are unique, in one order."""
        for name, field in self.fields.items():
            for column, form in field.sql.accumulators(name).items():
                yield column, form, field


@dataclass(frozen=True)
class _Aggregated:
    """Stands for the rows of a group in the SELECT that groups them: an aggregate needs no subquery there."""

    expression: Any

    def where(self, condition: Expression) -> "_Aggregated":
        return _Aggregated(self.expression.filter(condition))

    def scalar_subquery(self) -> Any:
        return self.expression


class _GroupTail(Tail):
    def rows(self, *columns: Any) -> Any:
        return _Aggregated(columns[0])


@dataclass(frozen=True)
class Accumulated:
    """Groups of events: a FROM, and of its rows the keys, the accumulators, and for a ``Last`` whether it was touched."""

    source: Any
    keys: Mapping[str, Expression]
    accumulators: Mapping[str, Expression]
    touched: Mapping[str, Expression]


def grouped_query(grouping: Grouping, database: Database, moment: BindParameter[Any] | None = None) -> Any:
    """The states of all groups, of the events up to ``moment`` where one is given: keys and fields by their names."""

    def recorded(rows: Any) -> Sequence[Expression]:
        return () if moment is None else (_recorded(grouping.log, rows, moment),)

    groups = accumulated(grouping, database, recorded)
    columns = [
        type_coerce(key, grouping.log.events.c[grouping.keys[name]].type).label(name)
        for name, key in groups.keys.items()
    ]
    for name, field in grouping.fields.items():
        columns.append(field.sql.state(name, groups.accumulators, database).label(name))
    return select(*columns).select_from(groups.source)


def accumulated(grouping: Grouping, database: Database, conditions: Conditions) -> Accumulated:
    """The accumulators of all groups, of the events that meet these conditions."""
    events = _events(grouping, database, conditions)
    labels = {name: key_label(name) for name in grouping.keys}
    keys = [events.c[label] for label in labels.values()]
    aggregates, touches = {}, {}
    for i, (name, form, field) in enumerate(grouping.accumulators()):
        expression = _aggregate(field, form, events, database)
        if expression is not None:
            aggregates[name] = expression.label(f"osiris_{i}_{field.name}")
        if grouping.stored is not None and isinstance(field.reducer, Last):
            flag = case((touched(field, events, database), number(1)), else_=number(0))
            touches[name] = func.max(flag, type_=Integer()).label(f"osiris_touched_{i}")
    grouped = select(*keys, *aggregates.values(), *touches.values()).group_by(*keys).subquery("grouped")
    accumulators: dict[str, Any] = {}
    for name, form, field in grouping.accumulators():
        if name not in aggregates:
            own = _events(grouping, database, conditions)
            here = tuple(own.c[label] == grouped.c[label] for label in labels.values())
            accumulators[name] = form.scalar(None, _tail(field, own, database, here, grouped))
        elif form.picks and not database.picks_by_arrays:
            accumulators[name] = _picked(grouping.log, field, grouped, aggregates[name].name)
        else:
            accumulators[name] = grouped.c[aggregates[name].name]
    return Accumulated(
        grouped,
        {name: grouped.c[label] for name, label in labels.items()},
        accumulators,
        {name: grouped.c[label.name] for name, label in touches.items()},
    )


def _picked(log: Log, field: Field, grouped: Any, place: str) -> Expression:
    """The touch at a group's place."""
    picks: list[Expression] = []
    for table in log.event_rows:
        rows = table.alias("picked")
        # A marker has the position of an event that is in the archive now.
        here = (rows.c.position == grouped.c[place], rows.c.seq > number(0))
        picks.append(select(rows.c[field.name]).where(*here).correlate(grouped).scalar_subquery())
    return picks[0] if len(picks) == 1 else func.coalesce(*picks, type_=field.sql.declared)


def key_label(name: str) -> str:
    """The name of a group's column in the queries around a fold."""
    return shortened(f"osiris_key_{name}")


def _events(grouping: Grouping, database: Database, conditions: Conditions) -> Any:
    """The events that belong to a group, ``seq`` their place in the feed."""
    log = grouping.log
    sources = {field.name for field in grouping.fields.values()}
    arms = []
    for table in log.event_rows:
        rows = table.alias()
        keys = {key_label(key): rows.c[source] for key, source in grouping.keys.items()}
        ends = and_(rows.c.osiris_cleared.is_not(None), rows.c.osiris_cleared == END)
        belongs = (key.is_not(None) for key in keys.values())
        arms.append(
            select(
                *(key.label(label) for label, key in keys.items()),
                _place(rows, database).label("seq"),
                rows.c.osiris_cleared,
                *(rows.c[source] for source in sorted(sources)),
            ).where(rows.c.seq > number(0), ~ends, *belongs, *conditions(rows))
        )
    return (union_all(*arms) if len(arms) > 1 else arms[0]).subquery("tail")


def _place(rows: Any, database: Database) -> Expression:
    """The event's place in the order of the feed."""
    place: Expression = rows.c.position
    return place if not database.counts_transactions else cast(rows.c[XID], Numeric) * number(2**63) + place


def _recorded(log: Log, rows: Any, moment: BindParameter[Any]) -> Expression:
    """Whether the event is not behind its stream's last one of the moment."""
    if isinstance(moment.type, Integer):
        return rows.c.seq <= moment  # type: ignore[no-any-return]
    found = []
    for table in log.event_tables:
        later = table.alias()
        same = log.same_context(later, rows)
        beyond = later.c.seq >= rows.c.seq
        found.append(
            select(later.c.seq).where(*same, beyond, later.c.recorded_at <= moment).correlate(rows).exists()
        )
    return or_(*found)


def _tail(
    field: Field, events: Any, database: Database, where: tuple[Expression, ...] = (), grouped: Any = None
) -> Tail:
    """A field's tail: in the SELECT that groups, or of each row of ``grouped`` by a subquery."""
    kind = _GroupTail if grouped is None else Tail
    return kind(events, where, events.c[field.name], touched(field, events, database), grouped, database)


def _aggregate(field: Field, form: SQLAccumulator, events: Any, database: Database) -> Expression | None:
    """In the grouping SELECT: the accumulator, or the place of the touch that is picked; None if it is not made there."""
    if form.correlated or (database.folds_flat and field.sql.in_python(database)):
        # A user's in SQL, and all of Python's on MariaDB, cannot stand there.
        return None
    tail = _tail(field, events, database)
    seq = events.c.seq
    if form.picks:
        last = isinstance(field.reducer, Last)
        if database.picks_by_arrays:
            is_array = isinstance(tail.value.type, ARRAY)
            # An array of arrays has no such elements: each is a text meanwhile.
            value = cast(tail.value, Text) if is_array else tail.value
            ordered = aggregate_order_by(value, seq.desc() if last else seq)
            picked = func.array_agg(ordered, type_=ARRAY(value.type)).filter(tail.touched)[1]
            return cast(picked, tail.value.type) if is_array else picked
        return (func.max if last else func.min)(case((tail.touched, seq)), type_=BigInteger())
    if database.folds_laterally:
        return form.combine(None, form.aggregate(tail), None)
    return form.scalar(None, tail)
