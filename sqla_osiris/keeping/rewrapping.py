"""Exchanges the master key of contexts' keys. Their values stay as they are: the keys themselves do not change."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, update

from sqla_osiris.schema.log import Log, context_binds
from sqla_osiris.types.encrypted import Rewrapping
from sqla_osiris.writing.encrypting import stored_keys

__all__ = ["rewrap_keys"]

Key = tuple[Any, ...]


def rewrap_keys(connection: Connection, log: Log, contexts: Sequence[Key], *, exchange: Rewrapping) -> int:
    """Wrap the keys of these contexts by the new master key, where they are not; how many."""
    changes = [
        context_binds(tuple(context)) | {"found": key, "wrapped": wrapped}
        for *context, key, text in stored_keys(connection, log, contexts)
        if (wrapped := exchange.wrapped(key, text)) is not None
    ]
    if changes:
        connection.execute(_rewrapping(log), changes)
    return len(changes)


@lru_cache(maxsize=256)
def _rewrapping(log: Log) -> Update:
    """Return the statement that replaces a key by the same one, wrapped anew: not one that was erased or made since."""
    assert log.keys is not None  # noqa: S101  (encrypted fields bring the table)
    stored = log.keys.c.key
    here = (*log.in_context(log.keys), stored == bindparam("found", type_=stored.type))
    return update(log.keys).where(*here).values(key=bindparam("wrapped", type_=stored.type))
