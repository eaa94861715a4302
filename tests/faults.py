"""Hand-made faults: put each into a copy of the checkout, and see whether the tests that concern it notice.

python -m tests.faults [NAME ...] [--area AREA] [--processes N] [--sound]

`tests/hand_made/*.toml` hold them. The working tree is never touched: see docs/mutation.md.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from queue import SimpleQueue

from tests.dynamodb_local import FOLDER as DYNAMODB
from tests.servers import mariadb_server, mysql_server, postgresql_server

ROOT = Path(__file__).parents[1]
SERVERS = {"postgresql": postgresql_server, "mariadb": mariadb_server, "mysql": mysql_server}
LIMIT = 300.0  # seconds that a selection may take: a fault that makes it hang is noticed
QUICKLY = {"HYPOTHESIS_PROFILE": "mutants"}  # no counter-example is made smaller
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "mutants", "benchmarks", "*.egg-info")


class Stale(Exception):
    """The text that a fault replaces is not there once: the code has moved."""


@dataclass(frozen=True)
class Fault:
    """A text of one file that another takes the place of, and the tests that shall notice."""

    name: str
    area: str
    file: str
    before: str
    after: str
    loses: str  # by a user
    tests: tuple[str, ...]  # pytest's arguments: files, and -k
    databases: str = "sqlite"
    """OSIRIS_TEST_DATABASES of the run."""
    python: str = "3.11"
    """The oldest Python whose tests notice."""

    def is_tried_here(self) -> bool:
        """Whether this Python is not older."""
        return sys.version_info >= tuple(map(int, self.python.split(".")))

    def laid_over(self, text: str) -> str:
        """The file's text with the fault in it; raise Stale where it cannot be laid."""
        found = text.count(self.before)
        if found != 1:
            raise Stale(
                f"{self.name}: {self.file} has its text {found} times. The code has moved: renew the fault"
            )
        return text.replace(self.before, self.after)


@dataclass(frozen=True)
class Outcome:
    """How a run of the tests ended: "killed", "SURVIVED", or "no test" where pytest ran none."""

    word: str
    seconds: float
    by: str = ""

    def __str__(self) -> str:
        return f"{self.word:8} {self.seconds:5.0f} s"


def read(files: Iterable[Path]) -> list[Fault]:
    """The faults of these files, in order; two of one name are refused."""
    faults = [
        Fault(area=path.stem, **(entry | {"tests": tuple(entry["tests"])}))
        for path in files
        for entry in tomllib.loads(path.read_text())["fault"]
    ]
    if twice := [name for name, times in Counter(fault.name for fault in faults).items() if times > 1]:
        raise ValueError(f"these names are given twice: {twice}")
    return faults


def stale(faults: Iterable[Fault], root: Path = ROOT) -> list[str]:
    """What is wrong with the faults that cannot be laid over the code as it is."""
    found = []
    for fault in faults:
        try:
            fault.laid_over((root / fault.file).read_text())
        except (Stale, FileNotFoundError) as error:
            found.append(str(error))
    return found


@contextmanager
def copied(root: Path = ROOT) -> Iterator[Path]:
    """A copy of the checkout, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="osiris_faults_") as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(root, copy, ignore=NOT_COPIED)
        (copy / DYNAMODB.name).symlink_to(DYNAMODB)
        yield copy


def tried(fault: Fault, copy: Path, environment: Mapping[str, str]) -> Outcome:
    """Lay the fault over the copy, run its tests, and take it away again."""
    file = copy / fault.file
    right = file.read_text()
    file.write_text(fault.laid_over(right))
    try:
        return run(fault, copy, environment)
    finally:
        file.write_text(right)


def run(fault: Fault, copy: Path, environment: Mapping[str, str]) -> Outcome:
    """Run the fault's tests in the copy, as it is, until the first that fails."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no"]
    began = time.monotonic()
    said = {"PYTHONPATH": str(copy), "OSIRIS_TEST_DATABASES": fault.databases}
    process = subprocess.Popen(
        [*command, *fault.tests],
        cwd=copy,
        env={**os.environ, **QUICKLY, **environment, **said},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # what hangs is ended with all that it started
    )
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Outcome("killed", time.monotonic() - began, "the time limit")
    seconds = time.monotonic() - began
    failed = next((line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR "))), output)
    word = {0: "SURVIVED", 1: "killed"}.get(process.returncode, "no test")
    if word == "SURVIVED" and " passed" not in output:
        word = "no test"  # all are skipped: a server is missing
    return Outcome(word, seconds, "" if word == "SURVIVED" else failed.split(" - ")[0])


def outcomes(faults: Sequence[Fault], *, processes: int, sound: bool) -> Iterator[tuple[Fault, Outcome]]:
    """Each fault with its outcome, in order; `sound`: the tests without the fault, which shall survive."""
    workers: SimpleQueue[tuple[Path, dict[str, str]]] = SimpleQueue()

    def one(fault: Fault) -> Outcome:
        copy, environment = workers.get()
        try:
            return (run if sound else tried)(fault, copy, environment)
        finally:
            workers.put((copy, environment))

    wanted = {name for fault in faults for name in fault.databases.split(",")}
    with ExitStack() as stack:
        for _ in range(processes):  # a server of its own for each: feeds wait for another's transactions
            urls = {
                variable: os.environ.get(variable) or stack.enter_context(SERVERS[name](durable=False))
                for name in wanted & SERVERS.keys()
                for variable in [f"OSIRIS_TEST_{name.upper()}_URL"]
            }
            workers.put((stack.enter_context(copied()), urls))
        pool = stack.enter_context(ThreadPoolExecutor(processes))
        yield from zip(faults, pool.map(one, faults), strict=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the faults that are asked for; return the number of those that no test notices."""
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", help="with wildcards; all of them by default")
    parser.add_argument("--area", action="append", help="the name of a file of faults")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--sound", action="store_true", help="run each selection once without a fault")
    given = parser.parse_args(arguments)
    faults = [
        fault
        for fault in read(sorted((ROOT / "tests" / "hand_made").glob("*.toml")))
        if (not given.area or fault.area in given.area)
        and (not given.names or any(fnmatch(fault.name, name) for name in given.names))
    ]
    if old := stale(faults):
        print(*old, sep="\n")
        return len(old)
    for fault in faults:
        if not fault.is_tried_here():
            print(f"not tried  {fault.area}: {fault.name}  needs Python {fault.python}")
    faults = [fault for fault in faults if fault.is_tried_here()]
    right = "SURVIVED" if given.sound else "killed"
    if given.sound:
        faults = list({(fault.tests, fault.databases): fault for fault in faults}.values())
    counts: Counter[tuple[str, bool]] = Counter()
    for fault, outcome in outcomes(faults, processes=given.processes, sound=given.sound):
        print(f"{outcome}  {fault.area}: {fault.name}  {outcome.by}", flush=True)
        counts[fault.area, outcome.word == right] += 1
    print("\n| area | faults | killed |\n| --- | --- | --- |")
    for area in sorted({area for area, _ in counts}):
        print(f"| {area} | {counts[area, True] + counts[area, False]} | {counts[area, True]} |")
    return sum(number for (_, as_hoped), number in counts.items() if not as_hoped)


if __name__ == "__main__":
    sys.exit(main())
