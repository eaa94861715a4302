"""Stores accumulators: when a context's snapshot is due, and the statement that takes it.

A snapshot is stored only onto the head that it was folded at, so that an append in between never hides behind it.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Update, bindparam, or_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import Key, keys_to_bind
from sqla_osiris.databases.registry import database_of
from sqla_osiris.reading.folding import accumulators_query
from sqla_osiris.schema.log import Field, Log, context_binds
from sqla_osiris.schema.policies import Inline, Never
from sqla_osiris.schema.tables import state_column
from sqla_osiris.writing.head_changes import plan_of
from sqla_osiris.writing.refusals import violation

__all__ = [
    "kept_states",
    "living",
    "lock_heads",
    "lock_known_heads",
    "seem_living",
    "store_snapshots",
    "take_due",
]

_KEYS_A_LOCK: Final = 10_000

_Store = Callable[[Connection, Log, list[Any]], int]


def take_due(log: Log, seq: int, folded: int, fingerprint: int) -> bool:
    """Whether the policy wants a snapshot of a head that says this."""
    if isinstance(log.policy, Never):
        return False
    return fingerprint != log.fingerprint or log.policy.is_due(seq - folded)


def lock_heads(connection: Connection, log: Log, keys: Sequence[Key]) -> set[Key]:
    """Lock the heads of these contexts, all transactions in one order, until the transaction ends. Those that are there."""
    if not keys:
        return set()
    query = _locking_query(log, database_of(connection.dialect))
    return set(map(tuple, connection.execute(query, {"keys": keys_to_bind(keys)}).all()))


def lock_known_heads(
    connection: Connection, log: Log, keys: Sequence[Key], *, again: bool = False
) -> set[Key]:
    """As :func:`lock_heads`, of any number of contexts, and without a lock on what is not there unless ``again``."""
    database = database_of(connection.dialect)
    if not database.locks_gaps:
        pages = range(0, len(keys), _KEYS_A_LOCK)
        in_order = sorted(keys) if len(keys) > _KEYS_A_LOCK else keys
        return {key for at in pages for key in lock_heads(connection, log, in_order[at : at + _KEYS_A_LOCK])}
    with database.reading_the_newest(connection):
        # Locking one that is not there yet locks the gap against everybody's new ones; a plain SELECT may see the past.
        known = keys if again else list(database.heads_of(connection, plan_of(log, database), keys))
        return lock_heads(connection, log, known)


def living(connection: Connection, log: Log, keys: Sequence[Key], *, again: bool = False) -> set[Key]:
    """Lock the heads as :func:`lock_known_heads` does, and return which of these streams live."""
    database = database_of(connection.dialect)
    database.lock_all(connection, log.heads)
    there = list(lock_known_heads(connection, log, keys, again=again))
    with database.reading_the_newest(connection):
        return _alive(connection, log, there, newest=True)


def seem_living(connection: Connection, log: Log, keys: Sequence[Key]) -> set[Key]:
    """Return which of these streams live, as far as the transaction sees: nothing is locked."""
    return _alive(connection, log, keys, newest=False)


def _alive(connection: Connection, log: Log, keys: Sequence[Key], *, newest: bool) -> set[Key]:
    database, names = database_of(connection.dialect), ("seq", "osiris_origin")
    heads = database.heads_of(connection, plan_of(log, database), keys, names, newest=newest)
    return {key for key, (seq, origin) in heads.items() if seq > origin}


@lru_cache(maxsize=256)
def _locking_query(log: Log, database: Database) -> Any:
    columns = log.context_columns(log.heads)
    return select(*columns).where(database.in_contexts(columns)).order_by(*columns).with_for_update()


def store_snapshots(connection: Connection, log: Log, keys: Sequence[Key]) -> int:
    """Fold these contexts up to their heads and store it. Returns how many heads were updated.

    Raises IntegrityError for a state that a constraint refuses, which says the context.
    """
    database = database_of(connection.dialect)
    size = database.contexts_a_statement(len(log.contexts))
    in_python = log.folds_in_python(database)
    store = _store_from_python if in_python else _store_in_database
    stored = 0
    # What is folded depends on nothing that the transaction has read.
    with database.reading_the_newest(connection):
        if database.updates_by_reading_locks:
            lock_heads(connection, log, keys)
        for start in range(0, len(keys), size):
            some = keys[start : start + size]
            if log.constrained:
                stored += _store_allowed(connection, log, some, store)
            else:
                stored += store(connection, log, keys_to_bind(some))
    return stored


def _store_allowed(connection: Connection, log: Log, keys: Sequence[Key], store: _Store) -> int:
    """Store these, by halves where a constraint refuses them: one may have to give up what another one takes."""
    answers = len(keys) == 1 or database_of(connection.dialect).answers_after_errors
    try:
        with nullcontext() if answers else connection.begin_nested():
            return store(connection, log, keys_to_bind(keys))
    except DBAPIError as error:
        refused = violation(error) or error
        if not isinstance(refused, IntegrityError):
            raise
        if len(keys) == 1:
            context = log.context_of(keys[0])
            refused.add_detail(f"The state of {log.model} {context!r}, as its events fold, is not stored.")
            raise refused from error.__cause__
    middle = len(keys) // 2
    halves = keys[:middle], keys[middle:]
    return sum(_store_allowed(connection, log, half, store) for half in halves)


def _store_in_database(connection: Connection, log: Log, keys: list[Any]) -> int:
    return connection.execute(_storing(log, database_of(connection.dialect)), {"keys": keys}).rowcount


@lru_cache(maxsize=256)
def _storing(log: Log, database: Database) -> Update:
    folded = _folds(log, database).subquery("snapshot")
    heads = log.heads
    return (
        update(heads)
        .where(*log.same_context(heads, folded))
        .where(heads.c.seq == folded.c.seq)
        .values({name: folded.c[name] for name in log.accumulators} | _settled(log, folded.c.seq))
    )


def _store_from_python(connection: Connection, log: Log, keys: list[Any]) -> int:
    database = database_of(connection.dialect)
    rows = connection.execute(_folds(log, database), {"keys": keys}).all()
    if not rows:
        return 0
    width = len(log.contexts)
    kept = kept_states(log, database)
    columns = list(log.accumulators)
    binds = []
    for row in rows:
        folded = dict(zip(columns, row[width + 1 :], strict=True))
        bind = context_binds(row[:width])
        bind |= {f"f{i}": value for i, value in enumerate(folded.values())}
        bind |= {f"s{i}": _state(log, field, folded[field.name]) for i, field in enumerate(kept)}
        binds.append(bind | {"at": row.seq})
    return connection.execute(_storing_values(log, database), binds).rowcount


def kept_states(log: Log, database: Database) -> list[Field]:
    """The fields whose state this database keeps beside the accumulator, because Python folds them."""
    if not isinstance(log.policy, Inline):
        return []
    return [field for field in log.fields.values() if field.sql.in_python(database)]


def _state(log: Log, field: Field, accumulator: Any) -> Any:
    state = field.reducer.present(accumulator)
    if state is not None:
        field.refuse_kept_state(state, log.model)
    return state


@lru_cache(maxsize=256)
def _storing_values(log: Log, database: Database) -> Update:
    heads = log.heads
    values: dict[str, Any] = {
        name: bindparam(f"f{i}", type_=heads.c[name].type) for i, name in enumerate(log.accumulators)
    }
    for i, field in enumerate(kept_states(log, database)):
        column = heads.c[state_column(field.name)]
        values[column.name] = bindparam(f"s{i}", type_=column.type)
    at = bindparam("at", type_=heads.c.seq.type)
    return update(heads).where(*log.in_context(heads), heads.c.seq == at).values(values | _settled(log, at))


@lru_cache(maxsize=256)
def _folds(log: Log, database: Database) -> Any:
    """Contexts, seq and accumulators of those of the bound ``keys`` whose accumulators lag behind or are stale."""
    heads = log.heads.alias("head")
    source, states = accumulators_query(log, heads, database)
    columns = log.context_columns(heads)
    behind = or_(
        heads.c.osiris_folded < heads.c.seq,
        heads.c.osiris_fingerprint != number(log.fingerprint),
    )
    folds = (
        select(*columns, heads.c.seq, *(states[name].label(name) for name in log.accumulators))
        .select_from(source)
        .where(database.in_contexts(columns), behind, heads.c.seq > heads.c.osiris_origin)
    )
    # An UPDATE's own subqueries read the present; where Python folds in between, the SELECT has to be told.
    return database.newest(folds) if log.folds_in_python(database) else folds


def _settled(log: Log, seq: Any) -> dict[str, Any]:
    return {"osiris_folded": seq, "osiris_fingerprint": number(log.fingerprint)}
