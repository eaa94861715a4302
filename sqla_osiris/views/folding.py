"""Folds a view from its stored groups: what is stored, merged with the fold of the events behind that.

A group may be stored, or have events behind, or both. MariaDB has no FULL JOIN, so both are rows of one UNION, at most two
of a group, that a GROUP BY brings side by side; a condition on the group reaches both arms.

One statement sees one moment of the database: the stored groups, and how far they are folded, belong together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
    union_all,
)

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.literals import number, words
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.forms.form import Expression, SQLAccumulator
from sqla_osiris.views.grouping import Grouping, accumulated, key_label
from sqla_osiris.views.stored import StoredGroups

__all__ = ["behind", "folded_to", "merged_rows", "query_with_snapshots", "since_stored", "stored_and_folded"]


_GREATEST = 2**63 - 1
_XIDS_OF_A_ROW = 2**32


def query_with_snapshots(grouping: Grouping, database: Database) -> Any:
    """The states of all groups, as ``grouped_query`` gives them."""
    sides = _sides(
        grouping, database, lambda rows: behind(rows, database, since_stored(grouping.of_stored, database))
    )
    merged = {
        name: _merged(form, sides.stored[name], sides.folded[name], sides.touched.get(name), database)
        for name, form, _ in grouping.accumulators()
    }
    return select(*sides.keys, *_states(grouping, merged, database)).select_from(sides.source)


def stored_and_folded(grouping: Grouping, database: Database) -> Any:
    """Of each group: its key, the states that are stored, and those of the events that they should be folded from.

    No rows where nothing is stored.
    """
    place = folded_to(grouping.of_stored, database)
    sides = _sides(grouping, database, lambda rows: (_reached(rows, database, place),))
    types = {name: field.sql.state_type for name, field in grouping.fields.items()}
    both = [
        type_coerce(state, types[state.name]).label(shortened(f"osiris_{side}_{state.name}"))
        for side, parts in (("stored", sides.stored), ("folded", sides.folded))
        for state in _states(grouping, parts, database)
    ]
    return select(*sides.keys, *both).select_from(sides.source)


def merged_rows(grouping: Grouping, database: Database, since: Expression, upto: Expression) -> Any:
    """The rows to store: of each group with an event between, its key, and its accumulators merged with those stored."""
    rows = grouping.of_stored.rows

    groups = accumulated(
        grouping,
        database,
        lambda events: (*behind(events, database, since), _reached(events, database, upto)),
    )
    same = and_(*(rows.c[name] == key for name, key in groups.keys.items()))
    merged = [
        _merged(form, rows.c[name], groups.accumulators[name], groups.touched.get(name), database).label(name)
        for name, form, _ in grouping.accumulators()
    ]
    keys = [key.label(name) for name, key in groups.keys.items()]
    return select(*keys, *merged).select_from(groups.source.outerjoin(rows, same))


def _reached(events: Any, database: Database, upto: Expression) -> Expression:
    reached: Expression = events.c[XID] < upto if database.counts_transactions else events.c[POSITION] <= upto
    return reached


def behind(rows: Any, database: Database, since: Expression) -> Sequence[Expression]:
    """The conditions of events that no row folded up to ``since`` holds."""
    if not database.counts_transactions:
        return (rows.c[POSITION] > since,)
    # The second one is always true. The planner takes a bound that it cannot see for a third of the table, and would not
    # use the index; two of them it takes for a small range.
    always = select(literal_column(str(_GREATEST), BigInteger())).scalar_subquery()
    return (rows.c[XID] >= since, rows.c[XID] <= always)


def folded_to(stored: StoredGroups, database: Database) -> Any:
    """Return how far the view's rows are folded: NULL where they are not, or by another version of the view.

    A position up to which they are, or on PostgreSQL a transaction id before which they are. There the row must say which
    transaction wrote it: in a copy that another server restored from a dump, ids begin anew and mean nothing.
    """
    places = stored.places.alias()
    conditions = [
        places.c.view == words(stored.view),
        places.c.osiris_fingerprint == number(stored.fingerprint),
    ]
    if database.counts_transactions:
        # A system column, in a subquery of one table.
        writer = cast(cast(literal_column("xmin"), Text), BigInteger)
        conditions.append(places.c.osiris_writer % number(_XIDS_OF_A_ROW) == writer)
    return select(places.c.osiris_folded).where(*conditions).scalar_subquery()


def since_stored(stored: StoredGroups, database: Database) -> Expression:
    """As :func:`folded_to`, but less than every event's where nothing is stored."""
    return func.coalesce(folded_to(stored, database), number(-1), type_=BigInteger())


