"""`copy` beside the slower half of it done by hand: reading the source's rows, or bulk-loading them into the target.

    python benchmarks/copying.py [EVENTS]           # SQLite, PostgreSQL and MongoDB; starts its own servers; prints
    python benchmarks/copying.py memory URL EVENTS  # the growth of a process's peak memory while it copies into SQLite

``run.py`` measures SQLite and PostgreSQL. The hand reads finished rows and loads them with seqs that are known; `copy` makes
an event of each row, gives it its place, folds it, and compares all states at the end.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # for the siblings, and for tests.servers

from cases import Result, Size, interleaved  # noqa: E402
from memory import peak  # noqa: E402
from pymongo import MongoClient  # noqa: E402
from stores import Account, PostgreSQL, SQLite, Store, known_rows, new_events  # noqa: E402

from sqla_osiris import copy, repository  # noqa: E402
from tests.servers import mongodb_server, postgresql_server  # noqa: E402

__all__ = ["growth", "measured"]

BAR = 0.3
EVENTS_A_CONTEXT = 10

Hand = Callable[[], None]


def measured(store: Store, size: Size) -> Iterator[Result]:
    """Both ways between a PostgreSQL and a SQLite file; nothing for another store."""
    if not isinstance(store, PostgreSQL):
        return
    with tempfile.TemporaryDirectory(prefix="osiris-copy-") as folder:
        sqlite = SQLite.at(Path(folder) / "copy.db")
        for source, target in ((sqlite, store), (store, sqlite)):
            yield between(source, target, size)
        sqlite.engine.dispose()


def between(source: Store, target: Store, size: Size) -> Result:
    """From one SQL store into another."""
    contexts = max(1, size.imported // EVENTS_A_CONTEXT)
    source.recreate()
    repository(Account, source.engine).append_many(new_events(contexts, EVENTS_A_CONTEXT))
    raw = target.connect()
    rows = list(known_rows(contexts, EVENTS_A_CONTEXT))

    def write() -> None:
        raw.execute("DELETE FROM raw_event" if target.emptying != "TRUNCATE" else "TRUNCATE raw_event")
        raw.commit()
        target.bulk_load(raw, rows)
        raw.commit()

    def empty() -> Any:
        target.recreate()
        return repository(Account, target.engine)

    result = _compared(source, f"{source.name} → {target.name}", write, empty, len(rows), size)
    raw.close()
    return result


def into_mongodb(source: Store, url: str, size: Size) -> Result:
    """From SQLite into a replica set; the hand's documents are the library's, whose seqs are known."""
    contexts = max(1, size.imported // EVENTS_A_CONTEXT)
    source.recreate()
    repository(Account, source.engine).append_many(new_events(contexts, EVENTS_A_CONTEXT))
    names = ("context", "seq", "company", "title", "salary")
    with MongoClient[dict[str, Any]](url) as client:
        client.raw.event.create_index([("context", 1), ("seq", 1)], unique=True)

        def write() -> None:
            client.raw.event.delete_many({})
            documents = [dict(zip(names, row, strict=True)) for row in known_rows(contexts, EVENTS_A_CONTEXT)]
            client.raw.event.insert_many(documents, ordered=False)

        def empty() -> Any:
            client.drop_database("osiris")
            accounts = repository(Account, client.osiris)
            accounts.create()
            return accounts

        return _compared(source, f"{source.name} → MongoDB", write, empty, contexts * EVENTS_A_CONTEXT, size)


def _compared(
    source: Store, name: str, write: Hand, empty: Callable[[], Any], events: int, size: Size
) -> Result:
    def by_hand(_turn: int) -> float:
        return max(_seconds(lambda: _read(source)), _seconds(write))

    def ours(_turn: int) -> float:
        target = empty()
        return _seconds(lambda: copy(repository(Account, source.engine), target))

    floor, copied = interleaved(by_hand, ours, max(3, size.rounds // 3))
    case = f"copy of {events:,} events / the slower of reading and bulk-loading them by hand"
    return Result(case, name, events / floor, events / copied, "/s", BAR)


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _read(source: Store) -> None:
    """Every row of the event table in the order of its feed, through the bare driver."""
    query = "SELECT * FROM account_event ORDER BY position"
    if isinstance(source, PostgreSQL):
        with source.connect_again() as connection:
            connection.execute(query).fetchall()
        return
    connection = sqlite3.connect(str(source.engine.url.database))
    connection.execute(query).fetchall()
    connection.close()


def growth(url: str, events: int) -> int:
    """The growth of the peak memory, in bytes, of a process that copies that many events into a SQLite file."""
    command = [sys.executable, str(Path(__file__)), "memory", url, str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return int(done.stdout)


def _memory(url: str, events: int) -> int:
    """What is loaded once is loaded before: a copy of a page or two comes first."""
    with tempfile.TemporaryDirectory(prefix="osiris-copy-") as folder:
        warm, target = (repository(Account, f"sqlite:///{folder}/{name}.db") for name in ("warm", "target"))
        small = repository(Account, "memory://")
        small.append_many(new_events(2_000, EVENTS_A_CONTEXT))
        warm.create()
        copy(small, warm)
        target.create()
        del small
        before = peak()
        assert copy(repository(Account, url), target) == events
        return peak() - before


def main(events: int) -> None:
    size = Size(imported=events)
    with tempfile.TemporaryDirectory(prefix="osiris-copy-") as folder, postgresql_server(durable=True) as url:
        postgresql, sqlite = PostgreSQL.at(url), SQLite.at(Path(folder) / "source.db")
        for result in measured(postgresql, size):
            print(_line(result), flush=True)
        postgresql.engine.dispose()
        with mongodb_server(durable=True) as mongodb:
            print(_line(into_mongodb(sqlite, mongodb, size)), flush=True)
        for factor in (2, 20):
            sqlite.recreate()
            repository(Account, sqlite.engine).append_many(
                new_events(factor * events // EVENTS_A_CONTEXT, EVENTS_A_CONTEXT)
            )
            sqlite.engine.dispose()
            grown = growth(f"sqlite:///{folder}/source.db", factor * events)
            print(f"peak memory of a copy of {factor * events:,} events: + {grown / 1e6:.1f} MB", flush=True)


def _line(result: Result) -> str:
    met = "met" if result.met else "MISSED"
    return (
        f"{result.store}: {result.ours:,.0f}/s of {result.floor:,.0f}/s: {result.ratio:.2f}, bar {BAR} {met}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        print(_memory(sys.argv[2], int(sys.argv[3])))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 50_000)
