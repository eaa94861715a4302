"""`osiris verify` and `osiris copy` over a long log: time, peak memory, and whether what was killed finishes when run again.

    python benchmarks/command_line.py [EVENTS] [WORK]   # on SQLite, in a temporary folder; prints

Each command runs as a program at a terminal, so with its progress, over a tenth of the events and over all of them. Then
it is killed in the middle, and run once more. WORK limits it: verify or copy.
"""

from __future__ import annotations

import os
import pty
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from time import perf_counter

from sqlalchemy import Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Latest, NewEvent, repository

ROOT = Path(__file__).parents[1]
EVENTS_A_CONTEXT = 10


class Base(DeclarativeBase):
    pass


class Account(EventSourced, Base):
    id = Context(String(40))
    owner = Latest(String(40))
    balance = Aggregate(Integer)


@dataclass(frozen=True)
class Ended:
    code: int
    seconds: float
    peak: int
    shown: str


def ran(url: str, *arguments: str, killed_after: float | None = None) -> Ended:
    """Run the command at a terminal of its own; its peak memory in bytes."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}",
        "OSIRIS_MODELS": "command_line",
        "OSIRIS_URL": url,
        "TERM": "xterm",
        "COLUMNS": "120",
    }
    began = perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "sqla_osiris", *arguments], environment)
    timer = Timer(killed_after or 0, os.kill, (pid, signal.SIGKILL))
    if killed_after:
        timer.start()
    shown = b""
    with suppress(OSError):
        while part := os.read(terminal, 65536):
            shown += part
    _, status, usage = os.wait4(pid, 0)
    timer.cancel()
    os.close(terminal)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, perf_counter() - began, usage.ru_maxrss * 1024, shown.decode(errors="replace"))


def filled(path: Path, events: int) -> str:
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    contexts = events // EVENTS_A_CONTEXT
    repository(Account, engine).append_many(
        NewEvent(f"account {number % contexts}", {"owner": f"owner {number}", "balance": 1})
        for number in range(events)
    )
    engine.dispose()
    return url


def measured(folder: Path, events: int, work: str) -> None:
    peaks = []
    for some in (events // 10, events):
        url = filled(folder / f"{work}{some}.db", some)
        ended = ran(url, *_arguments(work, folder / f"{work}{some}.copy.db"))
        assert ended.code == 0, ended.shown
        assert "/s" in ended.shown, "no rate was shown"
        peaks.append(ended.peak)
        print(
            f"{work} {some:,}: {ended.seconds:.1f} s, {some / ended.seconds:,.0f} events/s, {ended.peak / 1e6:.0f} MB"
        )
    print(f"{work}: ten times the events, {(peaks[1] - peaks[0]) / 1e6:+.1f} MB")
    target = folder / f"{work}.killed.db"
    killed = ran(url, *_arguments(work, target), killed_after=ended.seconds * 0.6)
    again = ran(url, *_arguments(work, target))
    assert (killed.code, again.code) == (-signal.SIGKILL, 0), (killed, again)
    last = again.shown.strip().splitlines()[-1]
    print(f"{work}: killed after {killed.seconds:.1f} s, and run again: {last} ({again.seconds:.1f} s)")


def _arguments(work: str, target: Path) -> list[str]:
    return ["verify"] if work == "verify" else ["copy", "--to", f"sqlite:///{target}", "--create"]


if __name__ == "__main__":
    given = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="osiris-command-") as made:
        for each in sys.argv[2:] or ["verify", "copy"]:
            measured(Path(made), given, each)