@dataclass(frozen=True)
class _Sides:
    """A FROM with a row for each group: its key as the view has it; accumulators stored and folded, NULL without any."""

    source: Any
    keys: list[Any]
    stored: Mapping[str, Expression]
    folded: Mapping[str, Expression]
    touched: Mapping[str, Expression]


def _sides(grouping: Grouping, database: Database, conditions: Any) -> _Sides:
    both = _both(grouping, database, conditions)
    numbers = _numbers(grouping)
    touched = {name: f"osiris_touched_{i}" for name, i in numbers.items() if f"osiris_touched_{i}" in both.c}
    keys = [both.c[key_label(name)] for name in grouping.keys]
    aggregates = [
        _side(both.c[f"osiris_of_{i}"], both.c.osiris_side == number(side), database).label(
            f"osiris_{side}_{i}"
        )
        for i in numbers.values()
        for side in (0, 1)
    ]
    aggregates += [func.max(both.c[label]).label(label) for label in touched.values()]
    sides = select(*keys, *aggregates).group_by(*keys).subquery("sides")
    events = grouping.log.events
    return _Sides(
        sides,
        [
            type_coerce(sides.c[key_label(name)], events.c[source].type).label(name)
            for name, source in grouping.keys.items()
        ],
        {name: sides.c[f"osiris_0_{i}"] for name, i in numbers.items()},
        {name: sides.c[f"osiris_1_{i}"] for name, i in numbers.items()},
        {name: sides.c[label] for name, label in touched.items()},
    )


def _both(grouping: Grouping, database: Database, conditions: Any) -> Any:
    """The rows of both sides: 0 what is stored, 1 what is folded."""
    stored, groups = grouping.of_stored, accumulated(grouping, database, conditions)
    rows, numbers = stored.rows.alias("stored"), _numbers(grouping)
    kept = select(
        *(rows.c[key].label(key_label(key)) for key in grouping.keys),
        *(rows.c[name].label(f"osiris_of_{i}") for name, i in numbers.items()),
        *(number(0).label(f"osiris_touched_{numbers[name]}") for name in groups.touched),
        number(0).label("osiris_side"),
    ).where(folded_to(stored, database).is_not(None))
    new = select(
        *(key.label(key_label(name)) for name, key in groups.keys.items()),
        *(groups.accumulators[name].label(f"osiris_of_{i}") for name, i in numbers.items()),
        *(touch.label(f"osiris_touched_{numbers[name]}") for name, touch in groups.touched.items()),
        number(1).label("osiris_side"),
    ).select_from(groups.source)
    return union_all(kept, new).subquery("both")


def _numbers(grouping: Grouping) -> dict[str, int]:
    """A number for each accumulator: a longer name than its own may be too long."""
    return {name: i for i, (name, _, _) in enumerate(grouping.accumulators())}


def _side(value: Expression, here: Expression, database: Database) -> Expression:
    """The one value of a group's rows that is of this side."""
    if database.picks_by_arrays and not isinstance(value.type, ARRAY):
        # It has no max() of truths, documents and ids.
        return func.array_agg(value, type_=ARRAY(value.type)).filter(here)[1]
    return func.max(case((here, value)), type_=value.type)


def _merged(
    form: SQLAccumulator,
    stored: Expression,
    folded: Expression,
    touched: Expression | None,
    database: Database,
) -> Expression:
    """All that is stored comes before all that is folded, in the order of the feed."""
    if touched is not None:
        # Not COALESCE: the last touch may be None.
        merged: Expression = case((touched == number(1), folded), else_=stored)
    elif form.picks:
        merged = func.coalesce(stored, folded)
    else:
        merged = form.merge(_or_identity(form, stored), _or_identity(form, folded), database)
    return type_coerce(merged, form.accumulator_type)


def _or_identity(form: SQLAccumulator, accumulator: Expression) -> Expression:
    if form.identity is None:
        return accumulator
    return func.coalesce(accumulator, number(form.identity), type_=form.accumulator_type)


def _states(grouping: Grouping, accumulators: Mapping[str, Expression], database: Database) -> list[Any]:
    return [
        field.sql.state(name, accumulators, database).label(name) for name, field in grouping.fields.items()
    ]
