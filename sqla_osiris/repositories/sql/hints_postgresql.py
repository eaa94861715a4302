"""PostgreSQL's notifications of new events: LISTEN, on a connection of its own."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from sqla_osiris.databases.postgresql.notifying import CHANNEL, notification
from sqla_osiris.schema.log import Stream

__all__ = ["PostgreSQLChannel"]


class PostgreSQLChannel:
    """Listens by psycopg, on a connection that has left the engine's pool, and only while somebody waits.

    A connection that listened while a handler works would have the server keep all notifications since. It is the
    driver's, without SQLAlchemy's around it: an error of it says nothing of the connections in the pool.
    """

    patience = 0.1

    def __init__(self, engine: Engine, stream: Stream) -> None:
        self._engine = engine
        self._table = stream.events
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
