"""The ledger example runs on each database, with several processes at once."""

import re
from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.processes import run_script

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "ledger.py"


def run(*arguments: str, folder: Path) -> str:
    done = run_script(SCRIPT, "--transfers", "96", "--processes", "3", *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "money is conserved, and no account was ever overdrawn" in done.stdout
    return done.stdout


def test_the_example_makes_its_own_file(tmp_path: Path) -> None:
    printed = run(folder=tmp_path)
    assert sum(map(int, re.findall(r"(\d+) (?:moved|refused)", printed))) == 96
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("server", [name for name in DATABASES if name != "sqlite"])
def test_the_example_runs_on_a_server_beside_ordinary_rows(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    printed = run("--beside", "--url", request.getfixturevalue(f"{server}_database"), folder=tmp_path)
    assert len(re.findall(r"^(?:ledger|ordinary rows): .* a second$", printed, re.MULTILINE)) == 2


def test_sqlite_has_no_locks_to_run_beside(tmp_path: Path) -> None:
    done = run_script(SCRIPT, "--beside", folder=tmp_path)
    assert done.returncode == 2
    assert "SQLite has no SELECT" in done.stderr
