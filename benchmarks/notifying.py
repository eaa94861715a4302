"""What NOTIFY costs writers: commits that notify wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases import Result, Size, Timed, interleaved, rates, throughput
from stores import Account, PostgreSQL

from sqla_osiris import repository
from sqla_osiris.databases.postgresql import notifying

__all__ = ["notify"]

_CLIENTS = (1, 8)


def notify(store: PostgreSQL, size: Size) -> list[Result]:
    """Append to a context for each client, one event a commit, without and with the trigger of ``__notify__``."""
    store.recreate()
    accounts = repository(Account, store.engine)
    events = Account.Event.__table__

    def append(client: int) -> None:
        accounts.append(f"a{client}", company="company", title="title", salary=3)

    def timed(statements: Callable[..., list[Any]], clients: int) -> Timed:
        def turn(_turn: int) -> float:
            with store.engine.begin() as connection:
                for statement in (*notifying.silence(events.name, None), *statements()):
                    connection.execute(statement)
            return 1 / throughput(append, clients, size.hot_seconds)

        return turn

    return [
        Result(
            f"append with __notify__ / without, {clients} clients",
            store.name,
            *rates(
                interleaved(
                    timed(list, clients),
                    timed(lambda: notifying.notify(events.name, None), clients),
                    max(3, size.rounds // 3),
                )
            ),
            "/s",
            0.25,
        )
        for clients in _CLIENTS
    ]
