"""What is measured on: the models, the ordinary table and the hand-written event table, on each database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from sqlalchemy import Engine, Integer, String, create_engine, event, make_url, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, Latest, Never, NewEvent

__all__ = [
    "Account",
    "Base",
    "Ledger",
    "MariaDB",
    "MySQL",
    "PostgreSQL",
    "Row",
    "SQLite",
    "Server",
    "Store",
    "known_rows",
    "new_events",
]


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    """The default: Inline(), so a state is a stored row."""

    __tablename__ = "account"

    id: Mapped[str] = Context(String(40))
    company: Mapped[str | None] = Latest(String(40))
    title: Mapped[str | None] = Latest(String(40))
    salary: Mapped[int] = Aggregate(Integer)


class Ledger(EventSourced, Base):
    """The same fields with no snapshot at all: every query folds the log."""

    __tablename__ = "ledger"
    __snapshot__ = Never()

    id: Mapped[str] = Context(String(40))
    company: Mapped[str | None] = Latest(String(40))
    title: Mapped[str | None] = Latest(String(40))
    salary: Mapped[int] = Aggregate(Integer)


class Row(Base):
    """The floor of reads and of the unit of work: the same columns in an ordinary, mutable table."""

    __tablename__ = "ordinary"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    company: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[str | None] = mapped_column(String(40))
    salary: Mapped[int] = mapped_column(Integer)


def new_events(contexts: int, each: int) -> Iterator[NewEvent]:
    """``each`` events for every one of ``contexts``, one of each in turn, as a live system writes them."""
    for turn in range(each):
        for number in range(contexts):
            fields: dict[str, Any] = {"salary": turn + 1}
            if turn % 3 == 0:
                fields["company"] = f"company {number % 50}"
            if turn % 4 == 0:
                fields["title"] = f"title {turn}"
            yield NewEvent(f"c{number:06}", fields)


def known_rows(contexts: int, each: int) -> Iterator[tuple[Any, ...]]:
    """The same events as finished rows of the hand-written table, their seqs known beforehand."""
    for number, new in enumerate(new_events(contexts, each)):
        fields = new.fields
        yield (
            new.context,
            number // contexts + 1,
            fields.get("company"),
            fields.get("title"),
            fields["salary"],
        )


@dataclass(frozen=True)
class Store:
    """A database to measure: an engine for the library and a bare driver connection for the floors."""

    name: str
    engine: Engine

    def recreate(self) -> None:
        Base.metadata.drop_all(self.engine)
        Base.metadata.create_all(self.engine)

    def empty(self, model: type[Account] | type[Ledger]) -> None:
        with self.engine.begin() as connection:
            for table in (model.Event.__table__, model.Snapshot.__table__):
                connection.execute(text(f"{self.emptying} {table.name}"))

    emptying = "DELETE FROM"
    bulk = "executemany"
    append_bar = 0.35
    many_bar = 0.4
    get_bar = 1.2
    insert = "INSERT INTO raw_event (id, seq, company, title, salary) VALUES (?, ?, ?, ?, ?)"

    def connect(self) -> Any:
        """A bare driver connection whose ``raw_event`` table is there."""
        raise NotImplementedError

    def bulk_load(self, connection: Any, rows: list[tuple[Any, ...]]) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        """Statistics and visibility as a database at rest has them."""
        raise NotImplementedError


class SQLite(Store):
    """A file, with SQLite's default journal, or with WAL and synchronous=NORMAL."""

    @classmethod
    def at(cls, path: Path, *, wal: bool = False) -> SQLite:
        engine = create_engine(f"sqlite:///{path}")
        if wal:
            event.listen(engine, "connect", _use_wal)
        return cls("SQLite, WAL" if wal else "SQLite", engine)

    def connect(self) -> sqlite3.Connection:
        """Its own file beside the library's: neither invalidates the other's page cache."""
        connection = sqlite3.connect(f"{self.engine.url.database}.raw", check_same_thread=False)
        if self.name.endswith("WAL"):
            _use_wal(connection)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS raw_event (id VARCHAR(40) NOT NULL, seq INTEGER NOT NULL,"
            " recorded_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, company VARCHAR(40), title VARCHAR(40),"
            " salary INTEGER, PRIMARY KEY (id, seq))"
        )
        connection.execute("DELETE FROM raw_event")
        connection.commit()
        return connection

    def bulk_load(self, connection: Any, rows: list[tuple[Any, ...]]) -> None:
        connection.executemany(self.insert, rows)

    def settle(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


class Server(Store):
    """A real server with durable commits and many clients."""

    emptying = "TRUNCATE"
    append_bar = 0.5
    insert = Store.insert.replace("?", "%s")
    lost_races: tuple[type[Exception], ...] = ()
    """What a bare driver raises where another client was faster."""

    def connect_again(self) -> Any:
        """One more client of the same table."""
        raise NotImplementedError


class PostgreSQL(Server):
    bulk = "COPY"
    lost_races = (psycopg.errors.UniqueViolation,)

    @classmethod
    def at(cls, url: str) -> PostgreSQL:
        return cls(
            "PostgreSQL", create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=8)
        )

    def connect(self) -> psycopg.Connection[Any]:
        connection = self.connect_again()
        connection.execute("DROP TABLE IF EXISTS raw_event")
        connection.execute(
            "CREATE TABLE raw_event (id VARCHAR(40) NOT NULL, seq BIGINT NOT NULL,"
            " recorded_at TIMESTAMPTZ NOT NULL DEFAULT now(), company VARCHAR(40), title VARCHAR(40),"
            " salary INTEGER, PRIMARY KEY (id, seq))"
        )
        connection.commit()
        return connection

    def connect_again(self) -> psycopg.Connection[Any]:
        url = self.engine.url.set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False))

    def bulk_load(self, connection: Any, rows: list[tuple[Any, ...]]) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY raw_event (id, seq, company, title, salary) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def settle(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


class MariaDB(Server):
    # A duplicate key; a deadlock, or a lock that was not granted in time.
    lost_races = (pymysql.err.IntegrityError, pymysql.err.OperationalError)

    @classmethod
    def at(cls, url: str) -> MariaDB:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS osiris_benchmark"))
            connection.execute(text("CREATE DATABASE osiris_benchmark"))
        engine.dispose()
        return cls(cls.__name__, create_engine(make_url(url).set(database="osiris_benchmark"), pool_size=8))

    def connect(self) -> _PyMySQL:
        connection = self.connect_again()
        connection.execute("DROP TABLE IF EXISTS raw_event")
        connection.execute(
            "CREATE TABLE raw_event (id VARCHAR(40) NOT NULL, seq BIGINT NOT NULL,"
            " recorded_at DATETIME(6) NOT NULL DEFAULT now(6), company VARCHAR(40), title VARCHAR(40),"
            " salary INTEGER, PRIMARY KEY (id, seq))"
        )
        return connection

    def connect_again(self) -> _PyMySQL:
        url = self.engine.url
        return _PyMySQL(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password or "",
            database=url.database,
        )

    def bulk_load(self, connection: Any, rows: list[tuple[Any, ...]]) -> None:
        """PyMySQL sends an executemany as INSERTs of many rows."""
        with connection.cursor() as cursor:
            cursor.executemany(self.insert, rows)

    def settle(self) -> None:
        with self.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                connection.execute(text(f"ANALYZE TABLE {table.name}")).all()


class MySQL(MariaDB):
    append_bar = 0.8
    many_bar = 0.5
    get_bar = 1.1


class _PyMySQL(pymysql.Connection):  # type: ignore[type-arg]
    """With the short cut that the other drivers' connections have."""

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        with self.cursor() as cursor:
            cursor.execute(statement, parameters)


def _use_wal(connection: Any, _record: object = None) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
