"""Reads the heads of many contexts."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import Key, keys_to_bind

__all__ = ["OF_ACCUMULATORS", "heads_of"]

_KEYS_A_QUERY = 500

OF_ACCUMULATORS = ("seq", "osiris_folded", "osiris_fingerprint")


def heads_of(  # noqa: PLR0913, PLR0917  (of which table, where, and what)
    database: Database,
    connection: Connection,
    heads: Table,
    context: tuple[str, ...],
    keys: Sequence[Key],
    names: tuple[str, ...] = OF_ACCUMULATORS,
) -> dict[Key, tuple[Any, ...]]:
    """Return what the heads that are there hold in the columns of these names, by context."""
    found: dict[Key, tuple[Any, ...]] = {}
    width = len(context)
    query = _heads_query(database, heads, context, names)
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        for row in connection.execute(query, {"keys": keys_to_bind(width, part)}):
            found[tuple(row[:width])] = tuple(row[width:])
    return found


@lru_cache(maxsize=256)
def _heads_query(
    database: Database, heads: Table, context: tuple[str, ...], names: tuple[str, ...]
) -> Select[Any]:
    columns = [heads.c[name] for name in context]
    return select(*columns, *(heads.c[name] for name in names)).where(database.in_contexts(columns))
