"""Takes the snapshot that a read found to be due, in a transaction of its own that waits for nobody.

A snapshot is a favour to later readers. The read is over when it is taken, and neither fails nor waits for it: where
somebody else holds the head, the next read tries again.
"""

import logging
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, case, select
from sqlalchemy.exc import SQLAlchemyError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import keys_to_bind
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.transactions import is_locked_out
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Every
from sqla_osiris.writing.snapshots import store_snapshots

__all__ = ["is_taken_at_reads", "tail_length", "take_without_waiting"]

_logger = logging.getLogger("sqla_osiris.snapshots")


def is_taken_at_reads(log: Log) -> bool:
    """Whether the policy wants a snapshot of a read that folds many events: ``Every(n)`` alone."""
    return isinstance(log.policy, Every)


def tail_length(log: Log) -> Any:
    """How many events a read of a head's state folds: those beyond the accumulators, or all where they do not count."""
    heads = log.heads.c
    fresh = heads.osiris_fingerprint == number(log.fingerprint)
    return heads.seq - case((fresh, heads.osiris_folded), else_=heads.osiris_origin)


def take_without_waiting(engine: Engine, log: Log, key: tuple[Any, ...]) -> bool:
    """Store the context's snapshot unless its head is locked. Whether this database lets us try again at all."""
    try:
        with (
            engine.connect() as connection,
            database_of(engine.dialect).without_waiting(connection),
            connection.begin(),
        ):
            if _locked(connection, log, key):
                store_snapshots(connection, log, [key])
    except SQLAlchemyError as error:
        if is_locked_out(error):
            return True
        # A standby, or a role that may only read. The one who reads needs no snapshot to be right.
        _logger.warning(
            "%s: no snapshots are taken at reads from now on, one could not be stored: %s",
            log.model,
            type(getattr(error, "orig", None) or error).__name__,
        )
        return False
    return True


def _locked(connection: Connection, log: Log, key: tuple[Any, ...]) -> bool:
    query = _locking(log, database_of(connection.dialect))
    return query is None or bool(connection.execute(query, {"keys": keys_to_bind([key])}).all())


@lru_cache(maxsize=256)
def _locking(log: Log, database: Database) -> Any:
    """Return None where the UPDATE locks the whole database at once, or fails."""
    if database.one_writer:
        return None
    columns = log.context_columns(log.heads)
    skips = database.skips_locked
    query = select(*columns).where(database.in_contexts(columns))
    return query.with_for_update(skip_locked=skips, nowait=not skips)
