"""RESULTS.md and results.png: every measurement, its floor, its bar, and whether the bar is met."""

from __future__ import annotations

from pathlib import Path

from cases import Result
from matplotlib.figure import Figure

__all__ = ["draw", "line", "markdown"]

COLUMNS = ("measured / its floor", "database", "floor", "sqla_osiris", "ratio", "bar", "met")


def _table(results: list[Result]) -> str:
    """A Markdown table; the bars that are missed say so."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    return "\n".join([*lines, *map(line, results)])


def line(result: Result) -> str:
    return f"| {' | '.join(_cells(result))} |"


def _cells(result: Result) -> tuple[str, ...]:
    case = f"{result.case} ({result.note})" if result.note else result.case
    return (
        case,
        result.store,
        _quantity(result.floor, result.unit),
        _quantity(result.ours, result.unit),
        f"{result.ratio:.2f}",
        f"{'≤' if result.at_most else '≥'} {result.bar:g}" if result.bar else "none",
        ("yes" if result.met else "**no**") if result.bar else "",
    )


def _quantity(value: float, unit: str) -> str:
    if unit == "/s":
        return f"{value:,.0f}/s"
    if unit == "MB" or unit.endswith("units"):
        return f"{value:.1f} {unit}"
    return f"{value * 1000:,.3f} ms" if value < 0.01 else f"{value * 1000:,.1f} ms"


def markdown(results: list[Result], *, command: str, versions: str) -> str:
    missed = [result for result in results if not result.met]
    verdict = (
        "Every bar is met." if not missed else f"{len(missed)} of {len(results)} bars are missed: see **no**."
    )
    return f"""# Results

{verdict}

`{command}` wrote this page. {versions}.

Each line compares sqla_osiris with a floor: the same work on an ordinary table, or written by hand on the bare driver.
Both alternate in one run (A B A B …) and the medians are compared, so the ratio is what counts; times are those of a
small shared machine. PostgreSQL is a real server with fsync and synchronous_commit on; client and server share the
machine. SQLite is a file, with its default journal (every commit is synced), or with WAL and synchronous=NORMAL where
the line says so. For times a ratio at most the bar is right, for rates (/s) one at least the bar.

{_table(results)}

![how much of each bar's allowance is used](results.png)

What is inside each: `benchmarks/cases.py`. The floors keep no head row, no state, no time zone and no idempotency;
they know each seq beforehand.
"""


def draw(results: list[Result], path: Path) -> None:
    """One bar a line: how much of its allowance is used; 1 is the limit."""
    figure = Figure(figsize=(10, 0.42 * len(results) + 1.4), layout="constrained")
    axes = figure.subplots()
    ordered = results[::-1]
    colours = ["#4c72b0" if result.met else "#c44e52" for result in ordered]
    bars = axes.barh(
        [f"{result.case}\n{result.store}" for result in ordered], [r.used for r in ordered], color=colours
    )
    axes.bar_label(bars, [f" {result.ratio:.2f}" for result in ordered], fontsize=8)
    axes.axvline(1, color="black", linewidth=1)
    axes.tick_params(axis="y", labelsize=6.5)
    axes.set_xlabel(
        "share of the bar's allowance that is used (1 = the bar; less is better); labels: the ratio itself"
    )
    axes.margins(x=0.1)
    figure.savefig(path, dpi=130)
