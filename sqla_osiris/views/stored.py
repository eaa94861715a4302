"""Where snapshots of a declared view are stored: a row for each group, and a row that says how far in the feed they go.

The second table is the model's, ``<model>_event_views``: whoever changes what events say forgets there what any view has
folded of them, also in a process that never imported the view. Whoever folds events into stored groups, and whoever takes
away or changes what events say, locks one row first and keeps it locked until the end of the transaction. So a refresh sees
all of an erasure, or the erasure comes after it and has views fold the log again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Enum,
    LargeBinary,
    MetaData,
    String,
    Table,
    inspect,
    update,
)

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import refuse_long_columns, refuse_long_tables, refuse_taken, schema_on
from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.databases.plan import STALE
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import DeclarationError
from sqla_osiris.schema.field import Field
from sqla_osiris.schema.fingerprints import hash_of
from sqla_osiris.schema.fold_table import FoldTable
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Every, Never, policy_of
from sqla_osiris.schema.tables import TRANSACTIONAL
from sqla_osiris.types.portable import stored

__all__ = [
    "StoredGroups",
    "forget_groups_of_log",
    "forget_stored_groups",
    "lock_stored_groups",
    "places_of",
    "placing",
    "stored_groups",
    "view_tables",
]


@dataclass(frozen=True, eq=False)
class StoredGroups:
    """``rows`` has the group's columns and its accumulators; ``places`` says of ``view`` which events these fold."""

    model: str
    view: str
    policy: Every
    rows: Table
    places: Table
    fingerprint: int


def stored_groups(
    policy: object, log: Log, view: FoldTable, fields: Mapping[str, Field]
) -> StoredGroups | None:
    """The tables of a view with ``Every(n)``, in the application's metadata; None with ``Never()``.

    Raises DeclarationError for another policy, and for a view whose groups no database could store or merge.
    """
    wanted = _policy(view.model, policy)
    if wanted is None:
        return None
    keys = list(view.primary_key)
    for key in keys:
        _refuse_key(view.model, key)
    for attribute, field in fields.items():
        _refuse_fold(view.model, attribute, field)
    columns = [Column(key.name, key.type, primary_key=True, autoincrement=False) for key in keys]
    for attribute, field in fields.items():
        accumulators = field.sql.accumulators(attribute).items()
        columns += [Column(column, form.accumulator_type, nullable=True) for column, form in accumulators]
    metadata = log.events.metadata
    refuse_long_columns(view.model, {a: field.sql.accumulators(a) for a, field in fields.items()})
    names = [f"{view.name}_snapshot"]
    refuse_taken(view.model, metadata, log.heads.schema, names)
    refuse_long_tables(view.model, view.name, names)
    refuse_long_tables(log.model, log.folded.name, [f"{log.events.name}_views"])
    rows = Table(f"{view.name}_snapshot", metadata, *columns, schema=log.heads.schema, **TRANSACTIONAL)
    places = places_of(log, metadata)
    return StoredGroups(view.model, view.name, wanted, rows, places, _fingerprint(log, keys, fields))


def view_tables(log: Log) -> list[Table]:
    """The tables of all views with snapshots that are declared of a model."""
    rows = [view.stored.rows for view in log.views]
    return [*rows, places_of(log)] if rows else []


def places_of(log: Log, metadata: MetaData | None = None) -> Table:
    """The table that says how far the model's views are folded; made where this process declares none of them."""
    if log.views:
        return log.views[0].stored.places  # type: ignore[no-any-return]  # a Grouping's, which is made of this
    return _places_table(log.events.name, metadata or MetaData(), log.events.schema)


def _places_table(log: str, metadata: MetaData, schema: str | None) -> Table:
    return Table(
        f"{log}_views",
        metadata,
        Column("view", stored(String(255), key=True), primary_key=True),
        Column("osiris_fingerprint", BigInteger, nullable=False),
        Column("osiris_folded", BigInteger, nullable=False),
        Column("osiris_writer", BigInteger, nullable=False),
        schema=schema,
        **TRANSACTIONAL,
    )


def _policy(view: str, policy: object) -> Every | None:
    policy = policy_of(policy)
    if isinstance(policy, Never):
        return None
    if not isinstance(policy, Every):
        raise DeclarationError(
            f"{view}.__snapshot__ is {policy!r}; a view takes Every(n) or Never(). With Inline() every event would change "
            "the row of its group, so that writers to one group waited for each other."
        )
    return policy


def _refuse_key(view: str, key: Column[Any]) -> None:
    plain = plain_type(key.type)
    endless = isinstance(plain, String) and plain.length is None and not isinstance(plain, Enum)
    if endless or isinstance(plain, LargeBinary):
        raise DeclarationError(
            f"{view}: by={key.name!r}: snapshots are found by their group, which needs an index of it, and {key.type!r} has "
            "none everywhere. Declare the column with a length, Latest(String(255)), or leave __snapshot__ out."
        )


def _refuse_fold(view: str, attribute: str, field: Field) -> None:
    forms = field.sql.accumulators(attribute).values()
    if field.sql.kept_in_python() or any(form.correlated for form in forms):
        raise DeclarationError(
            f"{view}.{attribute}: {field.reducer!r} is folded in Python, or by a form of your own, and a view's "
            "snapshots are merged by the database. Put the field into another view, or leave __snapshot__ out."
        )


def _fingerprint(log: Log, keys: Sequence[Column[Any]], fields: Mapping[str, Field]) -> int:
    """Changes with whatever a stored row depends on: 63 bits of a hash, never 0 (= stale)."""
    lines = [str(log.fingerprint), *(f"{key.name} {key.type!r}" for key in keys)]
    for name, field in sorted(fields.items()):
        parts = name, field.name, repr(field.sql.declared), field.reducer.fingerprint(), field.sql.signature()
        lines.append(" ".join(parts))
    return hash_of(lines)


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


def forget_stored_groups(connection: Connection, log: Log) -> None:
    """Have all of the model's views fold the log, from this transaction on until the next refresh.

    Call it before the events are changed, and before their heads are locked: two that change several streams each would
    wait for each other.
    """
    places = places_of(log)
    if not log.views:
        # First of all a write: a transaction that has read may not become one that writes.
        database_of(connection.dialect).lock_all(connection, log.heads)
    if log.views or _exists(connection, places):
        _forget(connection, places)


def forget_groups_of_log(connection: Connection, log: str, schema: str | None) -> None:
    """The same for whoever knows nothing but the name of the event table."""
    places = _places_table(log, MetaData(), schema)
    if _exists(connection, places):
        _forget(connection, places)


def _forget(connection: Connection, places: Table) -> None:
    lock_stored_groups(connection, places)
    connection.execute(update(places).values(osiris_fingerprint=STALE))


def _exists(connection: Connection, places: Table) -> bool:
    """Whether some process declares views with snapshots of this model."""
    return inspect(connection).has_table(places.name, schema=schema_on(connection, places.schema))
