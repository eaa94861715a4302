"""MariaDB's ``innodb_snapshot_isolation``, which newer servers have on: a lost race undoes a transaction that has read.

Under REPEATABLE READ it refuses, with error 1020 and the whole transaction, to write or lock a row that was changed
since the transaction began to read. That is right where a write depends on what was read. A blind append does not, nor does
a look at whether an event is there already: they say so, and wait for others as they do without the setting.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import sent_to_driver

__all__ = ["SnapshotIsolation", "blindly"]

_SETTING: Final = "innodb_snapshot_isolation"
_BLINDLY: Final = f"SET STATEMENT {_SETTING} = OFF FOR "
_INSIDE: Final = "osiris_reads_the_newest"
"""What a connection's ``info`` has while the setting is off."""

_is_on: WeakKeyDictionary[Dialect, bool] = WeakKeyDictionary()
"""By the engine's dialect: its connections are set up alike, and older servers do not know the setting."""


def blindly(connection: Connection) -> str:
    """Return what stands before a statement that depends on nothing its transaction has read."""
    return _BLINDLY if _watches(connection) else ""


class SnapshotIsolation(Database):
    """The setting is off where what was read does not matter."""

    locks_in_folds = True

    @contextmanager
    def reading_the_newest(self, connection: Connection) -> Iterator[None]:
        if _reads_committed(connection) or not _watches(connection) or _INSIDE in connection.info:
            yield
            return
        sent_to_driver(connection, f"SET SESSION {_SETTING} = OFF")
        connection.info[_INSIDE] = True
        try:
            yield
        finally:
            # By the driver, as a transaction that was ended meanwhile takes no statements.
            if not connection.invalidated:
                del connection.info[_INSIDE]
                sent_to_driver(connection, f"SET SESSION {_SETTING} = ON")


def _reads_committed(connection: Connection) -> bool:
    """Whether the transaction is known to have no view of the past, which the setting is about."""
    return connection.get_execution_options().get("isolation_level") == "READ COMMITTED"


def _watches(connection: Connection) -> bool:
    dialect = connection.dialect
    if dialect not in _is_on:
        row = sent_to_driver(connection, f"SHOW SESSION VARIABLES LIKE '{_SETTING}'")
        _is_on[dialect] = row is not None and row[1] == "ON"
    return _is_on[dialect]
