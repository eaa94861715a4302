"""Rewrites encrypted values of the first format, which are bound to nothing, in the present one."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, Update, bindparam, or_, select, type_coerce, update
from sqlalchemy.types import Text

from sqla_osiris.databases.plan import keys_to_bind
from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.redacting import staling
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.log import Log, context_binds
from sqla_osiris.schema.sealing import type_of_keys
from sqla_osiris.types.encrypted import UNBOUND, ContextKey, Encrypted, Sealed
from sqla_osiris.writing.encrypting import keys_of, next_seqs
from sqla_osiris.writing.snapshots import store_snapshots

__all__ = ["reseal_streams"]

Key = tuple[Any, ...]

_CONTEXTS_A_QUERY = 100


def reseal_streams(connection: Connection, log: Log, contexts: Sequence[Key]) -> int:
    """Rewrite these contexts' values, in log, archive and snapshots, and their keys; how many events.

    Their heads stay locked until the transaction ends. A key that is rewritten opens no value of the first format any more.
    """
    next_seqs(connection, log, contexts)
    keys = {key: held for key, held in keys_of(connection, log, contexts).items() if held.unbound}
    rewritten = 0
    for start in range(0, len(keys), _CONTEXTS_A_QUERY):
        part = dict(list(keys.items())[start : start + _CONTEXTS_A_QUERY])
        with unlocked(connection, log):
            rewritten += sum(_reseal(connection, log, table, part) for table in log.event_tables)
    if keys and any(name in log.heads.c for name in log.encrypted):
        connection.execute(staling(log), [context_binds(key) for key in keys])
        store_snapshots(connection, log, list(keys))
    if keys:
        _rewrap(connection, log, keys)
    return rewritten


def _reseal(connection: Connection, log: Log, table: Table, keys: dict[Key, ContextKey]) -> int:
    columns = log.context_columns(table)
    names = list(log.encrypted)
    old = or_(*(type_coerce(table.c[name], Text).startswith(UNBOUND) for name in names))
    query = (
        select(*columns, table.c.seq, *(table.c[name] for name in names))
        .where(database_of(connection.dialect).in_contexts(columns), old)
        .order_by(*columns, table.c.seq)
    )
    rows = connection.execute(query, {"keys": keys_to_bind(list(keys))}).all()
    changes = []
    for row in rows:
        key, seq, values = tuple(row[: len(columns)]), row[len(columns)], row[len(columns) + 1 :]
        sealed = {
            f"f{i}": _again(log.encrypted[name], value, keys[key], seq)
            for i, (name, value) in enumerate(zip(names, values, strict=True))
        }
        changes.append(context_binds(key) | {"at": seq} | sealed)
    if changes:
        connection.execute(_rewriting(log, table), changes)
    return len(changes)


def _again(type_: Encrypted[Any], value: Sealed | None, key: ContextKey, seq: int) -> Sealed | None:
    if value is None or not type_.is_unbound(value):
        return value
    return type_.sealed(type_.opened(value, key), key, seq)


def _rewrap(connection: Connection, log: Log, keys: dict[Key, ContextKey]) -> None:
    assert log.keys is not None  # noqa: S101  (encrypted fields bring the table)
    wrapped = type_of_keys(log).wrapped
    here = log.in_context(log.keys)
    rewriting = update(log.keys).where(*here).values(key=bindparam("wrapped"))
    connection.execute(
        rewriting,
        [context_binds(key) | {"wrapped": wrapped(held.key, held.context)} for key, held in keys.items()],
    )


@lru_cache(maxsize=256)
def _rewriting(log: Log, table: Table) -> Update:
    values = {name: bindparam(f"f{i}", type_=table.c[name].type) for i, name in enumerate(log.encrypted)}
    return update(table).where(*log.in_context(table), table.c.seq == bindparam("at")).values(values)
