"""Which SQL database notifies of new events, and how its notifications are heard: PostgreSQL, by LISTEN."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Engine

from sqla_osiris.awaiting import awaited
from sqla_osiris.databases.postgresql.notifying import CHANNEL, notification
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Log
from sqla_osiris.subscriptions.hints import Channel

__all__ = ["PostgreSQLChannel", "notifications"]


class PostgreSQLChannel:
    """Listens by psycopg, on a connection that has left the engine's pool, and only while somebody waits.

    A connection that listened while a handler works would have the server keep all notifications since. It is the
    driver's, without SQLAlchemy's around it: an error of it says nothing of the connections in the pool.
    """

    patience: float = 0.1

    def __init__(self, engine: Engine, log: Log) -> None:
        self._engine = engine
        self._table = log.events
        self._connection: Any = None
        self._driver: Any = None
        self._listens = False
        self._notification = ""

    def heard(self, seconds: float) -> bool:
        if not self._listens:
            self._listen()
            return True
        if self._notification not in self._payloads_within(seconds):
            return False
        self._listens = False
        self._execute(f"UNLISTEN {CHANNEL}")
        return True

    def _payloads_within(self, seconds: float) -> Iterable[str]:
        """Return all that was notified since the last call, waited for so long."""
        # To its end: what is left in the generator would be lost.
        return [each.payload for each in self._driver.notifies(timeout=seconds, stop_after=1)]

    def _listen(self) -> None:
        if self._connection is None:
            self._connect()
        self._execute(f"LISTEN {CHANNEL}")
        self._listens = True

    def _connect(self) -> None:
        pooled = self._engine.raw_connection()
        self._connection, self._driver = pooled.dbapi_connection, pooled.driver_connection
        pooled.detach()
        # The server sends notifications between transactions.
        self._engine.dialect.set_isolation_level(self._connection, "AUTOCOMMIT")
        self._notification = notification(self._engine, self._table)

    def _execute(self, statement: str) -> None:
        cursor = self._connection.cursor()
        cursor.execute(statement)
        cursor.close()

    def close(self) -> None:
        connection, self._connection, self._driver, self._listens = self._connection, None, None, False
        if connection is not None:
            self._engine.dialect.do_close(connection)


class _AsyncPsycopgChannel(PostgreSQLChannel):
    """Listens by psycopg's AsyncConnection, for code that runs in a greenlet."""

    def _payloads_within(self, seconds: float) -> Iterable[str]:
        return awaited(self._collected(seconds))

    async def _collected(self, seconds: float) -> list[str]:
        return [each.payload async for each in self._driver.notifies(timeout=seconds, stop_after=1)]


class _AsyncpgChannel(PostgreSQLChannel):
    """Listens by asyncpg, which calls back, for code that runs in a greenlet."""

    def _connect(self) -> None:
        super()._connect()
        self._called = asyncio.Event()
        self._payloads: list[str] = []
        self._driver.add_termination_listener(self._ended)
        awaited(self._driver.add_listener(CHANNEL, self._called_back))

    def _payloads_within(self, seconds: float) -> Iterable[str]:
        with suppress(TimeoutError):
            awaited(asyncio.wait_for(self._called.wait(), seconds))
        if self._driver.is_closed():
            raise ConnectionError
        self._called.clear()
        payloads, self._payloads = self._payloads, []
        return payloads

    def _called_back(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._payloads.append(payload)
        self._called.set()

    def _ended(self, _connection: Any) -> None:
        self._called.set()


_BY_DRIVER: Final = {
    ("psycopg", False): PostgreSQLChannel,
    ("psycopg", True): _AsyncPsycopgChannel,
    ("asyncpg", True): _AsyncpgChannel,
}


def notifications(engine: Engine, log: Log) -> Channel | None:
    """Return the channel of a model that asks for notifications, None where nothing can be heard of them."""
    dialect = engine.dialect
    if not log.notifies or not database_of(dialect).notifies:
        return None
    channel = _BY_DRIVER.get((dialect.driver, dialect.is_async))
    return None if channel is None else channel(engine, log)
