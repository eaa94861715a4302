"""PostgreSQL's notifications of new events through its asynchronous drivers, for code that runs in a greenlet."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from sqla_osiris.awaiting import awaited
from sqla_osiris.databases.postgresql.notifying import CHANNEL
from sqla_osiris.repositories.sql.hints_postgresql import PostgreSQLChannel

__all__ = ["AsyncPsycopgChannel", "AsyncpgChannel"]


class AsyncPsycopgChannel(PostgreSQLChannel):
    """By psycopg's AsyncConnection."""

    def _payloads_within(self, seconds: float) -> Iterable[str]:
        return awaited(self._collected(seconds))

    async def _collected(self, seconds: float) -> list[str]:
        return [each.payload async for each in self._driver.notifies(timeout=seconds, stop_after=1)]


class AsyncpgChannel(PostgreSQLChannel):
    """By asyncpg, which calls back."""

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
