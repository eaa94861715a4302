"""What each worker was told: an append-only file of lines for each, which a killed worker leaves as far as it came.

A call has a line when it begins and one when it ends. Times are those of ``time.monotonic``, one clock for the machine.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

__all__ = ["Call", "Handled", "Page", "Place", "Record", "Recorder", "read_record"]


@dataclass(frozen=True)
class Place:
    """An event that a call wrote, as far as it was told: its ``seq`` may be unknown, and an end has no ``mark``."""

    context: str
    seq: int | None = None
    mark: str | None = None


@dataclass
class Call:
    """One call, with what it meant to write and what it was told.

    ``together`` are the marks of events that are all written or none, ``maybe`` those that depend on what it finds,
    ``undone`` those that it rolls back by itself. ``expected`` are the seqs at which it wants contexts (0: not living).
    ``own``: the transactions are the library's own, not a session's.
    """

    worker: str
    number: int
    kind: str
    begun: float
    context: str | None = None
    together: list[str] = field(default_factory=list)
    maybe: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    ledger: str | None = None
    own: bool = True
    asked: Any = None
    ended: float | None = None
    outcome: str = "unknown"
    """"done", "unknown" (it never ended), or what :func:`~tests.histories.outcomes.outcome_of` makes of its error."""
    expected: dict[str, int] = field(default_factory=dict)
    wrote: list[Place] = field(default_factory=list)
    found: Any = None
    error: str | None = None

    @property
    def done(self) -> bool:
        return self.outcome == "done"

    @property
    def open(self) -> bool:
        """Whether nobody can say what became of it: it was killed, or its connection was lost."""
        return self.outcome in {"unknown", "lost"}


@dataclass(frozen=True)
class Page:
    """A page of the feed: ``reader`` read it behind its page before. An event is (position, context, seq, mark)."""

    reader: str
    limit: int
    events: list[tuple[Any, str, int, str | None]]


@dataclass(frozen=True)
class Handled:
    """An event that a subscription's handler was called with."""

    position: Any
    context: str
    seq: int


@dataclass
class Record:
    """All that was recorded, of all workers."""

    calls: list[Call] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    handled: list[Handled] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    """Tracebacks of workers that ended by an error."""


class Recorder:
    """Writes one worker's lines. Each is handed to the system at once: a kill takes at most the last one."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._lines = (folder / f"{worker}.jsonl").open("a", buffering=1)
        self._worker = worker
        self._numbers = count()

    def close(self) -> None:
        self._lines.close()

    def begin(self, kind: str, **meant: Any) -> Call:
        call = Call(self._worker, next(self._numbers), kind, time.monotonic(), **meant)
        meant["begun"] = call.begun
        self._write(call=call.number, kind=kind, **meant)
        return call

    def end(self, call: Call, outcome: str, **told: Any) -> None:
        if "wrote" in told:
            told["wrote"] = [[place.context, place.seq, place.mark] for place in told["wrote"]]
        self._write(call=call.number, outcome=outcome, ended=time.monotonic(), **told)

    def page(self, reader: str, limit: int, events: list[Any]) -> None:
        found = [[e.position, e.context, e.seq, e.fields.get("mark")] for e in events]
        self._write(page=reader, limit=limit, events=found)

    def handled(self, event: Any) -> None:
        self._write(handled=[event.position, event.context, event.seq])

    def died(self, traceback: str) -> None:
        self._write(died=traceback)

    def _write(self, **line: Any) -> None:
        self._lines.write(json.dumps(line) + "\n")


def read_record(folder: Path) -> Record:
    record = Record()
    for file in sorted(folder.glob("*.jsonl")):
        calls: dict[int, Call] = {}
        for line in _lines(file):
            if "call" in line:
                _take(calls, file.stem, line)
            elif "page" in line:
                events = [tuple(event) for event in line["events"]]
                record.pages.append(Page(line["page"], line["limit"], events))
            elif "handled" in line:
                record.handled.append(Handled(*line["handled"]))
            else:
                record.deaths.append(line["died"])
        record.calls += calls.values()
    return record


def _take(calls: dict[int, Call], worker: str, line: dict[str, Any]) -> None:
    number = line.pop("call")
    if number not in calls:
        calls[number] = Call(worker, number, **line)
        return
    line["wrote"] = [Place(*place) for place in line.get("wrote", [])]
    for name, value in line.items():
        setattr(calls[number], name, value)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as lines:
        for line in lines:
            if line.endswith("\n"):  # not the one in which the worker was killed
                yield json.loads(line)
