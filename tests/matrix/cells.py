"""How does a cell run, and what came of it? By tests/run, with an environment and servers of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.install_debian import SUITES, NotToBeHad, unpacked
from tests.matrix.table import SQLALCHEMYS, Cell

__all__ = ["ROOT", "RUN", "Outcome", "judged", "output", "prepare", "refuse_another", "run"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-matrix"
"""The virtual environments, and what each cell wrote."""
RUN = ("bash", "tests/run")
VERSIONS = (
    "import platform, sqlalchemy, sqlite3\n"
    "print(platform.python_version(), sqlalchemy.__version__, sqlite3.sqlite_version)"
)


@dataclass(frozen=True)
class Outcome:
    """What came of a cell. One without tests was not run, and `why` says why."""

    cell: Cell
    python: str = ""
    sqlalchemy: str = ""
    server: str = ""
    """Their whole versions."""
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """How many, by the reason that they give."""
    seconds: float = 0.0
    why: str = ""

    @property
    def was_run(self) -> bool:
        return not self.why

    def __str__(self) -> str:
        if not self.was_run:
            return f"not run: {self.why}"
        said = [f"{self.failed} failed"] if self.failed else []
        said += [f"{self.passed} passed"]
        said += [f"{number} skipped: {reason}" for reason, number in self.skipped.items()]
        return ", ".join(said)


def prepare(cell: Cell) -> dict[str, str]:
    """The environment of tests/run for the cell, whose server and Python are had by then; raise NotToBeHad."""
    server = cell.server
    # A server that the caller's shell names would take the place of the cell's.
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OSIRIS_", "PYTHONPATH"))
    }
    given = {name: os.environ[name] for name in ("OSIRIS_TEST_DEBIAN",) if name in os.environ}
    if server.variable:
        folder = unpacked(cell.name) / server.folder
        refuse_another(cell.name, _version(folder / server.program))
        given[server.variable] = str(folder)
    return {
        **kept,
        **given,
        "CI": "true",  # what is missing is an error
        "OSIRIS_PYTHON": str(_python(cell.python)),
        "OSIRIS_VENV": str(_venv(cell)),
        "OSIRIS_EXTRA_REQUIREMENTS": SQLALCHEMYS[cell.sqlalchemy],
        "OSIRIS_TEST_DATABASES": ",".join([*cell.also, server.database]),
        "OSIRIS_TEST_STORES": "",
        "OSIRIS_TEST_COMBINATIONS": "one",
    }


def run(cell: Cell) -> Outcome:
    """Run its tests; what they print is in a file beside the virtual environments."""
    try:
        environment = prepare(cell)
    except NotToBeHad as reason:
        return Outcome(cell, why=str(reason))
    FOLDER.mkdir(exist_ok=True)
    junit = output(cell, "xml")
    junit.unlink(missing_ok=True)
    began = time.monotonic()
    with output(cell, "log").open("w") as log:
        command = [*RUN, "-q", *cell.tests, f"--junit-xml={junit}"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    return judged(cell, done.returncode, junit, time.monotonic() - began, _versions(cell, environment))


def output(cell: Cell, kind: str) -> Path:
    """The file of a cell's last run: what it printed ("log"), or pytest's JUnit report ("xml")."""
    return FOLDER / f"{cell.python}-{cell.sqlalchemy}-{cell.name}.{kind}"


def judged(cell: Cell, status: int, junit: Path, seconds: float, versions: tuple[str, str, str]) -> Outcome:
    """What pytest's status and its JUnit file say. A run that broke off has failed, whatever its tests did."""
    suite = _suite(junit)
    tests, failures, errors, skipped = (
        int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return Outcome(
        cell,
        *versions,
        passed=tests - failed - skipped,
        failed=failed if failed or not status else 1,
        skipped=Counter(_reason(each.get("message", "")) for each in suite.iter("skipped")),
        seconds=seconds,
    )


def _reason(message: str) -> str:
    """A test of what the cell does not have, as another database, has no parameters left: pytest names them."""
    return "of other databases" if message.startswith("got empty parameter set") else message


def _suite(junit: Path) -> ET.Element:
    nothing = ET.Element("testsuite")
    read = ET.parse(junit) if junit.is_file() else nothing  # noqa: S314  (pytest wrote it)
    return next(read.iter("testsuite"), nothing)


def _venv(cell: Cell) -> Path:
    return FOLDER / f"python-{cell.python}-sqlalchemy-{cell.sqlalchemy}"


def _python(version: str) -> Path:
    """Debian's, where a suite has it; else this one, pyenv's, or the one that PATH leads to."""
    name = f"python{version}"
    if f"python-{version}" in SUITES:
        return unpacked(f"python-{version}") / "usr/bin" / name
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [Path(sys.base_prefix, "bin", name), *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]
    found += [Path(onpath)] if (onpath := shutil.which(name)) else []
    for program in found:
        if program.is_file() and _said(program, "--version").startswith(f"Python {version}."):
            return program
    raise NotToBeHad(f"no suite of Debian has Python {version}, and there is no {name} here")


def _versions(cell: Cell, environment: Mapping[str, str]) -> tuple[str, str, str]:
    said = _said(_venv(cell) / "bin/python", "-c", VERSIONS).split()
    python, sqlalchemy, sqlite = said if len(said) == 3 else ("", "", "")
    server = cell.server
    folder = environment.get(server.variable)
    return python, sqlalchemy, _version(Path(folder, server.program)) if folder else sqlite


def _version(program: Path) -> str:
    found = re.search(r"(?:Ver|\(PostgreSQL\)) ([\d.]+)", _said(program, "--version"))
    return found[1] if found else ""


def refuse_another(name: str, version: str) -> None:
    wanted = name.partition("-")[2]
    if not f"{version}.".startswith(f"{wanted}."):
        raise NotToBeHad(
            f"Debian's {SUITES[name][0]} has {version or 'none that starts'} where {wanted} was: renew SUITES"
        )


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
