"""What a tombstone refuses: the errors of appends to streams that were erased for good.

The head of an erased stream has a seq that no append may raise: its CHECK constraint says so, in every statement that
writes an event. What the database says of that is translated here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.registry import database_of, refusal_of
from sqla_osiris.errors import ContextErased
from sqla_osiris.schema.checks import context_erased
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.writing.snapshots import keys_to_bind

__all__ = ["erasure", "refuse_erased", "translating_erasure"]

_KEYS_A_QUERY = 500


def erasure(
    connection: Connection, log: Log, keys: Sequence[tuple[Any, ...]], error: StatementError
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
def translating_erasure(connection: Connection, log: Log, keys: Sequence[tuple[Any, ...]]) -> Iterator[None]:
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


def refuse_erased(connection: Connection, log: Log, keys: Sequence[tuple[Any, ...]]) -> None:
    """Raise ContextErased if one of these contexts is, as far as the transaction sees: nothing is locked."""
    erased = _first_erased(connection, log, keys, newest=False)
    if erased is not None:
        raise context_erased(log, erased)


def _is_refusal(error: StatementError) -> bool:
    """Whether a constraint refused the row: a CHECK's on MariaDB has a number of its own."""
    return isinstance(error, IntegrityError) or refusal_of(error) is Refusal.CHECK_FAILED


def _violated(error: StatementError) -> str | None:
    original: Any = error.orig
    told = getattr(original, "diag", None) or getattr(original, "__cause__", None)
    return getattr(told, "constraint_name", None)


@lru_cache(maxsize=256)
def _tombstone_check(log: Log) -> str:
    checks = (c for c in log.heads.constraints if TOMBSTONE in c.info.values())
    return str(next(checks).name)


def _first_erased(
    connection: Connection, log: Log, keys: Sequence[tuple[Any, ...]], *, newest: bool = True
) -> Any:
    """Return the first of these contexts that is erased, as its users write it; else None."""
    database = database_of(connection.dialect)
    query = _tombstones(log, database)
    if newest:
        query = database.newest(query)
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        row = connection.execute(query, {"keys": keys_to_bind(log, part)}).first()
        if row is not None:
            return log.context_of(tuple(row))
    return None


@lru_cache(maxsize=256)
def _tombstones(log: Log, database: Database) -> Select[Any]:
    heads = log.heads
    columns = log.context_columns(heads)
    return select(*columns).where(database.in_contexts(columns), heads.c.seq == number(TOMBSTONE))
