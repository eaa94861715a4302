"""What do one unique column and one CHECK cost? On a model's heads, and on an ordinary table, each beside itself without.

    python benchmarks/constrained.py            # SQLite, PostgreSQL, MariaDB, MySQL; starts its own servers
    python benchmarks/constrained.py --database postgresql --rounds 9

The four take turns, so that what else the machine does hits all alike. Printed are the medians of the ratios within a
round, with / without: below the ordinary table's is what the library promises. Servers do not wait for the disk.
Needs the packages of tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Engine, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced, Latest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for tests.servers

from tests.servers import SQL_SERVERS

COMMITS, AT_ONCE = 100, 500


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    email: Mapped[str] = mapped_column(String(40))
    balance: Mapped[int]


class ConstrainedRow(Base):
    __tablename__ = "constrained_row"
    __table_args__ = (CheckConstraint("balance >= 0", name="ck_row"),)
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    email: Mapped[str] = mapped_column(String(40), unique=True)
    balance: Mapped[int]


class Account(EventSourced, Base):
    __tablename__ = "account"
    id: Mapped[str] = Context(String(20))
    email: Mapped[str] = Latest(String(40))
    balance: Mapped[int] = Aggregate()


class ConstrainedAccount(EventSourced, Base):
    __tablename__ = "constrained_account"
    __table_args__ = (CheckConstraint("balance >= 0", name="ck_account"),)
    id: Mapped[str] = Context(String(20))
    email: Mapped[str] = Latest(String(40), unique=True)
    balance: Mapped[int] = Aggregate()


KINDS = {"ordinary table": (Row, ConstrainedRow), "model": (Account, ConstrainedAccount)}
NUMBERS = count(1)


def _new(model: type[Any]) -> Any:
    number = next(NUMBERS)
    return model(id=f"{number}", email=f"{number}@example.org", balance=1)


def add_one(engine: Engine, model: type[Any]) -> None:
    for _ in range(COMMITS):
        with Session(engine) as session:
            session.add(_new(model))
            session.commit()


def change_one(engine: Engine, model: type[Any]) -> None:
    with Session(engine) as session:
        keys = session.scalars(select(model.id).limit(COMMITS)).all()
    for key in keys:
        with Session(engine) as session:
            session.get_one(model, key).balance += 1
            session.commit()


def add_many(engine: Engine, model: type[Any]) -> None:
    with Session(engine) as session:
        session.add_all([_new(model) for _ in range(AT_ONCE)])
        session.commit()


def change_many(engine: Engine, model: type[Any]) -> None:
    with Session(engine) as session:
        for each in session.scalars(select(model).limit(AT_ONCE)).all():
            each.balance += 1
        session.commit()


WORK: dict[str, Callable[[Engine, type[Any]], None]] = {
    "add one object": add_one,
    "change one object": change_one,
    f"add {AT_ONCE} objects": add_many,
    f"change {AT_ONCE} objects": change_many,
}
Ratios = dict[tuple[str, str], list[float]]


def measure(engine: Engine, rounds: int) -> Ratios:
    """By work and kind, what the constraints cost in each round: the time with them over the time without."""
    found: Ratios = {(work, kind): [] for work in WORK for kind in KINDS}
    for number in range(rounds + 1):
        for work, kind in found:
            act = WORK[work]
            without, constrained = (_seconds(partial(act, engine, model)) for model in KINDS[kind])
            if number:  # the first round warms caches
                found[work, kind].append(constrained / without)
    return found


def _seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextmanager
def _url(database: str) -> Iterator[str]:
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/constrained.db"
    else:
        with SQL_SERVERS[database](durable=False) as url:
            yield url


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", nargs="*", default=["sqlite", *SQL_SERVERS])
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    for database in asked.database:
        with _url(database) as url:
            engine = create_engine(url)
            Base.metadata.create_all(engine)
            ratios = measure(engine, asked.rounds)
            engine.dispose()
        print(f"\n| {database} | {' | '.join(KINDS)} |\n| --- | --- | --- |")
        for work in WORK:
            figures = (f"{statistics.median(ratios[work, kind]):.2f}" for kind in KINDS)
            print(f"| {work} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
