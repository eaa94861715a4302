"""Has somebody else act between a look and what is done upon it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from tests.compiled import compile_once

__all__ = ["once_it_has_read", "somebody_else"]

# Who holds the lock does not go on before: any wait is in vain. MariaDB counts in seconds.
_GIVES_UP_SOON = {
    "sqlite": {"timeout": 0.1},
    "postgresql": {"options": "-c lock_timeout=100ms"},
    "mariadb": {"init_command": "SET innodb_lock_wait_timeout = 1"},
    "mysql": {"init_command": "SET innodb_lock_wait_timeout = 1"},
}


@contextmanager
def somebody_else(engine: Engine) -> Iterator[Engine]:
    """Another process on the same database, which gives up where it is kept waiting."""
    other = compile_once(create_engine(engine.url, connect_args=_GIVES_UP_SOON[engine.dialect.name]))
    try:
        yield other
    finally:
        other.dispose()


def once_it_has_read(engine: Engine, table: str, act: Callable[[], object]) -> list[str]:
    """Have somebody else act, once, between this engine's first SELECT that names the table and its next statement.

    Returns a list that gets what was read before.
    """
    waiting: list[Callable[[], object]] = [act]
    read: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def let_them(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if waiting and read:
            with suppress(DBAPIError):  # kept waiting: what it does comes after all of this
                waiting.pop()()
        if "SELECT" in statement and table in statement:
            read.append(statement)

    return read
