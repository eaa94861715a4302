"""What a command prints: documents, as JSON, a line each, or as text for a reader. And how far a long one has come."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

__all__ = ["Output"]

_WIDE: Final = 10_000
"""The columns of what is no terminal: nothing is wrapped or cut where a program reads."""

Document = dict[str, Any]
Styled = tuple[str, str]
"""A text and its style."""


class Output:
    """Where a command's answers go: ``as_json`` decides how they look. What is for its user alone goes to stderr."""

    def __init__(self, command: str, *, as_json: bool, reveal: bool = False) -> None:
        self._command = command
        self.as_json = as_json
        self.reveal = reveal
        self.done = 0
        """What a long work has reported last."""
        self._console = _console(stderr=False)
        self._notes = _console(stderr=True)

    def show(self, document: Document, text: Callable[[], Iterable[str | Styled]]) -> None:
        """Print a document: as a line of JSON, or as the lines of its text."""
        if self.as_json:
            typer.echo(json.dumps(document, ensure_ascii=True))
            return
        for line in text():
            words, style = line if isinstance(line, tuple) else (line, "")
            if self._console.is_terminal:
                self._console.print(Text(_encodable(words), style))
            else:
                typer.echo(_encodable(words))

    def table(
        self, documents: Iterable[Document], columns: Sequence[str], row: Callable[[Document], Sequence[str]]
    ) -> None:
        """Print documents as a table; as JSON a line each."""
        if self.as_json:
            for document in documents:
                typer.echo(json.dumps(document, ensure_ascii=True))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold")
        for document in documents:
            table.add_row(*(Text(_encodable(cell)) for cell in row(document)))
        self._console.print(table)

    def note(self, text: str) -> None:
        """Say something to the user that is no answer: on stderr."""
        self._notes.print(Text(_encodable(text)))

    def error(self, text: str) -> None:
        """Say why the command failed: on stderr."""
        self._notes.print(Text.assemble((f"osiris {self._command}: ", "bold red"), _encodable(text)))

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show how far a work has come, with its rate, and with ``total`` the time left: on a terminal alone.

        Yields what is called with how many there were so far.
        """
        if not self._notes.is_terminal:
            yield partial(setattr, self, "done")
            return
        columns: list[ProgressColumn] = [TextColumn("{task.description}")]
        columns += [BarColumn()] if total else [SpinnerColumn()]
        columns += [MofNCompleteColumn() if total else _Count(), _Rate()]
        columns += [TimeRemainingColumn()] if total else [TimeElapsedColumn()]
        with Progress(*columns, console=self._notes, transient=True) as bars:
            bar = bars.add_task(what, total=total)

            def report(done: int) -> None:
                self.done = done
                bars.update(bar, completed=done)

            yield report


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f}")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        # Since the beginning: pages come in bursts.
        return Text(f"{task.completed / task.elapsed:,.0f}/s" if task.elapsed else "", "cyan")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would exit with 1, which says that something differs


def _console(*, stderr: bool) -> Console:
    console = _Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    return (
        console
        if console.is_terminal
        else _Console(
            stderr=stderr,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            width=_WIDE,
            no_color=True,
        )
    )


def _encodable(text: str) -> str:
    """Return the text with escapes for what stdout's encoding has not: half of a surrogate pair, or more in a C locale."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
