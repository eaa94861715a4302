"""One row that many processes change at once: a row and a model, under SELECT … FOR UPDATE and by atomic expressions.

Beside them a row whose log an application writes itself, by the ORM: what a row of a log costs, whoever writes it.

    python benchmarks/hot_row.py                                  # PostgreSQL, MariaDB, MySQL; starts its own servers
    python benchmarks/hot_row.py --database postgresql --processes 8 --rounds 9
    python benchmarks/hot_row.py --durable                        # each commit waits for the disk

The ways take turns, so that what else the machine does hits all alike. Printed are the median rate of each, and what one
change costs a client alone: statements, and CPU time. Servers do not wait for the disk, if not asked to. Needs the packages
of tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from sqla_osiris import Aggregate, Context, EventSourced

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for tests.servers

from tests.servers import SQL_SERVERS
from tests.statements import counted

CHANGES = 100


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "hot_row"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int]


class Account(EventSourced, Base):
    __tablename__ = "hot_account"
    id: Mapped[int] = Context()
    balance: Mapped[int] = Aggregate()


class Entry(Base):
    __tablename__ = "hot_row_log"
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int]
    balance: Mapped[int]


def locked(model: type[Row | Account], session: Session) -> None:
    session.get_one(model, 1, with_for_update=True).balance += 1
    session.commit()


def logged(session: Session) -> None:
    session.get_one(Row, 1, with_for_update=True).balance += 1
    session.add(Entry(id=1, balance=1))
    session.commit()


def atomic(model: type[Row | Account], session: Session) -> None:
    session.get_one(model, 1).balance = model.balance + 1
    session.commit()


WAYS: dict[str, Callable[[Session], None]] = {
    f"{name}, {way.__name__}": partial(way, model)
    for way in (locked, atomic)
    for name, model in (("row", Row), ("model", Account))
}
WAYS["row and its log, locked"] = logged


def changes(url: str, way: str, how_many: int) -> None:
    engine = create_engine(url)
    for _ in range(how_many):
        with Session(engine) as session:
            WAYS[way](session)
    engine.dispose()


def alone(url: str, way: str) -> tuple[int, float]:
    """The statements of one change, and the milliseconds of its client's CPU."""
    engine = create_engine(url)
    with Session(engine) as session:
        WAYS[way](session)  # what is found out once about a log and a server
        with counted(engine) as statements:
            WAYS[way](session)
    best = float("inf")
    for _ in range(10):
        start = time.process_time()
        for _ in range(CHANGES):
            with Session(engine) as session:
                WAYS[way](session)
        best = min(best, (time.process_time() - start) / CHANGES)
    engine.dispose()
    return len(statements), best * 1000


def measure(url: str, processes: int, rounds: int) -> dict[str, float]:
    """The changes a second of each way, all processes together."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    with ProcessPoolExecutor(processes) as pool:
        for number in range(rounds + 1):
            for way, rates in found.items():
                start = time.perf_counter()
                list(pool.map(changes, [url] * processes, [way] * processes, [CHANGES] * processes))
                if number:  # the first round warms caches
                    rates.append(processes * CHANGES / (time.perf_counter() - start))
    return {way: statistics.median(rates) for way, rates in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", nargs="*", default=list(SQL_SERVERS))
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--durable", action="store_true", help="each commit waits for the disk")
    asked = parser.parse_args()
    for database in asked.database:
        with SQL_SERVERS[database](durable=asked.durable) as url:
            engine = create_engine(url)
            Base.metadata.create_all(engine)
            with Session(engine) as session:
                session.add_all([Row(id=1, balance=0), Account(id=1, balance=0)])
                session.commit()
            engine.dispose()
            costs = {way: alone(url, way) for way in WAYS}
            rates = measure(url, asked.processes, asked.rounds)
        print(
            f"\n| {database}, {asked.processes} processes | a second | beside the row | statements | client's CPU, ms |"
        )
        print("| --- | --- | --- | --- | --- |")
        for way, rate in rates.items():
            statements, cpu = costs[way]
            beside = rate / rates[way.replace("model", "row").replace(" and its log", "")]
            print(f"| {way} | {rate:,.0f} | {beside:.2f} | {statements} | {cpu:.2f} |", flush=True)


if __name__ == "__main__":
    main()
