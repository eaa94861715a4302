"""What does docs/support.md say? What was run, on which versions, when; the rows of cells not run anew stay."""

import re
from collections.abc import Iterable

from tests.matrix.cells import Outcome
from tests.matrix.table import CELLS, Cell

__all__ = ["page"]

HEAD = """\
# What it runs on

`python -m tests.matrix` wrote this page. It runs {tests} in each row, and starts each server itself;
`tests/run` tests MongoDB and DynamoDB. A server tries one model or policy for each of a test's other parameters,
SQLite all of them. Each row says at which commit it was run; `+` is a commit with changes beside it. How to run it
stands in [development](development.md#every-python-sqlalchemy-and-server).

| Python | SQLAlchemy | server | result | seconds | when | commit |
| --- | --- | --- | --- | --- | --- | --- |
"""
ROW = re.compile(r"\| (\d+\.\d+)\S* \| (\d+\.\d+)\S* \| `([^`]+)`")
"""A cell's names in its row: the page is the record of what was run before."""


def page(before: str, outcomes: Iterable[Outcome]) -> str:
    """The page: a row for what was run now, else the row of the page before, else that it was not run."""
    rows = {match.groups(): line for line in before.splitlines() if (match := ROW.match(line))}
    rows = {names: line for names, line in rows.items() if "| not run: " not in line}
    rows |= {_names(each.cell): _row(each) for each in outcomes if each.was_run}
    rows = {_names(cell): _row(Outcome(cell, why="not yet")) for cell in CELLS} | rows
    tests = " and ".join([", ".join(CELLS[0].tests[:-1]), CELLS[0].tests[-1]])
    return HEAD.format(tests=tests) + "".join(f"{rows[names]}\n" for names in sorted(rows, key=_order))


def _row(outcome: Outcome) -> str:
    cell = outcome.cell
    server = f"`{cell.name}`" + (f" {outcome.server}" if outcome.server else "")
    result = str(outcome).replace("|", "/")
    parts = [outcome.python or cell.python, outcome.sqlalchemy or cell.sqlalchemy, server, result]
    took = f"{outcome.seconds:.0f}" if outcome.was_run else ""
    return f"| {' | '.join([*parts, took, outcome.when, outcome.commit])} |"


def _names(cell: Cell) -> tuple[str, str, str]:
    return cell.python, cell.sqlalchemy, cell.name


def _order(names: tuple[str, ...]) -> list[list[str | int]]:
    return [[int(part) if part.isdigit() else part for part in re.split(r"[-.]", name)] for name in names]
