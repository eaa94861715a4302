"""Walks over the heads in the order of their contexts, page by page: each page is a query, no cursor stays open."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, false, or_, select, true

from sqla_osiris.databases.literals import number
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Every, Inline

__all__ = ["Key", "beyond", "due_contexts", "next_contexts"]

Key = tuple[Any, ...]


def next_contexts(connection: Connection, log: Log, after: Key | None, limit: int) -> list[Key]:
    """The contexts of the next heads beyond ``after``, tombstones included."""
    return _page(connection, _all_heads(log, after is None), after, limit)


def due_contexts(connection: Connection, log: Log, after: Key | None, limit: int) -> list[Key]:
    """The contexts beyond ``after`` whose snapshot the policy wants now: with a long tail, or a stale fingerprint."""
    return _page(connection, _due_heads(log, after is None), after, limit)


def _page(connection: Connection, query: Select[Any], after: Key | None, limit: int) -> list[Key]:
    binds = {f"after{i}": part for i, part in enumerate(after or ())}
    return [tuple(row) for row in connection.execute(query.limit(limit), binds)]


@lru_cache(maxsize=256)
def _all_heads(log: Log, first: bool) -> Select[Any]:  # noqa: FBT001  (a cache's key)
    columns = log.context_columns(log.heads)
    return select(*columns).where(true() if first else beyond(columns, "after")).order_by(*columns)


@lru_cache(maxsize=256)
def _due_heads(log: Log, first: bool) -> Select[Any]:  # noqa: FBT001  (a cache's key)
    heads, policy = log.heads.c, log.policy
    tail = heads.seq - heads.osiris_folded
    long: Any = false()
    if isinstance(policy, Inline):
        long = tail > number(0)
    elif isinstance(policy, Every):
        long = tail >= number(policy.n)
    stale = heads.osiris_fingerprint != number(log.fingerprint)
    due = or_(long, stale) if isinstance(policy, Inline | Every) else false()
    return _all_heads(log, first).where(due, heads.seq > heads.osiris_origin)


def beyond(columns: list[Any], bind: str, *, upto: bool = False) -> Any:
    """Whether a context comes after the bound one, in the order of its columns; ``upto``: not after it.

    Written out rather than as a comparison of rows, which not every database can answer from an index.
    """
    parts = [bindparam(f"{bind}{i}", type_=column.type) for i, column in enumerate(columns)]
    cases = []
    for i, (column, part) in enumerate(zip(columns, parts, strict=True)):
        same = (c == p for c, p in zip(columns[:i], parts[:i], strict=True))
        last = i == len(columns) - 1
        further = (column <= part if last else column < part) if upto else column > part
        cases.append(and_(*same, further))
    return cases[0] if len(cases) == 1 else or_(*cases)
