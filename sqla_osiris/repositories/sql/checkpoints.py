"""Checkpoints in a table of the application's metadata; the turn is the lock of a subscription's row."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.elements import EpochSeconds
from sqla_osiris.databases.registry import database_of, refusal_of
from sqla_osiris.databases.transactions import is_locked_out, is_lost_race
from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.sql.transactions import commit_or_roll_back, transactional
from sqla_osiris.schema.log import whole_log_of
from sqla_osiris.subscriptions.checkpoints import Checkpoint, Checkpoints, NotKept, Turn, running_from
from sqla_osiris.types.portable import stored

__all__ = ["SQLCheckpoints", "subscription_table"]

_NAME = "osiris_subscription"


def subscription_table(metadata: MetaData) -> Table:
    """Return the table of all subscriptions, in this metadata: the one that is there, or a new one.

    Call it where the models are declared, and ``create_all`` and Alembic see it.
    """
    key = _NAME if metadata.schema is None else f"{metadata.schema}.{_NAME}"
    if key in metadata.tables:
        return metadata.tables[key]
    return Table(
        _NAME,
        metadata,
        Column(
            "log",
            stored(String(128), key=True),
            primary_key=True,
            doc="The event table's name, its schema included.",
        ),
        Column("name", stored(String(100), key=True), primary_key=True),
        Column("position", stored(Text()), nullable=False, doc="JSON: of the last event handled."),
        Column("attempts", Integer, nullable=False, doc="Of the next event, so far."),
        Column("retry_at", stored(Float(53)), nullable=False, doc="Seconds since the epoch."),
        Column("error", stored(Text()), doc="Of the last attempt."),
        Column("parked", stored(Text()), nullable=False, doc="JSON: a list of the events that failed."),
    )


class SQLCheckpoints(Checkpoints):
    """Keeps the checkpoints of one model's subscriptions in its log's database.

    ``open_session`` opens a session for one transaction.
    """

    @staticmethod
    def is_locked_out(error: BaseException | None) -> bool:
        return is_locked_out(error)

    @staticmethod
    def is_lost_race(error: BaseException | None) -> bool:
        return is_lost_race(error)

    def __init__(self, model: type[Any], open_session: Callable[[], Session]) -> None:
        events = whole_log_of(model).events
        self._table = subscription_table(events.metadata)
        self._log = events.fullname
        self._mapper = inspect(model)
        self._open = open_session

    def create(self) -> None:
        with self._open() as session, session.begin():
            self._table.metadata.create_all(self._connection(session), tables=[self._table])

    @contextmanager
    def turn(self, name: str, start: Any, lease: float) -> Iterator[Turn | None]:
        with self._open() as session:
            held = _HeldTransaction(session)
            row = self._taken(session, name) if self._begun(name, start) else None
            if row is None:
                yield None
                return
            held.guard(self._connection(session))
            before = _checkpoint(row)
            turn = Turn(_checkpoint(row), running_from(float(row.now)), session, settle=held.settle)
            yield turn
            try:
                held.settle()
                if turn.checkpoint != before:
                    values = _values(turn.checkpoint)
                    self._connection(session).execute(
                        update(self._table).where(*self._here(name)).values(values)
                    )
                held.commit()
            except Exception as error:
                raise NotKept(error, before.position) from error

    def _taken(self, session: Session, name: str) -> Any:
        """Return the row, locked until the transaction ends; None while another worker has it."""
        connection = self._connection(session, **transactional(session, self._mapper))
        here = self._here(name)
        row = select(self._table, EpochSeconds().label("now")).where(*here)
        skips = database_of(connection.dialect).skips_locked_rows(connection.dialect)
        try:
            # SQLite has no row locks: a write takes its one lock. Elsewhere a row that is locked is left out, or refused.
            if database_of(connection.dialect).one_writer:
                connection.execute(update(self._table).where(*here).values(attempts=self._table.c.attempts))
            return connection.execute(row.with_for_update(skip_locked=skips, nowait=not skips)).one_or_none()
        except DBAPIError as error:
            # Another worker has the lock, or moved the row after this transaction had begun to see it.
            if not is_locked_out(error):
                raise
            return None

    def _begun(self, name: str, start: Any) -> bool:
        """Whether the subscription has its row. Where another worker is about to write it, that is not known yet."""
        if self.read(name) is not None:
            return True
        values = {"log": self._log, "name": name} | _values(Checkpoint(start))
        try:
            with self._open() as session, session.begin():
                self._connection(session).execute(insert(self._table).values(values))
        except DBAPIError as error:
            if is_locked_out(error):
                return False
            # Another worker began it.
            if not isinstance(error, IntegrityError) or self.read(name) is None:
                raise
        return True

    def read(self, name: str) -> Checkpoint | None:
        with self._open() as session:
            query = select(self._table).where(*self._here(name))
            connection = self._connection(session)
            rows = connection.execute(query).all()
        for row in rows:
            if (row.log, row.name) != (self._log, name):
                raise OsirisError(self._taken_for(name, row, connection.dialect))
        return _checkpoint(rows[0]) if rows else None

    def _taken_for(self, name: str, row: Any, dialect: Dialect) -> str:
        table = self._table
        types = (
            f"MODIFY {each.name} {each.type.compile(dialect)} NOT NULL"
            for each in (table.c.log, table.c.name)
        )
        return (
            f"subscription {name!r}: the table {table.name} takes it for {row.name!r} of {row.log}: it was made with "
            f"a collation that does not tell the two apart. ALTER TABLE {table.name} {', '.join(types)}."
        )

    def names(self) -> list[str]:
        query = select(self._table.c.name).where(self._table.c.log == self._log).order_by(self._table.c.name)
        with self._open() as session:
            return list(self._connection(session).scalars(query))

    def _connection(self, session: Session, **options: Any) -> Any:
        return session.connection(bind_arguments={"mapper": self._mapper}, execution_options=options)

    def _here(self, name: str) -> list[Any]:
        return [self._table.c.log == self._log, self._table.c.name == name]


class _HeldTransaction:
    """The transaction that a handler writes in, from here until :meth:`commit`, which is the only one to end it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ours = False
        self._savepoint: Any = None
        event.listen(session, "before_commit", self._refuse_commit)
        self._transaction = session.begin()

    def guard(self, connection: Connection) -> None:
        """Have :meth:`commit` notice where the server undid the transaction, and the handler went on regardless.

        After a deadlock MariaDB takes the next statement for a new transaction's. PostgreSQL refuses it by itself.
        """
        if database_of(connection.dialect).goes_on_after_deadlocks:
            self._savepoint = connection.begin_nested()

    def settle(self) -> None:
        """Flush what the handler left in the session, and release its savepoints. Raises what comes of it.

        Raises OsirisError where the handler has ended the transaction, or left it in a state that cannot go on.
        """
        session = self._session
        if session.get_transaction() is not self._transaction:
            raise OsirisError(
                "the handler rolled back or closed the session that it was given. Let the exception pass, and the "
                "subscription rolls back; for a part of the work use session.begin_nested()."
            )
        if not session.is_active:
            raise OsirisError(
                "the handler left its session with a flush that had failed. Let the exception pass, or flush within "
                "session.begin_nested(), which undoes it."
            )
        session.flush()
        while (savepoint := session.get_nested_transaction()) is not None:
            savepoint.commit()

    def commit(self) -> None:
        """End it."""
        try:
            if self._savepoint is not None:
                self._savepoint.commit()
        except DBAPIError as error:
            if refusal_of(error) is not Refusal.NO_SAVEPOINT:
                raise
            raise OsirisError(
                "the server has rolled back the subscription's transaction, after a deadlock for one, and the handler "
                "went on. Let the driver's exception pass: the event is tried again."
            ) from error
        self._ours = True
        commit_or_roll_back(self._session)

    def _refuse_commit(self, session: Session) -> None:
        if not self._ours and not session.in_nested_transaction():
            raise OsirisError(
                "the handler committed the session that it was given. The subscription does so, together with its "
                "checkpoint; commit a session of your own where something shall stay whatever becomes of the event."
            )


def _values(checkpoint: Checkpoint) -> dict[str, Any]:
    document = checkpoint.document()
    # ASCII, as JSON is, whatever the character set of a table that is there already.
    error = document["error"] and document["error"].encode("ascii", "backslashreplace").decode()
    return document | {name: json.dumps(document[name]) for name in ("position", "parked")} | {"error": error}


def _checkpoint(row: Any) -> Checkpoint:
    read = {"position": json.loads(row.position), "parked": json.loads(row.parked)}
    return Checkpoint.of({"attempts": row.attempts, "retry_at": row.retry_at, "error": row.error} | read)
