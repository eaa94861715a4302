"""How far a log's positions have come: what was restored without its counter, and what the counter has not reached.

A counter is not among the rows that a backup holds. Where it begins anew, what is appended stands before what followers
have read, and is never read. So the log is compared with it: before the first write through an engine, where that costs
one query, and wherever a feed has nothing to give.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, bindparam, column, func, or_, select, table

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, SQLITE, database_of
from sqla_osiris.databases.positions import POSITION, XID, next_xid
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream

__all__ = ["refuse_restored", "refuse_restored_in", "refuse_unreached"]

_SNAPSHOTS = ("REPEATABLE READ", "SERIALIZABLE")


@dataclass(frozen=True, slots=True)
class _Counter:
    """The ``next`` number that it gives, or a greater one; whether the log is ``behind`` it, as it should be.

    On PostgreSQL it counts transactions; a standby's is as old as what it shows.
    """

    next: int
    behind: bool
    is_standby: bool = False


_proven: WeakKeyDictionary[Any, set[tuple[Stream, str | None]]] = WeakKeyDictionary()
"""By an engine's pool, whose connections end with the database that a dump is restored into."""


def refuse_restored(connection: Connection, stream: Stream) -> None:
    """Raise OsirisError for a log beyond its counter. Asks once for an engine and a model."""
    if not _may_be_beyond(connection.engine, stream):
        return
    proven = _proven.get(connection.engine.pool)
    place = stream, connection.schema_for_object(stream.events)
    if proven is not None and place in proven:
        return
    database = database_of(connection.dialect)
    counter = _BY_DIALECT[database](connection, stream)
    if counter is not None and not counter.behind:
        raise _restored(stream, database)
    _proven.setdefault(connection.engine.pool, set()).add(place)


def refuse_restored_in(engine: Engine, stream: Stream) -> None:
    """As :func:`refuse_restored`, through a connection of its own."""
    if not _may_be_beyond(engine, stream):
        return
    proven = _proven.get(engine.pool)
    if proven is None or (stream, stream.events.schema) not in proven:
        with engine.connect() as connection:
            refuse_restored(connection, stream)


def _may_be_beyond(engine: Engine, stream: Stream) -> bool:
    """Rows of the event table raise the other databases' counters: only those of an archive may be beyond."""
    return stream.archive is not None or database_of(engine.dialect).counts_transactions


def refuse_unreached(connection: Connection, stream: Stream, after: Any) -> None:
    """Raise OsirisError for a position that the counter has not reached, and for a log beyond it."""
    database = database_of(connection.dialect)
    counter = _BY_DIALECT[database](connection, stream)
    if counter is None:
        return
    if not counter.behind:
        raise _restored(stream, database)
    if after is None or counter.is_standby:
        return
    xid, position = database.position_parts(after)
    reached = xid if database == POSTGRESQL else position
    if reached < counter.next or (database == POSTGRESQL and _is_there_now(connection, stream, reached)):
        return
    raise OsirisError(
        f"feed(after={after!r}): {stream.events.name} has not come that far: the position is another database's, or this "
        "one was restored from a backup that is older, or is a replica that lags behind. What is appended now would be "
        "passed over. Read on from a position that it has, or call the repository's resume(after=…) where the "
        "writes go: it gives greater ones from then on."
    )


def _is_there_now(connection: Connection, stream: Stream, xid: int) -> bool:
    """Whether a transaction that sees the past was asked for what the server has reached since."""
    if connection.get_isolation_level() not in _SNAPSHOTS:
        return False
    with connection.engine.connect() as another:
        counter = _on_postgresql(another, stream)
    return xid < counter.next


def _restored(stream: Stream, database: Database) -> OsirisError:
    log = stream.events.name
    if database == POSTGRESQL:
        return OsirisError(
            f"{log} holds transaction ids that this server has not reached: the log was restored from "
            "another server's dump, and its feed would skip what is appended now. Raise the setting "
            "sqla_osiris.epoch of the database by one (ALTER DATABASE … SET sqla_osiris.epoch = '1', or the "
            "repository's resume()) and connect anew."
        )
    mended = f"ALTER TABLE {log} AUTO_INCREMENT = …, or " if database == MARIADB else ""
    return OsirisError(
        f"{log}_archive holds positions that {log} would give again: the log was restored without its counter, and its feed "
        f"would skip what is appended now. Have positions go on beyond them ({mended}the repository's resume())."
    )


def _on_postgresql(connection: Connection, stream: Stream) -> _Counter:
    row: Any = connection.execute(_beside_ids(stream)).one()
    return _Counter(row.next, behind=not row.ahead, is_standby=row.is_standby)


@lru_cache(maxsize=256)
def _beside_ids(stream: Stream) -> Any:
    ahead = (
        select(each.c.seq).where(each.c[XID] >= next_xid()).limit(number(1)).exists()
        for each in stream.event_tables
    )
    standby = func.pg_is_in_recovery().label("is_standby")
    asked: list[Any] = [next_xid().label("next"), or_(*ahead).label("ahead"), standby]
    return select(*asked)


def _on_mariadb(connection: Connection, stream: Stream) -> _Counter | None:
    place = {"schema": connection.schema_for_object(stream.events), "table": stream.events.name}
    following, newest = tuple(connection.execute(_beside_auto_increment(stream), place).one())
    # A role may see no rows of information_schema.
    return None if following is None else _Counter(following, behind=newest < following)


_TABLES = table(
    "TABLES",
    column("TABLE_SCHEMA"),
    column("TABLE_NAME"),
    column("AUTO_INCREMENT"),
    schema="information_schema",
)


@lru_cache(maxsize=256)
def _beside_auto_increment(stream: Stream) -> Any:
    here: Any = func.coalesce(bindparam("schema"), func.database())
    following = select(_TABLES.c.AUTO_INCREMENT).where(
        here == _TABLES.c.TABLE_SCHEMA, bindparam("table") == _TABLES.c.TABLE_NAME
    )
    asked: list[Any] = [following.scalar_subquery(), func.coalesce(_newest(stream), number(0))]
    return select(*asked)


def _on_sqlite(connection: Connection, stream: Stream) -> _Counter:
    given, newest = tuple(connection.execute(_beside_maximum(stream)).one())
    return _Counter(given + 1, behind=newest <= given)


@lru_cache(maxsize=256)
def _beside_maximum(stream: Stream) -> Any:
    zero = number(0)
    asked: list[Any] = [
        func.coalesce(_greatest(stream.events), zero),
        func.coalesce(_newest(stream), zero),
    ]
    return select(*asked)


def _newest(stream: Stream) -> Any:
    """NULL where the archive, or where there is none the log, is empty."""
    return _greatest(stream.events if stream.archive is None else stream.archive)


def _greatest(events: Any) -> Any:
    return select(func.max(events.c[POSITION])).scalar_subquery()


_BY_DIALECT: dict[Database, Callable[[Connection, Stream], _Counter | None]] = {
    SQLITE: _on_sqlite,
    POSTGRESQL: _on_postgresql,
    MARIADB: _on_mariadb,
}
