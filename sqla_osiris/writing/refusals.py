"""The error of a write whose head was not as it expects: a lost race, a stream that was erased, or no life to follow.

The head of an erased stream has a seq that no append may raise: its CHECK constraint says so, in every statement that
writes an event. What the database says of that is translated here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import Expect, Key, NotAsExpected, Write
from sqla_osiris.databases.registry import database_of, refusal_of
from sqla_osiris.databases.transactions import translating_undone
from sqla_osiris.errors import ContextErased, InvalidValue, OsirisError
from sqla_osiris.schema.checks import context_erased, incomplete, is_incomplete
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.tables import TOMBSTONE

__all__ = [
    "NoLife",
    "begins_incomplete",
    "conflict_of",
    "erasure",
    "first_conflict",
    "naming_violations",
    "refuse_erased",
    "translating_erasure",
    "violates_check",
    "violation",
]


def erasure(
    connection: Connection, log: Log, keys: Sequence[Key], error: StatementError
) -> ContextErased | None:
    """Return what an error says if it is the CHECK constraint's, by which a tombstone refuses an append; else None."""
    if not _is_refusal(error):
        return None
    if database_of(connection.dialect).answers_after_errors:
        erased = _first_erased(connection, log, keys)
        return None if erased is None else context_erased(log, erased)
    # The transaction has failed and answers no query; the server says which constraint it was.
    if _violated(error) != _tombstone_check(log):
        return None
    return context_erased(log, *map(log.context_of, keys))


@contextmanager
def translating_erasure(connection: Connection, log: Log, keys: Sequence[Key]) -> Iterator[None]:
    """Raise ContextErased, with the first erased context, where a tombstone refuses what many contexts are given."""
    # After an error PostgreSQL answers no query, such as which context it was about; but to a savepoint it goes back.
    savepoint = (
        nullcontext() if database_of(connection.dialect).answers_after_errors else connection.begin_nested()
    )
    try:
        with savepoint:
            yield
    except DBAPIError as error:
        erased = _first_erased(connection, log, keys) if _is_refusal(error) else None
        if erased is None:
            raise
        raise context_erased(log, erased) from error


def refuse_erased(connection: Connection, log: Log, keys: Sequence[Key]) -> None:
    """Raise ContextErased if one of these contexts is, as far as the transaction sees: nothing is locked."""
    erased = _first_erased(connection, log, keys, newest=False)
    if erased is not None:
        raise context_erased(log, erased)


def violates_check(error: StatementError) -> bool:
    """Whether a CHECK refused the row, if any constraint did."""
    return refusal_of(error) is Refusal.CHECK_FAILED


def violation(error: StatementError) -> IntegrityError | None:
    """Return SQLAlchemy's error of a violated constraint, where the driver has another one for it."""
    if not violates_check(error) or isinstance(error, IntegrityError):
        return None
    return IntegrityError(error.statement, error.params, error.orig)  # type: ignore[arg-type]


@contextmanager
def naming_violations() -> Iterator[None]:
    """Raise IntegrityError where a constraint refuses a row, whatever the driver calls it."""
    try:
        yield
    except StatementError as error:
        violated = violation(error)
        if violated is None:
            raise
        raise violated from error


def _is_refusal(error: StatementError) -> bool:
    """Whether a constraint refused the row: a CHECK's on MariaDB has a number of its own."""
    return isinstance(error, IntegrityError) or refusal_of(error) is Refusal.CHECK_FAILED


def _violated(error: StatementError) -> str | None:
    original: Any = error.orig
    details = getattr(original, "diag", None) or getattr(original, "__cause__", None)
    return getattr(details, "constraint_name", None)


@lru_cache(maxsize=256)
def _tombstone_check(log: Log) -> str:
    checks = (c for c in log.heads.constraints if TOMBSTONE in c.info.values())
    return str(next(checks).name)


def _first_erased(connection: Connection, log: Log, keys: Sequence[Key], *, newest: bool = True) -> Any:
    """Return the first of these contexts that is erased, as its users write it; else None."""
    database = database_of(connection.dialect)
    query = _tombstones(log, database)
    if newest:
        with _asking(connection, log):
            found = database.rows_of(connection, database.newest(query), keys)
    else:
        found = database.rows_of(connection, query, keys)
    return log.context_of(tuple(found[0])) if found else None


@contextmanager
def _asking(connection: Connection, log: Log) -> Iterator[None]:
    """Ask why a write was refused: of what is committed now, under a lock, which may itself meet a deadlock."""
    newest = database_of(connection.dialect).reading_the_newest(connection)
    with translating_undone(connection, log.model), newest:
        yield


@lru_cache(maxsize=256)
def _tombstones(log: Log, database: Database) -> Select[Any]:
    heads = log.heads
    columns = log.context_columns(heads)
    return select(*columns).where(database.in_contexts(columns), heads.c.seq == number(TOMBSTONE))


def first_conflict(connection: Connection, log: Log, error: NotAsExpected) -> OsirisError | None:
    """Return the first conflict of the writes that a database gave back; None where there was another reason."""
    for write in error.writes:
        conflict = conflict_of(connection, log, write)
        if not isinstance(conflict, ConcurrentAppend) or error.lost(write, conflict.found_seq):
            return conflict
    return None


class NoLife(InvalidValue):
    """No stream lives that the event could follow, and it is not to begin one as it is."""


def begins_incomplete(log: Log, write: Write) -> bool:
    """Whether the write is to begin a life without what its first event must touch."""
    return write.expect.begins and is_incomplete(log, write.touches)


def conflict_of(connection: Connection, log: Log, write: Write) -> OsirisError:
    """The error of a write whose head was not as it expects: an erased stream, a lost race, or no life to follow."""
    heads = log.heads.c
    here = [heads[name] == part for name, part in zip(log.context_names, write.key, strict=True)]
    query = select(heads.seq, heads.osiris_origin).where(*here)
    with _asking(connection, log):
        head = connection.execute(database_of(connection.dialect).newest(query)).one_or_none()
    if head is not None and head.seq == TOMBSTONE:
        return context_erased(log, log.context_of(write.key))
    live = head is not None and head.seq > head.osiris_origin
    if write.expect is Expect.LIVE and write.expected_seq is None:
        lacking = incomplete(log, log.context_of(write.key), write.touches)
        # Only an append that will give the defaults catches it.
        return NoLife(str(lacking)) if log.defaults else lacking
    if not live and begins_incomplete(log, write):
        return incomplete(log, log.context_of(write.key), write.touches)
    return ConcurrentAppend(
        context=log.context_of(write.key),
        expected_seq=0 if write.expect is Expect.NOT_LIVE else write.expected_seq or None,
        found_seq=head.seq if head is not None and live else None,
        model=log.model,
    )
