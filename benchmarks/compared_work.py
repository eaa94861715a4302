"""The work of compare.py, in a process of the checkout that PYTHONPATH names: prints the seconds of each piece as JSON.

Uses what every version has.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from itertools import count
from uuid import UUID

from sqlalchemy import Engine, Integer, String, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, NewEvent, repository

COMMITS = {"sqlite": 1500, "postgresql": 700, "mariadb": 500, "mysql": 500}
MANY, CONTEXTS = 20_000, 2_000


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    __tablename__ = "compared"
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str | None] = Latest(String(40))
    balance: Mapped[int] = Aggregate(Integer)


class Long(EventSourced, Base):
    __tablename__ = "compared_long"
    __snapshot__ = Every(100)
    id: Mapped[str] = Context(String(20))
    owner: Mapped[str | None] = Latest(String(40))
    balance: Mapped[int] = Aggregate(Integer)


class Work:
    """The pieces, in an order in which later ones find what earlier ones wrote."""

    def __init__(self, engine: Engine, commits: int) -> None:
        self.engine, self.commits = engine, commits
        self.accounts, self.longs = repository(Account, engine), repository(Long, engine)
        self.numbers = count(1)

    def pieces(self) -> dict[str, Callable[[], object]]:
        return {
            "append": self.append,
            "append with an event_id": self.append_with_an_id,
            "add one object": self.add,
            "change one object": self.change_one,
            "change 200 objects": self.change_many,
            "append_many": self.append_many,
            "append_many with event_ids": self.append_many_with_ids,
            "append_many, 20 long streams": self.append_many_of_long_streams,
            "session.get": self.get,
            "states": lambda: sum(1 for _ in self.accounts.states()),
            "state, Every(100)": self.state,
            "state at a seq": self.state_at,
            "history": self.history,
            "feed": self.feed,
        }

    def append(self) -> None:
        for n in range(self.commits):
            self.accounts.append(f"a{n % 50}", balance=1)

    def append_with_an_id(self) -> None:
        for n in range(self.commits // 2):
            self.accounts.append(f"a{n % 50}", balance=1, event_id=UUID(int=next(self.numbers)))

    def add(self) -> None:
        for n in range(self.commits // 4):
            with Session(self.engine) as session:
                session.add(Account(id=f"new{n}", owner="ann", balance=1))
                session.commit()

    def change_one(self) -> None:
        for n in range(self.commits // 4):
            with Session(self.engine) as session:
                session.get(Account, f"a{n % 50}").balance += 1
                session.commit()

    def change_many(self) -> None:
        with Session(self.engine) as session:
            for n, each in enumerate(session.scalars(select(Account).limit(200)).all()):
                each.owner = f"owner {n}"
            session.commit()

    def append_many(self) -> None:
        touches = {"balance": 1, "owner": "ann"}
        self.accounts.append_many(NewEvent(f"b{n % CONTEXTS}", touches) for n in range(MANY))

    def append_many_with_ids(self) -> None:
        self.accounts.append_many(
            NewEvent(f"c{n % CONTEXTS}", {"balance": 1}, event_id=UUID(int=next(self.numbers)))
            for n in range(MANY // 4)
        )

    def append_many_of_long_streams(self) -> None:
        touches = {"balance": 1, "owner": "ann"}
        self.longs.append_many(NewEvent(f"d{n % 20}", touches) for n in range(MANY // 2))

    def get(self) -> None:
        with Session(self.engine) as session:
            for n in range(self.commits):
                session.get(Account, f"b{n % CONTEXTS}")
                session.expire_all()

    def state(self) -> None:
        for n in range(self.commits // 2):
            self.longs.state(f"d{n % 20}")

    def state_at(self) -> None:
        for n in range(self.commits // 4):
            self.accounts.state(f"b{n % CONTEXTS}", at=5)

    def history(self) -> None:
        for n in range(self.commits // 4):
            list(self.accounts.history(f"b{n % CONTEXTS}"))

    def feed(self) -> None:
        after = None
        while page := self.accounts.feed(after=after, limit=5000):
            after = page[-1].position


def main(database: str, url: str) -> None:
    engine = create_engine(url)
    if database == "sqlite":
        event.listen(engine, "connect", _write_ahead)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    taken = {}
    for name, act in Work(engine, COMMITS[database]).pieces().items():
        # A pass over all objects takes a third of a piece's time, and falls into another piece in another version.
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        act()
        taken[name] = time.perf_counter() - start
        gc.enable()
    Base.metadata.drop_all(engine)
    engine.dispose()
    print(json.dumps(taken))


def _write_ahead(connection: object, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]
    connection.execute("PRAGMA synchronous = NORMAL")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
