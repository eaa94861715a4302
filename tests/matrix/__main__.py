"""Run the tests' matrix, print what came of each cell, and write docs/support.md.

    python -m tests.matrix                                 # the table: each server, each Python, each SQLAlchemy
    python -m tests.matrix --python 3.14 --server mysql-9.7 # some cells; the page keeps the others' rows
    python -m tests.matrix --all                           # the whole product
    python -m tests.matrix --diagonal                      # what .ci/run runs; the page stays

It ends with status 1 if a test failed. What cannot be had here is named and counted; where CI is set, that is an error, too,
of status 3: nothing failed, but not all was run.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.install_debian import NotToBeHad, installed, unpacked
from tests.matrix.cells import PAGE, Had, Outcome, output, prepare, run
from tests.matrix.page import page
from tests.matrix.table import CELLS, DIAGONAL, EVERY, PYTHONS, SERVERS, SQLALCHEMYS, Cell

SHOWN = 10_000
"""Characters of what a failing cell printed."""
FAILED, NOT_ALL = 1, 3
"""Statuses: a test failed, or none did and a cell was not run."""


def main(arguments: Sequence[str]) -> int:
    """The status of the process."""
    asked = _asked(arguments)
    cells = chosen(asked)
    if asked.prepare:
        return _prepare(cells)
    outcomes: list[Outcome] = []
    for cell in cells:
        outcomes += _run(cell, installed if asked.prepared else unpacked)
        if outcomes[-1].was_run and not asked.diagonal:
            write(PAGE, outcomes)
    print(said(outcomes))
    return status(outcomes)


def chosen(asked: argparse.Namespace) -> list[Cell]:
    """The cells that the command names."""
    if asked.diagonal:
        return DIAGONAL
    wanted = (asked.python, asked.sqlalchemy, asked.server)
    every = EVERY if asked.all or any(wanted) else CELLS
    names = [(cell.python, cell.sqlalchemy, cell.name) for cell in every]
    return [
        cell
        for cell, has in zip(every, names, strict=True)
        if all(not want or name in want for want, name in zip(wanted, has, strict=True))
    ]


def _run(cell: Cell, had: Had) -> list[Outcome]:
    """What came of the cell, and of what is run instead of one that cannot be had."""
    outcome = run(cell, had)
    print(f"{cell}: {outcome} ({outcome.seconds:.0f} s)", flush=True)
    if outcome.failed:
        print(output(cell, "log").read_text(encoding="utf-8")[-SHOWN:])
    return [outcome, *([] if outcome.was_run or cell.instead is None else _run(cell.instead, had))]


def said(outcomes: Sequence[Outcome]) -> str:
    """The last line: how many cells failed, and which were not run, by the reason."""
    missing = [each for each in outcomes if not each.was_run]
    failed = sum(each.failed > 0 for each in outcomes)
    line = f"{len(outcomes) - len(missing)} cells run, {failed} failed"
    reasons = {each.why: str(each.cell) for each in missing}
    return line + "".join(
        f"\nNOT RUN: {sum(each.why == why for each in missing)} cells, as {cell} ({why})"
        for why, cell in reasons.items()
    )


def status(outcomes: Sequence[Outcome]) -> int:
    """FAILED if a test did; NOT_ALL if a cell was not run where CI is set."""
    if any(each.failed for each in outcomes):
        return FAILED
    return NOT_ALL if os.environ.get("CI") and not all(each.was_run for each in outcomes) else 0


def write(path: Path, outcomes: Sequence[Outcome]) -> None:
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text(page(before, outcomes), encoding="utf-8")


def _prepare(cells: Sequence[Cell]) -> int:
    """Fetch the servers, and make the virtual environments."""
    for cell in cells:
        try:
            prepare(cell)
        except NotToBeHad as reason:
            print(f"{cell}: {reason}")
    return 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--diagonal", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--prepare", action="store_true", help="fetch and install, and run nothing")
    parser.add_argument(
        "--prepared", action="store_true", help="fetch nothing of Debian: what is not there is not run"
    )
    parser.add_argument("--python", action="append", choices=PYTHONS)
    parser.add_argument("--sqlalchemy", action="append", choices=SQLALCHEMYS)
    parser.add_argument("--server", action="append", choices=SERVERS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
