"""How many transactions wait for a lock? The server says."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, text

__all__ = ["until_waiting", "waiting"]

_WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    "mariadb": "SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p "
    "ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()",
}
_WAITING["mysql"] = _WAITING["mariadb"]


def waiting(engine: Engine) -> int:
    """How many of the database's transactions wait for a lock."""
    with engine.connect() as connection:
        return connection.scalar(text(_WAITING[engine.dialect.name])) or 0


def until_waiting(engine: Engine, count: int, *, otherwise: Callable[[], bool] = lambda: False) -> None:
    """Return when as many transactions wait for a lock, or ``otherwise`` is so. Else raises TimeoutError."""
    give_up = time.monotonic() + 20
    while waiting(engine) != count and not otherwise():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{count} transactions were to wait for a lock")
        time.sleep(
            0.02 if engine.dialect.name == "postgresql" else 0.15
        )  # MariaDB looks at them ten times a second
