"""Locks what is stored of a model's views, and forgets it when events change.

Whoever folds events into stored groups, and whoever takes away or changes what events say, locks one row first and keeps
it locked until the end of the transaction. So a refresh sees all of an erasure, or the erasure comes after it and has
views fold the log again.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect, update

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import schema_on
from sqla_osiris.databases.plan import STALE
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Stream
from sqla_osiris.views.stored import places_of, places_table

__all__ = ["forget_groups_of_log", "forget_stored_groups", "lock_stored_groups", "placing"]

_ALL_VIEWS = ""
"""The row that is locked. No view's table has no name."""


def lock_stored_groups(connection: Connection, places: Table) -> None:
    """Lock what is stored of all of a model's views. The row is written: a transaction that saw an earlier one fails."""
    row = {"view": _ALL_VIEWS, "osiris_fingerprint": STALE, "osiris_folded": 0, "osiris_writer": 0}
    connection.execute(placing(places, database_of(connection.dialect), row))


def placing(places: Table, database: Database, row: Mapping[str, Any]) -> Any:
    """The statement that writes a view's row, new or not."""
    return database.upsert(
        database.insert(places).values(row),
        ["view"],
        lambda given: {name: given[name] for name in row if name != "view"},
    )


def forget_stored_groups(connection: Connection, stream: Stream) -> None:
    """Have all of the model's views fold the log, from this transaction on until the next refresh.

    Call it before the events are changed, and before their heads are locked: two that change several streams each would
    wait for each other.
    """
    places = places_of(stream)
    if not stream.views:
        # First of all a write: a transaction that has read may not become one that writes.
        database_of(connection.dialect).lock_all(connection, stream.heads)
    if stream.views or _exists(connection, places):
        _forget(connection, places)


def forget_groups_of_log(connection: Connection, log: str, schema: str | None) -> None:
    """The same for whoever knows nothing but the name of the event table."""
    places = places_table(log, MetaData(), schema)
    if _exists(connection, places):
        _forget(connection, places)


def _forget(connection: Connection, places: Table) -> None:
    lock_stored_groups(connection, places)
    connection.execute(update(places).values(osiris_fingerprint=STALE))


def _exists(connection: Connection, places: Table) -> bool:
    """Whether some process declares views with snapshots of this model."""
    return inspect(connection).has_table(places.name, schema=schema_on(connection, places.schema))
