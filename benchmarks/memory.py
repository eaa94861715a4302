"""How much does the peak memory of a process grow while it imports ``events`` events, or reads all states or the feed?

Run by ``run.py`` once per measurement, because a process's peak never falls:
``python memory.py append_many|states|feed URL EVENTS CONTEXTS`` prints the growth in bytes.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine
from stores import Account, new_events

from sqla_osiris import NewEvent, repository

__all__ = ["growth"]

KIBIBYTE = 1024
WARM_UP = 5_000


def growth(operation: str, url: str, events: int, contexts: int) -> int:
    """The growth, in bytes, measured in a process of its own. The tables must exist and be empty of contexts ``w…``."""
    command = [sys.executable, str(Path(__file__)), operation, url, str(events), str(contexts)]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=paths)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return int(done.stdout)


def peak() -> int:
    """The peak of this program. getrusage() would not do: on Linux a child begins with its parent's peak."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * KIBIBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(operation: str, url: str, events: int, contexts: int) -> int:
    """The same work is done before on a small scale: what is loaded and compiled once is not counted."""
    accounts = repository(Account, create_engine(url))
    if operation == "append_many":
        accounts.append_many(NewEvent(f"w{n % 1000}", {"salary": 1}) for n in range(WARM_UP))
        before = peak()
        accounts.append_many(new_events(contexts, events // contexts))
    elif operation == "feed":
        after = accounts.feed(limit=1_000)[-1].position
        before = peak()
        while page := accounts.feed(after=after, limit=1_000):
            after = page[-1].position
    else:
        for _ in zip(range(WARM_UP), accounts.states(), strict=False):
            pass
        before = peak()
        found = sum(1 for _ in accounts.states())
        assert found == contexts, f"{found} states, not {contexts}"
    return peak() - before


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
