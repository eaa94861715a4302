"""Appends one event through the pool's own connection, where nobody would see SQLAlchemy's on the way.

SQLite runs both statements of an append sooner than SQLAlchemy sets up a Connection, a transaction and two results for
them; MariaDB's are one round trip instead of four. So an append that is a transaction of its own goes straight to the
driver, unless somebody listens or logs.
"""

import logging
from contextlib import suppress
from functools import lru_cache

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import Shape, Write, Written, cleared_names
from sqla_osiris.databases.registry import database_of
from sqla_osiris.reading.feed import refuse_restored_in
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.head_changes import plan_of
from sqla_osiris.writing.snapshots import store_snapshots, take_due

__all__ = ["append_directly", "is_unobserved"]


def append_directly(engine: Engine, log: Log, write: Write) -> Written | None:
    """Write and commit the event; None, and nothing written, where it is for the ordinary way, or that must say why not.

    A snapshot that falls due is a transaction of its own: its failure does not tell the writer that the event was lost.
    """
    database = database_of(engine.dialect)
    if not (
        engine.dialect.driver in database.direct_drivers
        and _is_direct(log, database)
        and is_unobserved(engine)
    ):
        return None
    refuse_restored_in(engine, log, database)
    touches, metadata = write.touches, write.metadata
    cleared = cleared_names(touches) if None in touches.values() else None
    shape = Shape(tuple(touches), write.expect, clears=cleared is not None, metadata=tuple(metadata))
    given = [*write.key, *touches.values(), *metadata.values(), cleared, write.expected_seq]
    stood = database.append_directly(engine, plan_of(log, database), shape, given)
    if stood is None:
        return None
    written, folded, fingerprint = stood
    if take_due(log, written.seq, folded, fingerprint):
        with suppress(DBAPIError), engine.begin() as connection:
            store_snapshots(connection, log, [write.key])
    return written


@lru_cache(maxsize=256)
def _is_direct(log: Log, database: Database) -> bool:
    """Whether an event needs nothing before or after its statements; each append asks."""
    return log.keys is None and not log.folds_after(database)


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
