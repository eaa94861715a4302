"""The states at a moment, of all contexts or of one: the fold of its events up to the last one recorded by then.

A snapshot is used where it is not newer than the moment and of the life that ran then. What had ended or not begun has
no row, nor has what was erased since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Integer,
    Row,
    Text,
    and_,
    bindparam,
    case,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import STALE
from sqla_osiris.forms.form import Expression
from sqla_osiris.forms.handed import handed_column, unavailable
from sqla_osiris.reading.context_keys import with_key
from sqla_osiris.reading.folding import recorded_at, states_at
from sqla_osiris.reading.merging import merged_select
from sqla_osiris.schema.log import END, Log, context_binds
from sqla_osiris.schema.moments import Moment, in_range, past_alias
from sqla_osiris.schema.policies import Inline
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["past_query", "past_state", "types_in_the_past"]


@dataclass(frozen=True)
class _Places:
    """The heads with the seq at which each stood at the moment (0: it had not begun), as ``osiris_place``."""

    log: Log
    database: Database
    moment: BindParameter[Any]

    def heads(self) -> Any:
        log, heads = self.log, self.log.heads.alias("stored")
        columns = [heads.c[name] for name in (*_KEPT, *log.context_names, *log.accumulators)]
        begun = heads.c.seq > number(0)
        if isinstance(self.moment.type, Integer):
            place = case((heads.c.seq < self.moment, heads.c.seq), else_=self.moment)
            return select(*columns, place.label("osiris_place")).where(begun).subquery("placed")
        last = self._greatest(heads, lambda events: events.c.recorded_at <= self.moment)
        if self.database.folds_laterally:
            # Behind an OFFSET it is computed once a row; else it would be copied to wherever it is named.
            found = select(last.label("osiris_place")).offset(number(0)).lateral("place")
            source = heads.join(found, true())
            return select(*columns, found.c.osiris_place).select_from(source).where(begun).subquery("placed")
        placed = merged_select(self.database, heads, heads, [*columns, last.label("osiris_place")]).where(
            begun
        )
        if self.database.keeps_distinct_apart:
            # The same: it copies nothing out of a DISTINCT, which the context makes one without work.
            placed = placed.distinct()
        return placed.subquery("placed")

    def ended(self, placed: Any) -> Expression:
        """The seq of the last event that ended a life, up to the place."""
        place = placed.c.osiris_place
        return self._greatest(
            placed, lambda events: and_(events.c.seq <= place, events.c.osiris_cleared == END)
        )

    def _greatest(self, heads: Any, condition: Callable[[Any], Expression]) -> Expression:
        """Of the context's events that meet a condition, whatever clocks did, the greatest seq; 0 where there is none."""
        log = self.log
        found: list[Expression] = []
        for table in log.event_tables:
            events = table.alias()
            here = log.same_context(events, heads)
            newest = (
                select(events.c.seq)
                .where(*here, events.c.seq > number(0), condition(events))
                .order_by(events.c.seq.desc())
                .limit(number(1))
                .correlate(heads)
            )
            found.append(func.coalesce(newest.scalar_subquery(), number(0), type_=BigInteger()))
        if len(found) == 1:
            return found[0]
        return self.database.greatest(*found, type_=BigInteger())


_KEPT = ("osiris_origin", "osiris_folded", "osiris_fingerprint")


def past_query(log: Log, database: Database, moment: BindParameter[Any], *, handing: bool = False) -> Any:
    """The states at the moment, a datetime or a seq, in the order of the model's columns.

    With ``handing`` the states that Python folds stand where a SELECT of the model reads kept ones, and are an error where
    SQL computes with them.
    """
    places = _Places(log, database, moment)
    placed = places.heads()
    head = _heads_then(log, places, placed)
    source, states = states_at(log, head, database, base=True)
    columns: list[Any] = []
    for column in log.folded.c:
        name = column.name
        if name in log.derived:
            columns.append(recorded_at(log, head, name).label(name))
        elif name not in states:
            columns.append(type_coerce(head.c[name], column.type).label(name))
        elif handing and isinstance(log.policy, Inline) and log.fields[name].sql.in_python(database):
            columns.append(_unavailable(log, name, head, database).label(name))
            columns.append(type_coerce(states[name], Text).label(handed_column(name)))
        else:
            columns.append(with_key(log, head, name, states[name]).label(name))
    merged = merged_select(database, head, source, columns)
    return merged.where(head.c.seq > head.c.osiris_origin)


def past_state(connection: Connection, log: Log, key: tuple[Any, ...], at: Moment) -> Row[Any] | None:
    """The state as the columns of the model's table, ``seq`` included; None where no stream lived then.

    A moment before the first event has none; one after the last event has the present one.
    """
    query = _query(log, isinstance(at, datetime))
    return connection.execute(query, context_binds(key) | {"upto": in_range(at)}).one_or_none()


@lru_cache(maxsize=256)
def _query(log: Log, by_time: bool) -> Any:  # noqa: FBT001  (a cache's key)
    moment = bindparam("upto", type_=UTCDateTime() if by_time else BigInteger())
    past = past_alias(log.folded, "past", moment, types_in_the_past(log))
    return select(*past.c).where(*log.in_context(past))


def types_in_the_past(log: Log) -> dict[str, TypeEngine[Any]]:
    """The types of states that ``Inline()`` keeps now, and nothing kept then: Python folds them as a row is read."""
    if not isinstance(log.policy, Inline):
        return {}
    return {name: field.sql.state_type for name, field in log.fields.items() if field.sql.kept_in_python()}


def _heads_then(log: Log, places: _Places, placed: Any) -> Any:
    """As :func:`states_at` takes them: the heads as they were, as far as what is stored now tells."""
    place, stored = placed.c.osiris_place, placed.c
    # The present life's origin is known; an earlier one's is searched for.
    origin = case((place >= stored.osiris_origin, stored.osiris_origin), else_=places.ended(placed))
    # Accumulators of a later moment, or of another life, are none of this one's.
    usable = and_(stored.osiris_folded <= place, place >= stored.osiris_origin)
    columns = [
        *log.context_columns(placed),
        place.label("seq"),
        origin.label("osiris_origin"),
        case((usable, stored.osiris_folded), else_=origin).label("osiris_folded"),
        case((usable, stored.osiris_fingerprint), else_=number(STALE)).label("osiris_fingerprint"),
        *(stored[name] for name in log.accumulators),
    ]
    merged = merged_select(places.database, placed, placed, columns)
    return merged.where(place > number(0)).subquery("head")


def _unavailable(log: Log, name: str, head: Any, database: Database) -> Expression:
    field = log.fields[name]
    reason = f"{log.model}.{field.key}: Python folds its past, SQL cannot compute with it: "
    context = log.context_columns(head)
    return unavailable(reason, context, field.sql.stored_state_type, database)
