"""How does a cell run, and what came of it? By tests/run, with an environment and servers of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.install_debian import SUITES, NotToBeHad, unpacked
from tests.matrix.table import SQLALCHEMYS, Cell

__all__ = ["PAGE", "Had", "Outcome", "commit_of", "judged", "output", "prepare", "refuse_another", "run"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "support.md"
FOLDER = ROOT / ".venv-matrix"
"""The virtual environments, and what each cell wrote."""
RUN = ("bash", "tests/run")
VERSIONS = (
    "import platform, sqlalchemy, sqlite3\n"
    "print(platform.python_version(), sqlalchemy.__version__, sqlite3.sqlite_version)"
)


Had = Callable[[str], Path]
"""Where Debian's packages are unpacked, by a name of tests/install_debian.py; raises NotToBeHad."""


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
    """Of its tests: the server and the virtual environment were there before."""
    when: str = ""
    commit: str = ""
    """The day and the commit at its begin."""
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


def prepare(cell: Cell, had: Had = unpacked) -> dict[str, str]:
    """Have its server, its Python and its virtual environment; return the environment of tests/run, or raise NotToBeHad."""
    environment = _environment(cell, had)
    FOLDER.mkdir(exist_ok=True)
    # Where it fails, so will the cell: with the same text, in its own file.
    with output(cell, "log").open("w") as log:
        subprocess.run(
            [*RUN, "--version"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    return environment


def _environment(cell: Cell, had: Had) -> dict[str, str]:
    server = cell.server
    # A server that the caller's shell names would take the place of the cell's.
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OSIRIS_", "PYTHONPATH"))
    }
    given = {name: os.environ[name] for name in ("OSIRIS_TEST_DEBIAN",) if name in os.environ}
    if server.variable:
        given[server.variable] = str(_programs(cell, had))
    return {
        **kept,
        **given,
        "CI": "true",  # what is missing is an error
        "OSIRIS_PYTHON": str(_python(cell.python, had)),
        "OSIRIS_VENV": str(_venv(cell)),
        "OSIRIS_EXTRA_REQUIREMENTS": SQLALCHEMYS[cell.sqlalchemy],
        "OSIRIS_TEST_DATABASES": ",".join([*cell.also, server.database]),
        "OSIRIS_TEST_STORES": "",
        "OSIRIS_TEST_COMBINATIONS": "one",
    }


def run(cell: Cell, had: Had = unpacked) -> Outcome:
    """Run its tests; what they print is in a file beside the virtual environments."""
    try:
        environment = prepare(cell, had)
    except NotToBeHad as reason:
        return Outcome(cell, why=str(reason))
    when, commit = f"{datetime.now(UTC):%Y-%m-%d}", commit_of(ROOT, PAGE)
    junit = output(cell, "xml")
    junit.unlink(missing_ok=True)
    began = time.monotonic()
    with output(cell, "log").open("w") as log:
        command = [*RUN, "-q", *cell.tests, f"--junit-xml={junit}"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    seconds = time.monotonic() - began
    outcome = judged(cell, done.returncode, junit)
    python, sqlalchemy, server = _versions(cell, environment)
    return replace(
        outcome,
        python=python,
        sqlalchemy=sqlalchemy,
        server=server,
        seconds=seconds,
        when=when,
        commit=commit,
    )


def output(cell: Cell, kind: str) -> Path:
    """The file of a cell's last run: what it printed ("log"), or pytest's JUnit report ("xml")."""
    return FOLDER / f"{cell.python}-{cell.sqlalchemy}-{cell.name}.{kind}"


def judged(cell: Cell, status: int, junit: Path) -> Outcome:
    """What pytest's status and its JUnit file say. A run that broke off has failed, whatever its tests did."""
    cases = list(_suite(junit).iter("testcase"))  # its sums count each subtest too
    failed = sum(each.find("failure") is not None or each.find("error") is not None for each in cases)
    skipped = Counter(_reason(each.get("message", "")) for case in cases for each in case.iter("skipped"))
    return Outcome(
        cell,
        passed=len(cases) - failed - skipped.total(),
        failed=failed if failed or not status else 1,
        skipped=skipped,
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


def _programs(cell: Cell, had: Had) -> Path:
    """The folder of the server's programs: this machine's, where they are of that version; else those of a suite."""
    server = cell.server
    if _is_of(cell.name, _version(Path("/", server.folder, server.program))):
        return Path("/", server.folder)
    folder = had(cell.name) / server.folder
    refuse_another(cell.name, _version(folder / server.program))
    return folder


def _python(version: str, had: Had) -> Path:
    """This machine's: this one, pyenv's or the one that PATH leads to; else that of a suite."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [Path(sys.base_prefix, "bin", name), *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]
    found += [Path(onpath)] if (onpath := shutil.which(name)) else []
    for program in found:
        if program.is_file() and _said(program, "--version").startswith(f"Python {version}."):
            return program
    if f"python-{version}" in SUITES:
        return had(f"python-{version}") / "usr/bin" / name
    raise NotToBeHad(f"no suite of Debian has Python {version}, and there is no {name} here")


def commit_of(root: Path, page: Path) -> str:
    """The checkout's, with a + where a file beside the page has changed since; nothing where it is no checkout."""
    git = ["git", "-C", str(root)]
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ".", f":(exclude){page}"], check=False)
    return _said(*git, "rev-parse", "--short", "HEAD").strip() + ("+" if changed.returncode == 1 else "")


def _versions(cell: Cell, environment: Mapping[str, str]) -> tuple[str, str, str]:
    said = _said(_venv(cell) / "bin/python", "-c", VERSIONS).split()
    python, sqlalchemy, sqlite = said if len(said) == 3 else ("", "", "")
    server = cell.server
    if server.database == "sqlite":
        return python, sqlalchemy, sqlite
    folder = environment.get(server.variable)
    return python, sqlalchemy, _version(Path(folder, server.program)) if folder else ""


def _version(program: Path) -> str:
    if not program.is_file():
        return ""
    found = re.search(r"(?:Ver|\(PostgreSQL\)) ([\d.]+)", _said(program, "--version"))
    return found[1] if found else ""


def refuse_another(name: str, version: str) -> None:
    """Raise NotToBeHad where a suite has moved on; RuntimeError where what it has does not start."""
    suite, wanted = SUITES[name][0], name.partition("-")[2]
    if not version:
        raise RuntimeError(f"{name}, of Debian's {suite}, does not start: its --version names none")
    if not _is_of(name, version):
        raise NotToBeHad(f"Debian's {suite} has {version} where {wanted} was: renew SUITES")


def _is_of(name: str, version: str) -> bool:
    return f"{version}.".startswith(f"{name.partition('-')[2]}.")


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
