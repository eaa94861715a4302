"""Compare two checkouts of sqla_osiris on the same work, in turns, on the same servers: what did a change cost?

    git worktree add ../before v0.1        # any commit
    python benchmarks/compare.py ../before . --rounds 7
    python benchmarks/compare.py ../before . --rounds 7 --database sqlite

Each round runs compared_work.py once in a process of each checkout, in alternating order. Printed are the medians of both,
and the median of the ratio within a round (new / old: below 1 is faster) with the least and the greatest. Servers are
started as tests start them, without waiting for the disk: it is the work of client and server that is compared.
Needs the packages of tests/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # for tests.servers

from tests.servers import SQL_SERVERS  # noqa: E402

Pairs = dict[str, list[tuple[float, float]]]
"""By piece of work, the seconds of the old and of the new checkout in each round."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", nargs="*", default=["sqlite", *SQL_SERVERS])
    asked = parser.parse_args()
    for database in asked.database:
        with _server(database) as url:
            _print(database, _rounds(database, url, [asked.old.resolve(), asked.new.resolve()], asked.rounds))


def _server(database: str) -> AbstractContextManager[str]:
    return _file() if database == "sqlite" else SQL_SERVERS[database](durable=False)


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/compared.db"


def _rounds(database: str, url: str, checkouts: list[Path], rounds: int) -> Pairs:
    found: Pairs = {}
    for number in range(rounds + 1):
        order = checkouts if number % 2 else checkouts[::-1]
        taken = {checkout: _run(database, url, checkout) for checkout in order}
        if number:  # the first round warms caches and files
            for work, seconds in taken[checkouts[0]].items():
                found.setdefault(work, []).append((seconds, taken[checkouts[1]][work]))
    return found


def _run(database: str, url: str, checkout: Path) -> dict[str, float]:
    """The seconds of each piece of work, in a process that imports this checkout."""
    done = subprocess.run(
        [sys.executable, str(HERE / "compared_work.py"), database, url],
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{checkout}: {done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _print(database: str, found: Pairs) -> None:
    print(
        f"\n| {database} | old, ms | new, ms | new / old | least, greatest |\n| --- | --- | --- | --- | --- |"
    )
    for work, pairs in found.items():
        old, new = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
        ratios = sorted(after / before for before, after in pairs)
        print(
            f"| {work} | {old:.1f} | {new:.1f} | {statistics.median(ratios):.3f} | {ratios[0]:.2f}, {ratios[-1]:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
