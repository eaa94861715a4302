"""Keys that AUTO_INCREMENT counts, and locks by name."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import sent_to_driver
from sqla_osiris.errors import OsirisError

__all__ = ["Keys", "has_zero"]

_SECONDS: Final = 50

_KEEP_ZERO: Final = (
    "SET @osiris_sql_mode = @@sql_mode, "
    "SESSION sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO')"
)
_AS_BEFORE: Final = "SET SESSION sql_mode = @osiris_sql_mode"


class Keys(Database):
    """AUTO_INCREMENT goes on from the greatest key that was ever there, also from one that was given."""

    def keeping_keys(
        self, connection: Connection, heads: Table, keys: Iterable[tuple[Any, ...]]
    ) -> AbstractContextManager[None]:
        return _keeping_zero(connection) if has_zero(heads, keys) else nullcontext()

    @contextmanager
    def alone(self, connection: Connection, names: Sequence[str]) -> Iterator[None]:
        # Given back before the transaction ends: a locking read waits for what it has written.
        locks = [blake2b(name.encode(), digest_size=16).hexdigest() for name in names]
        taken: list[str] = []
        try:
            for lock in locks:
                if connection.scalar(select(func.get_lock(lock, _SECONDS))) != 1:
                    raise OsirisError(
                        f"Another transaction holds {names[len(taken)]} for more than {_SECONDS} s: nothing was written."
                    )
                taken.append(lock)
            yield
        finally:
            for lock in taken:
                if not connection.invalidated:
                    connection.scalar(select(func.release_lock(lock)))


@contextmanager
def _keeping_zero(connection: Connection) -> Iterator[None]:
    # AUTO_INCREMENT takes 0 for no value, and gives another key.
    sent_to_driver(connection, _KEEP_ZERO)
    try:
        yield
    finally:
        # By the driver, as a transaction that was ended meanwhile takes no statements.
        if not connection.invalidated:
            sent_to_driver(connection, _AS_BEFORE)


def has_zero(heads: Table, keys: Iterable[tuple[Any, ...]]) -> bool:
    """Return whether one of these keys, of a column that counts, is 0."""
    return heads.autoincrement_column is not None and any(key[0] == 0 for key in keys)
