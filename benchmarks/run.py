"""Measure sqla_osiris beside its floors on every store: RESULTS.md and results.png, beside this file.

    python benchmarks/run.py                 # everything: about a quarter of an hour; starts its own servers
    python benchmarks/run.py --quick         # seconds: proves that all of it runs, prints, writes nothing
    python benchmarks/run.py --only fold     # one or more of MEASUREMENTS: prints, writes nothing
    python benchmarks/run.py --store MariaDB --only append get
    python benchmarks/run.py --only mongodb dynamodb   # the document stores have measurements of their own

Needs the packages of tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # for tests.servers

import adopting  # noqa: E402
import cases  # noqa: E402
import copying  # noqa: E402
import document_stores  # noqa: E402
import feeding  # noqa: E402
import memory  # noqa: E402
import notifying  # noqa: E402
import report  # noqa: E402
import upkeep  # noqa: E402
from cases import Result, Size  # noqa: E402
from sqlalchemy import text  # noqa: E402
from stores import Account, MariaDB, MySQL, PostgreSQL, Server, SQLite, Store, new_events  # noqa: E402
from time_travel import state_at  # noqa: E402

from sqla_osiris import repository  # noqa: E402
from tests.servers import SQL_SERVERS  # noqa: E402

QUICK = Size(
    contexts=200,
    commits=10,
    changed=50,
    batches=2,
    gets=50,
    rounds=3,
    folded=5_000,
    imported=2_000,
    hot_seconds=0.3,
)
MEGABYTE = 1_000_000


def measure(store: Store, size: Size, chosen: set[str]) -> Iterator[Result]:
    """The chosen measurements, each on freshly filled tables."""
    for name, measurement in MEASUREMENTS.items():
        if name in chosen:
            cases.fill(store, size)
            yield from measurement(store, size)


def peaks(store: Store, size: Size) -> Iterator[Result]:
    """Growth of the client's peak memory with its input; the bar is that it stays the same, but for 4 MB of noise."""
    # Even the least import is one of several chunks.
    imports = [2 * size.imported, 8 * size.imported, 16 * size.imported]
    states = [size.imported, 4 * size.imported]
    fixed = size.imported // 10
    yield _peak(store, "append_many", "events, contexts as many", [(n, fixed) for n in imports])
    yield _peak(store, "append_many", "events, 10 a context", [(n, n // 10) for n in imports])
    yield _peak(store, "states", "states", [(n, n) for n in states])


def _peak(store: Store, operation: str, what: str, sizes: list[tuple[int, int]]) -> Result:
    """``sizes`` are numbers of events and of contexts, ascending."""
    grown = []
    for events, contexts in sizes:
        store.recreate()
        if operation == "states":
            repository(Account, store.engine).append_many(new_events(contexts, events // contexts))
        url = store.engine.url.render_as_string(hide_password=False)
        grown.append(memory.growth(operation, url, events, contexts) / MEGABYTE)
    inputs = " / ".join(f"{events:,}" for events, _ in reversed(sizes))
    note = (
        f"growth {', '.join(f'{each:.1f}' for each in grown)} MB; the first and the greatest + 4 MB compared"
    )
    case = f"peak memory of {operation}, {inputs} {what}"
    return Result(case, store.name, grown[0] + 4, max(grown) + 4, "MB", 1.25, note)


MEASUREMENTS: dict[str, Callable[[Any, Size], Iterable[Result]]] = {
    "unit_of_work": cases.unit_of_work,
    "append": lambda store, size: [cases.append(store, size)],
    "hot_context": lambda store, size: [cases.hot_context(store, size)],
    "get": lambda store, size: [cases.get(store, size)],
    "select": lambda store, size: [cases.select_all(store, size)],
    "fold": lambda store, size: [cases.fold(store, size)],
    "many": lambda store, size: [cases.append_many(store, size)],
    "state_at": state_at,
    "memory": peaks,
    "adopt": adopting.adopt,
    "feed": feeding.feed,
    "columns": feeding.columns,
    "notify": notifying.notify,
    "copy": copying.measured,
    "snapshots": lambda store, size: [upkeep.snapshots(store, size)],
    "archive": lambda store, size: [upkeep.archive(store, size)],
}


STORES: dict[str, set[str]] = {
    "SQLite": set(MEASUREMENTS) - {"hot_context", "columns", "notify"},
    "SQLite, WAL": {"append"},
    "PostgreSQL": set(MEASUREMENTS),
    "MariaDB": {"unit_of_work", "append", "hot_context", "get", "select", "many"},
    "MySQL": {"unit_of_work", "append", "hot_context", "get", "select", "many"},
}
"""What is measured on each store."""


SERVERS: dict[str, type[PostgreSQL | MariaDB]] = {
    each.__name__: each for each in (PostgreSQL, MariaDB, MySQL)
}


def server_version(store: Store) -> str:
    asked = "SHOW server_version" if isinstance(store, PostgreSQL) else "SELECT version()"
    with store.engine.connect() as connection:
        return f"{store.name} {connection.scalar(text(asked))}"


def versions(servers: list[str]) -> str:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("SQLAlchemy", "psycopg", "PyMySQL", "pymongo")
    )
    used = ", ".join([*servers, f"SQLite {sqlite3.sqlite_version}"])
    return f"Python {platform.python_version()}, {packages}, {used}"


@contextmanager
def opened(name: str, url: str | None) -> Iterator[Store]:
    """The store of this name, on a server that is started for it; PostgreSQL also at a URL."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="osiris-benchmark-")))
        store: Store
        if name in SERVERS:
            given = url if name == "PostgreSQL" else None
            store = SERVERS[name].at(given or stack.enter_context(SQL_SERVERS[name.lower()](durable=True)))
        else:
            store = SQLite.at(folder / "osiris.db", wal=name.endswith("WAL"))
        yield store
        store.engine.dispose()


def told(results: Iterable[Result]) -> Iterator[Result]:
    """The same, printed as they come."""
    for result in results:
        print(report.line(result), flush=True)
        yield result


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes: a smoke test that writes no file")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*MEASUREMENTS, *document_stores.MEASUREMENTS],
        help="measure these alone and write no file",
    )
    parser.add_argument("--store", nargs="+", choices=STORES, help="measure on these alone and write no file")
    parser.add_argument(
        "--url", help="a PostgreSQL database to use; its tables of the same names are dropped"
    )
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    results: list[Result] = []
    servers: list[str] = []
    for name in options.store or STORES:
        chosen = STORES[name] & set(options.only or MEASUREMENTS)
        if not chosen:
            continue
        with opened(name, options.url) as store:
            if isinstance(store, Server):
                servers.append(server_version(store))
            results += told(measure(store, size, chosen))
    if not options.store:
        for name, measurement in document_stores.MEASUREMENTS.items():
            if name in (options.only or document_stores.MEASUREMENTS):
                results += told(measurement(size))
        servers.append(document_stores.VERSIONS)
    if not options.quick and not options.only and not options.store:
        page = report.markdown(results, command="python benchmarks/run.py", versions=versions(servers))
        (HERE / "RESULTS.md").write_text(page, encoding="utf-8")
        report.draw(results, HERE / "results.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
