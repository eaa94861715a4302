"""Has positions go on beyond those of a log that was restored without its counter, or read further in another life."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, SQLITE, database_of
from sqla_osiris.databases.positions import POSITION
from sqla_osiris.databases.postgresql.positions import EPOCH
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.append_only import unlocked
from sqla_osiris.schema.log import END, Stream
from sqla_osiris.schema.tables import TOMBSTONE

__all__ = ["resume_positions"]


def resume_positions(connection: Connection, stream: Stream, after: Any) -> None:
    """Have the next position be beyond all that the log has, and beyond the token ``after``.

    On PostgreSQL that is the whole database's epoch: its owner must ask, and connections that are open know it no sooner
    than they are made anew. Raises InvalidValue for a token of another store.
    """
    database = database_of(connection.dialect)
    xid, position = (0, 0) if after is None else database.position_parts(after)
    _BY_DIALECT[database](connection, stream, xid if database == POSTGRESQL else position)


def _on_postgresql(connection: Connection, _stream: Stream, xid: int) -> None:
    now = connection.scalar(select(func.current_setting(EPOCH, True))) or "0"  # noqa: FBT003  (the server's signature)
    database = connection.scalar(select(func.current_database()))
    connection.execute(_SetEpoch(str(database), 1 + max(int(now), xid >> 48)))


def _on_mariadb(connection: Connection, stream: Stream, position: int) -> None:
    connection.execute(_SetAutoIncrement(stream, 1 + max(_newest(connection, stream), position)))


def _on_sqlite(connection: Connection, stream: Stream, position: int) -> None:
    """A marker, which no reader of events sees, keeps the maximum that SQLite counts from."""
    heads = [stream.heads.c[name] for name in stream.context_names]
    key = connection.execute(select(*heads).limit(1)).first()
    if key is None:
        raise OsirisError(
            f"{stream.model}: on SQLite the log needs a stream to say where its positions go on. Append the first "
            "event, then resume."
        )
    keys = [*stream.context_names, "seq"]
    values = dict(zip(stream.context_names, key, strict=True))
    reached = max(_newest(connection, stream), position)
    marker = sqlite.insert(stream.events).values(
        values | {"seq": TOMBSTONE, POSITION: reached, "osiris_cleared": END}
    )
    with unlocked(connection, stream):
        connection.execute(marker.on_conflict_do_update(index_elements=keys, set_={POSITION: reached}))


def _newest(connection: Connection, stream: Stream) -> int:
    greatest = (connection.scalar(select(func.max(each.c[POSITION]))) for each in stream.event_tables)
    return max(found or 0 for found in greatest)


class _SetEpoch(ExecutableDDLElement):
    def __init__(self, database: str, epoch: int) -> None:
        self.database = database
        self.epoch = epoch


class _SetAutoIncrement(ExecutableDDLElement):
    def __init__(self, stream: Stream, following: int) -> None:
        self.log = stream.events
        self.following = following


@compiles(_SetEpoch)
def _render_epoch(element: _SetEpoch, compiler: Any, **_: Any) -> str:
    database = compiler.preparer.quote_identifier(element.database)
    return f"ALTER DATABASE {database} SET {EPOCH} = '{element.epoch:d}'"


@compiles(_SetAutoIncrement)
def _render_auto_increment(element: _SetAutoIncrement, compiler: Any, **_: Any) -> str:
    return f"ALTER TABLE {compiler.preparer.format_table(element.log)} AUTO_INCREMENT = {element.following:d}"


_BY_DIALECT: dict[Database, Callable[[Connection, Stream, int], None]] = {
    SQLITE: _on_sqlite,
    POSTGRESQL: _on_postgresql,
    MARIADB: _on_mariadb,
}
