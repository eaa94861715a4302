"""Appends one event through the pool's own connection, where nobody would see SQLAlchemy's on the way.

SQLite runs both statements of an append sooner than SQLAlchemy sets up a Connection, a transaction and two results for
them; MariaDB's are one round trip instead of four. So an append that is a transaction of its own goes straight to the
driver, unless somebody listens or logs.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from sqlite3 import SQLITE_ERROR
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import DriverStatement, driver_error
from sqla_osiris.databases.mariadb.direct import append_directly_on_mariadb
from sqla_osiris.databases.names import SQLITE, database_of
from sqla_osiris.databases.plan import Write, Written, cleared_names
from sqla_osiris.reading.reached import refuse_restored_in
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.head_changes import Expect, Shape, clock, head_statement
from sqla_osiris.writing.snapshots import store_snapshots, take_due

__all__ = ["append_directly", "appends_directly", "is_unobserved"]


def appends_directly(engine: Engine, stream: Stream) -> bool:
    """Whether :func:`append_directly` may be tried."""
    return (
        engine.dialect.driver in _BY_DRIVER
        and stream.keys is None
        and not _folds_after(stream, database_of(engine.dialect))
        and is_unobserved(engine)
    )


@lru_cache(maxsize=256)
def _folds_after(stream: Stream, database: Database) -> bool:
    """As the stream says, once: each append asks."""
    return stream.folds_after(database)


def append_directly(engine: Engine, stream: Stream, write: Write) -> Written | None:
    """Write and commit the event; None, and nothing written, where the ordinary way must say why not."""
    refuse_restored_in(engine, stream)
    return _BY_DRIVER[engine.dialect.driver](engine, stream, write)


def is_unobserved(engine: Engine) -> bool:
    """Whether nobody would see SQLAlchemy at work: no listener, no log and no execution option."""
    dialect = engine.dialect
    return (
        # SQLAlchemy itself asks these before it calls a listener; nothing public answers it.
        not engine._has_events  # noqa: SLF001
        and not dialect._has_events  # noqa: SLF001
        and not getattr(Connection, "_has_events", False)  # 2.0 sets it with the first listener
        and not engine.get_execution_options()
        and not engine.logger.isEnabledFor(logging.INFO)
    )


def _append_on_sqlite(engine: Engine, stream: Stream, write: Write) -> Written | None:
    """As :func:`append_directly`.

    A snapshot that falls due is a transaction of its own: its failure does not tell the writer that the event was lost.
    """
    touches, metadata = write.touches, write.metadata
    cleared = cleared_names(touches) if None in touches.values() else None
    decides = tuple(touches), tuple(metadata), write.expect, cleared is not None
    write_head, write_event = _statements(stream, decides, engine.dialect)
    given = [*write.key, *touches.values(), *metadata.values(), cleared, write.expected_seq]
    head = _transaction(engine, write_head, write_event, given)
    if head is None:
        return None
    seq, folded, fingerprint, position, recorded_at = head
    if take_due(stream, seq, folded, fingerprint):
        with suppress(DBAPIError), engine.begin() as connection:
            store_snapshots(connection, stream, [write.key])
    return Written(seq, position, datetime.fromisoformat(f"{recorded_at}+00:00"))


_OF_THE_HEAD = ("seq", "folded", "fingerprint", "position", "recorded_at")


@lru_cache(maxsize=1024)
def _statements(
    stream: Stream, decides: tuple[tuple[str, ...], tuple[str, ...], Expect, bool], dialect: Dialect
) -> tuple[DriverStatement, DriverStatement]:
    """The head's statement, which says the event's position and time too: it holds the write lock. And the event's."""
    touched, metadata, expect, clears = decides
    events = stream.events.c
    shape = Shape(touched, expect, clears=clears, metadata=metadata)
    position = select(func.coalesce(func.max(events.position), literal_column("0")) + literal_column("1"))
    head: Any = head_statement(stream, shape, returning=True)
    head = head.returning(position.scalar_subquery(), clock(SQLITE))
    values: dict[str, Any] = {
        name: bindparam(f"k{i}", type_=events[name].type) for i, name in enumerate(stream.context_names)
    }
    values |= {name: bindparam(f"f{i}", type_=events[name].type) for i, name in enumerate(touched)}
    values |= {name: bindparam(name, type_=events[name].type) for name in metadata}
    values |= {name: bindparam(name, type_=BigInteger()) for name in ("seq", "position")}
    values["recorded_at"] = bindparam("recorded_at", type_=Text())
    if clears:
        values["osiris_cleared"] = bindparam("cleared", type_=Text())
    names = [*(f"k{i}" for i in range(len(stream.contexts))), *(f"f{i}" for i in range(len(touched)))]
    names += [*metadata, "cleared", "expected"]
    event = insert(stream.events).values(values)
    return (
        DriverStatement(head, dialect, order=names),
        DriverStatement(event, dialect, order=[*names, *_OF_THE_HEAD]),
    )


def _transaction(
    engine: Engine, write_head: DriverStatement, write_event: DriverStatement, given: list[Any]
) -> Any:
    """What the head's statement returns. Raises what SQLAlchemy would."""
    values: Any = write_head.ordered(given)
    running = None
    try:
        pooled = engine.raw_connection()
        driver: Any = pooled.dbapi_connection
        try:
            cursor = driver.cursor()
            # The driver begins no transaction in its autocommit mode, and has one open already in another, where only its
            # own commit() begins the next one.
            begins = not driver.in_transaction
            if begins:
                cursor.execute("BEGIN IMMEDIATE")
            running = write_head.text
            head = cursor.execute(running, values).fetchone()
            if head is None:
                driver.rollback()
                return None
            values = write_event.ordered([*given, *head])
            running = write_event.text
            cursor.execute(running, values)
            running = values = None
            if begins:
                cursor.execute("COMMIT")
            else:
                driver.commit()
            return head
        except BaseException:
            driver.rollback()
            raise
        finally:
            pooled.close()
    except engine.dialect.loaded_dbapi.Error as error:
        of_head = running == write_head.text and isinstance(error, engine.dialect.loaded_dbapi.IntegrityError)
        if of_head or getattr(error, "sqlite_errorcode", None) == SQLITE_ERROR:
            return None  # An erased stream, or a sum out of range, for one: the ordinary way says which.
        raise driver_error(error, engine, running, values) from error


_BY_DRIVER: dict[str, Callable[[Engine, Stream, Write], Written | None]] = {
    "pysqlite": _append_on_sqlite,
    "pymysql": append_directly_on_mariadb,
}
