"""Run the tests' matrix, print what came of each cell, and write docs/support.md.

    python -m tests.matrix                                 # the table: each server, each Python, each SQLAlchemy
    python -m tests.matrix --python 3.14 --server mysql-9.7 # some cells; the page keeps the others' rows
    python -m tests.matrix --all                           # the whole product
    python -m tests.matrix --diagonal                      # what .ci/run runs; the page stays

It ends with an error if a test failed. What cannot be had here is named and counted; where CI is set, it is an error.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.install_debian import NotToBeHad
from tests.matrix.cells import ROOT, RUN, Outcome, output, prepare, run
from tests.matrix.page import page
from tests.matrix.table import CELLS, DIAGONAL, EVERY, PYTHONS, SERVERS, SQLALCHEMYS, Cell

PAGE = ROOT / "docs" / "support.md"
SHOWN = 10_000
"""Characters of what a failing cell printed."""


def main(arguments: Sequence[str]) -> int:
    """The status of the process."""
    asked = _asked(arguments)
    cells = chosen(asked)
    if asked.prepare:
        return _prepare(cells)
    outcomes = []
    for cell in cells:
        outcomes.append(run(cell))
        print(f"{cell}: {outcomes[-1]} ({outcomes[-1].seconds:.0f} s)", flush=True)
        if outcomes[-1].failed:
            print(output(cell, "log").read_text(encoding="utf-8")[-SHOWN:])
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
    """1 if a test failed, or if a cell was not run where CI is set."""
    missing = bool(os.environ.get("CI")) and not all(each.was_run for each in outcomes)
    return int(missing or any(each.failed for each in outcomes))


def write(path: Path, outcomes: Sequence[Outcome]) -> None:
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text(page(before, outcomes, f"{datetime.now(UTC):%Y-%m-%d}", _commit()), encoding="utf-8")


def _prepare(cells: Sequence[Cell]) -> int:
    """Fetch the servers, and make the virtual environments."""
    for cell in cells:
        try:
            environment = prepare(cell)
        except NotToBeHad as reason:
            print(f"{cell}: {reason}")
        else:
            subprocess.run([*RUN, "--version"], cwd=ROOT, env=environment, check=False)
    return 0


def _commit() -> str:
    """The checkout's, with a + where a file beside the page has changed since; nothing where it is no checkout."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run(
        [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ".", f":!{PAGE}"], check=False)
    return commit.stdout.strip() + ("+" if changed.returncode == 1 else "")


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--diagonal", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--prepare", action="store_true", help="fetch and install, and run nothing")
    parser.add_argument("--python", action="append", choices=PYTHONS)
    parser.add_argument("--sqlalchemy", action="append", choices=SQLALCHEMYS)
    parser.add_argument("--server", action="append", choices=SERVERS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
