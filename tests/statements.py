"""Which statements does a piece of code send to the database?"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["counted"]


@contextmanager
def counted(engine: Engine | AsyncEngine) -> Iterator[list[str]]:
    """A list that grows by the SQL of each statement sent through this engine inside the block, in order.

    An executemany is one entry. BEGIN, COMMIT, ROLLBACK, and what is sent through the driver's own cursor, are none.
    """
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(target, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(target, "before_cursor_execute", note)
