"""The query for states by another key than the context: one pass over the log, grouped by columns of the events.

The events of a group are folded in the order of the feed. An event belongs to the group of the values that it touches
the columns with; one that does not touch them all, or with None, belongs to none, nor does one that ends a stream.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Numeric,
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

from sqla_osiris.declarative.dialects import MARIADB, POSTGRESQL
from sqla_osiris.declarative.folding import touched
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.positions import XID
from sqla_osiris.declarative.sql_form import SQLAccumulator, Tail
from sqla_osiris.declarative.stream import END, Field, Stream
from sqla_osiris.reducers import Last

__all__ = ["Grouping", "grouped_query"]

Expression = ColumnElement[Any]


@dataclass(frozen=True, eq=False)
class Grouping:
    """``keys`` and ``fields`` by the column's name in the group; a field's own name is the event's column."""

    stream: Stream
    keys: Mapping[str, str]
    fields: Mapping[str, Field]


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


def grouped_query(grouping: Grouping, dialect: str, moment: BindParameter[Any] | None = None) -> Any:
    """The states of all groups, of the events up to ``moment`` where one is given: keys and fields by their names."""
    return _Query(grouping, dialect, moment).states()


@dataclass(frozen=True)
class _Query:
    """A SELECT that groups, and one around it that picks touches and presents states."""

    grouping: Grouping
    dialect: str
    moment: BindParameter[Any] | None

    def states(self) -> Any:
        grouping = self.grouping
        events = _events(grouping, self.dialect, self.moment, "tail")
        keys = [events.c[_key(name)] for name in grouping.keys]
        aggregates = {
            place: expression.label(f"osiris_{i}_{place[1]}")
            for i, (place, form) in enumerate(self._accumulators())
            if (expression := _aggregate(grouping.fields[place[0]], form, events, self.dialect)) is not None
        }
        grouped = select(*keys, *aggregates.values()).group_by(*keys).subquery("grouped")
        names = {place: label.name for place, label in aggregates.items()}
        columns = [
            type_coerce(grouped.c[_key(name)], grouping.stream.events.c[source].type).label(name)
            for name, source in grouping.keys.items()
        ]
        for name, field in grouping.fields.items():
            accumulators = [
                self._accumulator(field, form, grouped, names.get((name, column)))
                for column, form in field.sql.accumulators(name).items()
            ]
            columns.append(field.sql.present(accumulators, self.dialect).label(name))
        return select(*columns).select_from(grouped)

    def _accumulators(self) -> Iterator[tuple[tuple[str, str], SQLAccumulator]]:
        for name, field in self.grouping.fields.items():
            for column, form in field.sql.accumulators(name).items():
                yield (name, column), form

    def _accumulator(
        self, field: Field, form: SQLAccumulator, grouped: Any, aggregate: str | None
    ) -> Expression:
        if aggregate is None:
            return self._by_subquery(field, form, grouped)
        found: Expression = grouped.c[aggregate]
        if not form.picks or self.dialect == POSTGRESQL:
            return found
        picks: list[Expression] = []
        for table in self.grouping.stream.event_rows:
            rows = table.alias("picked")
            # A marker has the position of an event that is in the archive now.
            here = (rows.c.position == found, rows.c.seq > number(0))
            picks.append(select(rows.c[field.name]).where(*here).correlate(grouped).scalar_subquery())
        return picks[0] if len(picks) == 1 else func.coalesce(*picks, type_=field.sql.declared)

    def _by_subquery(self, field: Field, form: SQLAccumulator, grouped: Any) -> Expression:
        """The fold of a group by itself."""
        events = _events(self.grouping, self.dialect, self.moment, "tail")
        here = tuple(events.c[_key(name)] == grouped.c[_key(name)] for name in self.grouping.keys)
        value, touching = events.c[field.name], touched(field, events, self.dialect)
        folded: Expression = form.scalar(None, Tail(events, here, value, touching, grouped, self.dialect))
        return folded


def _key(name: str) -> str:
    return f"osiris_key_{name}"


def _events(grouping: Grouping, dialect: str, moment: BindParameter[Any] | None, name: str) -> Any:
    """The events that belong to a group, ``seq`` their place in the feed."""
    stream = grouping.stream
    sources = {field.name for field in grouping.fields.values()}
    arms = []
    for table in stream.event_rows:
        rows = table.alias()
        keys = {_key(key): rows.c[source] for key, source in grouping.keys.items()}
        ends = and_(rows.c.osiris_cleared.is_not(None), rows.c.osiris_cleared == END)
        belongs: list[Expression] = [key.is_not(None) for key in keys.values()]
        if moment is not None:
            belongs.append(_recorded(stream, rows, moment))
        arms.append(
            select(
                *(key.label(label) for label, key in keys.items()),
                _place(rows, dialect).label("seq"),
                rows.c.osiris_cleared,
                *(rows.c[source] for source in sorted(sources)),
            ).where(rows.c.seq > number(0), ~ends, *belongs)
        )
    return (union_all(*arms) if len(arms) > 1 else arms[0]).subquery(name)


def _place(rows: Any, dialect: str) -> Expression:
    """The event's place in the order of the feed."""
    place: Expression = rows.c.position
    return place if dialect != POSTGRESQL else cast(rows.c[XID], Numeric) * number(2**63) + place


def _recorded(stream: Stream, rows: Any, moment: BindParameter[Any]) -> Expression:
    """Whether the event is not behind its stream's last one of the moment."""
    if isinstance(moment.type, Integer):
        upto: Expression = rows.c.seq <= moment
        return upto
    found = []
    for table in stream.event_tables:
        later = table.alias()
        same = (later.c[name] == rows.c[name] for name in stream.context_names)
        beyond = later.c.seq >= rows.c.seq
        found.append(
            select(later.c.seq).where(*same, beyond, later.c.recorded_at <= moment).correlate(rows).exists()
        )
    return or_(*found)


def _tail(field: Field, events: Any, dialect: str) -> _GroupTail:
    return _GroupTail(events, (), events.c[field.name], touched(field, events, dialect), None, dialect)


def _by_subquery(field: Field, form: SQLAccumulator, dialect: str) -> bool:
    """Whether the fold cannot stand in the SELECT that groups: a user's in SQL, and all of Python's on MariaDB."""
    return form.correlated or (dialect == MARIADB and field.sql.in_python(dialect))


def _aggregate(field: Field, form: SQLAccumulator, events: Any, dialect: str) -> Expression | None:
    """In the grouping SELECT: the accumulator, or the place of the touch that is picked; None if it is not made there."""
    if _by_subquery(field, form, dialect):
        return None
    tail = _tail(field, events, dialect)
    seq = events.c.seq
    if form.picks:
        last = isinstance(field.reducer, Last)
        if dialect == POSTGRESQL:
            ordered = aggregate_order_by(tail.value, seq.desc() if last else seq)
            picked = func.array_agg(ordered, type_=ARRAY(tail.value.type)).filter(tail.touched)
            return picked[1]
        return (func.max if last else func.min)(case((tail.touched, seq)), type_=BigInteger())
    if dialect == POSTGRESQL:
        return form.combine(None, form.aggregate(tail), None)
    return form.scalar(None, tail)
