"""Folds contexts, and the groups of views, anew up to their snapshots, beside what is stored; and counts events."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import keys_to_bind
from sqla_osiris.databases.registry import database_of
from sqla_osiris.reading.folding import states_at
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.schema.tables import state_column
from sqla_osiris.views.folding import stored_and_folded
from sqla_osiris.views.grouping import Grouping
from sqla_osiris.writing.snapshots import kept_states

__all__ = ["counted_events", "orphans", "refolded", "refolded_groups"]

Key = tuple[Any, ...]


def refolded(
    connection: Connection, log: Log, keys: Sequence[Key]
) -> list[tuple[Key, list[tuple[Field, Any, Any]]]]:
    """Of each of these contexts with accumulators of the model's own fingerprint: states stored, and folded anew."""
    database = database_of(connection.dialect)
    rows = connection.execute(_both(log, database), {"keys": keys_to_bind(keys)})
    width, fields = len(log.contexts), list(log.fields.values())
    kept = kept_states(log, database)
    found = []
    for row in rows:
        stored = zip([*fields, *kept], row[width : -len(fields)], strict=True)
        folded = dict(zip(log.fields, row[-len(fields) :], strict=True))
        found.append((tuple(row[:width]), [(field, state, folded[field.name]) for field, state in stored]))
    return found


@lru_cache(maxsize=256)
def _both(log: Log, database: Database) -> Any:
    """Per context: the states that its accumulators present, those kept beside them, and those folded anew."""
    stored, folded = (_snapshots(log, database, base=base) for base in (True, False))
    same = and_(*log.same_context(stored, folded))
    return select(*stored.c, *(folded.c[name] for name in log.fields)).select_from(stored.join(folded, same))


def _snapshots(log: Log, database: Database, *, base: bool) -> Any:
    """The states at the seq of the accumulators: from these alone, with those kept beside them; or without them."""
    kept = [state_column(field.name) for field in kept_states(log, database)] if base else []
    heads = log.heads
    columns = log.context_columns(heads)
    then = (
        select(
            *columns,
            heads.c.osiris_folded.label("seq"),
            heads.c.osiris_origin,
            heads.c.osiris_folded,
            heads.c.osiris_fingerprint,
            *(heads.c[name] for name in log.accumulators),
            *(heads.c[name] for name in kept),
        )
        .where(
            database.in_contexts(columns),
            heads.c.osiris_folded > heads.c.osiris_origin,
            heads.c.osiris_fingerprint == number(log.fingerprint),
        )
        .subquery("head")
    )
    source, states = states_at(log, then, database, base=base)
    context = log.context_columns(then)
    named = (state.label(name) for name, state in states.items())
    return select(*context, *named, *(then.c[name] for name in kept)).select_from(source).subquery()


def refolded_groups(
    connection: Connection, view: Grouping
) -> Iterator[tuple[Key, list[tuple[str, Any, Any]]]]:
    """Of each group that is stored, or should be: by the field's name, states stored and folded anew."""
    query = stored_and_folded(view, database_of(connection.dialect)).execution_options(yield_per=1_000)
    width = len(view.keys)
    for row in connection.execute(query):
        stored, folded = row[width : width + len(view.fields)], row[width + len(view.fields) :]
        yield tuple(row[:width]), list(zip(view.fields, stored, folded, strict=True))


def counted_events(connection: Connection, log: Log, keys: Sequence[Key]) -> list[Row[Any]]:
    """Each context's columns; its head's seq; and how many events it has, with the least and the greatest seq."""
    query = _counts(log, database_of(connection.dialect))
    return list(connection.execute(query, {"keys": keys_to_bind(keys)}))


@lru_cache(maxsize=256)
def _counts(log: Log, database: Database) -> Any:
    heads, rows = log.heads, log.rows
    keys = log.context_columns(rows)
    counted = (
        select(
            *keys,
            func.count().label("osiris_count"),
            func.min(rows.c.seq).label("osiris_least"),
            func.max(rows.c.seq).label("osiris_greatest"),
        )
        .where(database.in_contexts(keys), rows.c.seq > number(0))
        .group_by(*keys)
        .subquery("counted")
    )
    columns = log.context_columns(heads)
    same = and_(*log.same_context(heads, counted))
    return (
        select(
            *columns,
            heads.c.seq,
            func.coalesce(counted.c.osiris_count, number(0)),
            counted.c.osiris_least,
            counted.c.osiris_greatest,
        )
        .select_from(heads.outerjoin(counted, same))
        .where(database.in_contexts(columns))
    )


def orphans(connection: Connection, log: Log) -> list[Row[Any]]:
    """Contexts that have events and no head, each with how many."""
    heads, rows = log.heads, log.rows
    keys = log.context_columns(rows)
    same = and_(*log.same_context(rows, heads))
    query = (
        select(*keys, func.count())
        .select_from(rows.outerjoin(heads, same))
        .where(heads.c.seq.is_(None))
        .group_by(*keys)
    )
    return list(connection.execute(query))
