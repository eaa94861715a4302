"""What an SQL database says of a log: how large it is, where it is busy, and what a state costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from sqla_osiris.databases.registry import database_of
from sqla_osiris.reading.counting import busiest_since_query, largest_query, size_query
from sqla_osiris.repositories.sizes import Busy, Size
from sqla_osiris.repositories.sql.reading import Reading
from sqla_osiris.schema.moments import Moment

__all__ = ["Cost", "Explained", "Measuring"]

ModelT = TypeVar("ModelT")

_Sent = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement as it was sent, and its plan in the database's own words, a line each."""

    statement: str
    plan: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a present state is made of: ``folds`` events beyond the snapshot at seq ``snapshot``; 0 where there is none.

    ``stale`` says that there is a snapshot, and that another version of the model folded it: all events are folded.
    """

    snapshot: int
    folds: int
    stale: bool
    statements: tuple[Explained, ...]


class Measuring(Reading[ModelT]):
    """The numbers of a log in an SQL database."""

    def size(self) -> Size:
        """Return how large the log is, as its heads say."""
        with self._bound.connection(reads=True) as connection:
            numbers = connection.execute(size_query(self._log)).one()
        return Size(*map(int, numbers))

    def busiest(self, limit: int, since: datetime | None) -> list[Busy]:
        """Return the contexts with the most events, of those recorded since then where it is given."""
        query = largest_query(self._log) if since is None else busiest_since_query(self._log)
        given = {} if since is None else {"since": since}
        with self._bound.connection(reads=True) as connection:
            rows = connection.execute(query.limit(limit), given).all()
        return [Busy(self._log.context_of(tuple(row)[:-1]), int(row[-1])) for row in rows]

    def explain(self, context: Any, /, *, at: Moment | None = None) -> Cost | None:
        """Return what ``state()`` of this context costs: the statements that it sends, and the plan of each.

        None where the context has no events. Nothing is written; a database may run a statement anew to explain it.
        """
        key = self._log.key_of(context)
        with self._bound.connection(reads=True) as connection:
            head = self._head(connection, key)
            if head is None:
                return None
            with _noting(connection) as sent, Session(connection) as session:
                type(self)(self.model, session).state(context, at=at)
            database = database_of(connection.dialect)
            statements = [Explained(text, tuple(database.explain(connection, text, p))) for text, p in sent]
        snapshot, folds, stale = head
        return Cost(snapshot, folds, stale, tuple(statements))

    def _head(self, connection: Connection, key: tuple[Any, ...]) -> tuple[int, int, bool] | None:
        """Return a stream's snapshot, how many events lie beyond it, and whether it is stale; None where none began."""
        heads = self._log.heads.c
        here = (heads[name] == part for name, part in zip(self._log.context_names, key, strict=True))
        query = select(heads.seq, heads.osiris_origin, heads.osiris_folded, heads.osiris_fingerprint)
        row = connection.execute(query.where(*here, heads.seq > 0)).one_or_none()
        if row is None:
            return None
        seq, origin, folded, fingerprint = row
        stale = folded > origin and fingerprint != self._log.fingerprint
        return (folded if folded > origin and not stale else 0), seq - (origin if stale else folded), stale


@contextmanager
def _noting(connection: Connection) -> Iterator[_Sent]:
    """Note each statement that this connection sends within, with its parameters."""
    sent: _Sent = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", note)
