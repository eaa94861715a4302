"""Checkpoints in a table of the application's metadata; the turn is the lock of a subscription's row."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sqla_osiris.declarative import stream_of
from sqla_osiris.repositories.checkpoints import Checkpoint, Turn

__all__ = ["SQLCheckpoints", "subscription_table"]

_NAME = "osiris_subscription"


def subscription_table(metadata: MetaData) -> Table:
    """The table of all subscriptions, in this metadata: the one that is there, or a new one.

    Call it where the models are declared, and ``create_all`` and Alembic see it.
    """
    key = _NAME if metadata.schema is None else f"{metadata.schema}.{_NAME}"
    if key in metadata.tables:
        return metadata.tables[key]
    return Table(
        _NAME,
        metadata,
        Column("log", String(128), primary_key=True, doc="The event table's name, its schema included."),
        Column("name", String(100), primary_key=True),
        Column("position", Text, nullable=False, doc="JSON: of the last event handled."),
        Column("attempts", Integer, nullable=False, doc="Of the next event, so far."),
        Column("retry_at", Float(53), nullable=False, doc="Seconds since the epoch."),
        Column("error", Text, doc="Of the last attempt."),
        Column("parked", Text, nullable=False, doc="JSON: a list of the events that failed."),
    )


class SQLCheckpoints:
    """Of one model's subscriptions, in its log's database. ``open_session`` opens a session for one transaction."""

    def __init__(self, model: type[Any], open_session: Callable[[], Session]) -> None:
        log = stream_of(model).events
        self._table = subscription_table(log.metadata)
        self._log = log.fullname
        self._mapper = inspect(model)
        self._open = open_session

    def create(self) -> None:
        with self._open() as session, session.begin():
            self._table.metadata.create_all(self._connection(session), tables=[self._table])

    @contextmanager
    def turn(self, name: str, start: Any, lease: float) -> Iterator[Turn | None]:
        self._begin(name, start)
        with self._open() as session, session.begin():
            connection = self._connection(session)
            here = self._here(name)
            # SQLite has no row locks: a write takes its one lock. Elsewhere a row that is locked is left out.
            if connection.dialect.name == "sqlite":
                connection.execute(update(self._table).where(*here).values(attempts=self._table.c.attempts))
            row = connection.execute(
                select(self._table).where(*here).with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                yield None
                return
            before = _checkpoint(row)
            turn = Turn(_checkpoint(row), session)
            yield turn
            session.flush()
            if turn.checkpoint != before:
                connection.execute(update(self._table).where(*here).values(_values(turn.checkpoint)))

    def _begin(self, name: str, start: Any) -> None:
        if self.read(name) is not None:
            return
        values = {"log": self._log, "name": name} | _values(Checkpoint(start))
        try:
            with self._open() as session, session.begin():
                self._connection(session).execute(insert(self._table).values(values))
        except IntegrityError:
            # Another worker began it.
            if self.read(name) is None:
                raise

    def read(self, name: str) -> Checkpoint | None:
        with self._open() as session:
            query = select(self._table).where(*self._here(name))
            row = self._connection(session).execute(query).one_or_none()
        return None if row is None else _checkpoint(row)

    def names(self) -> list[str]:
        query = select(self._table.c.name).where(self._table.c.log == self._log).order_by(self._table.c.name)
        with self._open() as session:
            return list(self._connection(session).scalars(query))

    def _connection(self, session: Session) -> Any:
        return session.connection(bind_arguments={"mapper": self._mapper})

    def _here(self, name: str) -> list[Any]:
        return [self._table.c.log == self._log, self._table.c.name == name]


def _values(checkpoint: Checkpoint) -> dict[str, Any]:
    document = checkpoint.document()
    return document | {name: json.dumps(document[name]) for name in ("position", "parked")}


def _checkpoint(row: Any) -> Checkpoint:
    read = {"position": json.loads(row.position), "parked": json.loads(row.parked)}
    return Checkpoint.of({"attempts": row.attempts, "retry_at": row.retry_at, "error": row.error} | read)
