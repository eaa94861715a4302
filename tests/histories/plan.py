"""What a round is made of, and how a worker opens its store."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, create_engine, event

from sqla_osiris import DynamoRepository, repository
from sqla_osiris.repositories.dynamo.target import client_and_prefix
from tests.histories.accounts import Schema, schema

__all__ = ["FAULTS", "ISOLATIONS", "SQL", "Opened", "Plan", "open_store"]

SQL = frozenset({"sqlite", "sqlite-wal", "postgresql", "mariadb", "mariadb-snapshot"})
"""``mariadb-snapshot`` has ``innodb_snapshot_isolation`` on, as MariaDB has by default from 11.6.2 on."""

ISOLATIONS = {
    "sqlite": ["SERIALIZABLE"],
    "sqlite-wal": ["SERIALIZABLE"],
    "postgresql": ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"],
    "mariadb": ["REPEATABLE READ", "READ COMMITTED", "SERIALIZABLE"],
    "mariadb-snapshot": ["REPEATABLE READ", "READ COMMITTED", "SERIALIZABLE"],
}
"""The first one is the database's default. The other stores have none to choose."""

FAULTS = ("kill", "cut", "timeout", "full")


@dataclass(frozen=True)
class Plan:
    """One round: another seed gives another one. ``through`` is the URL that leads through the proxy, with ``cut``."""

    store: str
    url: str
    folder: Path
    seed: int
    through: str | None = None
    isolation: str | None = None
    policy: str = "every"
    threads: int = 1
    """That share a repository in each worker's process."""
    faults: frozenset[str] = field(default_factory=frozenset)
    plant: str | None = None
    kinds: frozenset[str] | None = None
    """The kinds of calls that are made; None: all that the store has."""

    @property
    def is_atomic(self) -> bool:
        """Whether a batch of several contexts is all or nothing."""
        return self.is_sql or self.store == "mongodb"

    @property
    def is_sql(self) -> bool:
        return self.store in SQL


@dataclass(frozen=True)
class Opened:
    """A worker's own way to the store; ``engine`` on SQL."""

    schema: Schema
    accounts: Any
    engine: Engine | None
    close: Callable[[], object]


def open_store(plan: Plan, dice: Random) -> Opened:
    """Open it: through the proxy, and with short timeouts or a small disk, where the plan has these and the dice say so."""
    tables = schema(plan.policy)
    url = plan.through if plan.through and dice.random() < 0.5 else plan.url
    if plan.store.startswith("mongodb"):
        from pymongo import MongoClient  # noqa: PLC0415  (the driver is an extra)

        mongo: Any = MongoClient(url, serverSelectionTimeoutMS=20_000)
        return Opened(tables, repository(tables.account, mongo.get_default_database()), None, mongo.close)
    if plan.store == "dynamodb":
        dynamo, prefix = client_and_prefix(url)
        accounts = DynamoRepository(tables.account, dynamo, table_prefix=prefix)
        return Opened(tables, accounts, None, dynamo.close)
    impatient = "timeout" in plan.faults and dice.random() < 0.5
    engine = create_engine(url, pool_size=20, **_options(plan, impatient=impatient))
    if plan.store.startswith("sqlite"):
        _without_waiting_for_the_disk(engine)
        if "full" in plan.faults and dice.random() < 0.3:
            _fill_the_disk(engine, dice)
    return Opened(tables, repository(tables.account, engine), engine, engine.dispose)


def _options(plan: Plan, *, impatient: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"isolation_level": plan.isolation} if plan.isolation else {}
    if plan.store == "postgresql":
        limits = "-c lock_timeout=150 -c statement_timeout=400" if impatient else ""
        return options | {"connect_args": {"connect_timeout": 20, "options": limits}}
    if plan.store.startswith("mariadb"):
        settings = [f"innodb_snapshot_isolation = {'ON' if plan.store == 'mariadb-snapshot' else 'OFF'}"]
        if impatient:
            settings += ["innodb_lock_wait_timeout = 1", "max_statement_time = 0.4"]
        return options | {"connect_args": {"init_command": f"SET SESSION {', '.join(settings)}"}}
    return options | {"connect_args": {"timeout": 0.1 if impatient else 30}}


def _without_waiting_for_the_disk(engine: Engine) -> None:
    """A killed process loses nothing that the system has: only a machine without power would."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF").close()


def _fill_the_disk(engine: Engine, dice: Random) -> None:
    """Have some of the engine's connections find the disk full soon."""

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, _record: Any, _proxy: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        most = pages + dice.randrange(3) if dice.random() < 0.5 else 2**30
        connection.execute(f"PRAGMA max_page_count = {most}").close()
