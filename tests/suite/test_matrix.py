"""The matrix itself: a failing cell fails the command, and nothing that was not run is passed over in silence."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.install_debian import NotToBeHad
from tests.matrix.__main__ import status
from tests.matrix.cells import Outcome, commit_of, judged, refuse_another
from tests.matrix.page import page
from tests.matrix.table import CELLS, DIAGONAL, EVERY, PYTHONS, SERVERS, SQLALCHEMYS, Cell

ROOT = Path(__file__).parents[2]
CELL = Cell("3.14", "2.1", "mysql-9.7")
VERSIONS = ("3.14.10", "2.1.3", "9.7.4")
OF_EACH_KIND = """
import pytest

def test_one(): pass

def test_another(): assert 1 == 2

def test_in_parts(subtests):
    for part in range(3):
        with subtests.test(part): pass

@pytest.mark.skip(reason="no such | thing")
def test_a_third(): pass
"""


def without_apt(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one cell where no server was unpacked, and PATH leads to nothing that could."""
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    command = ["-m", "tests.matrix", "--python=3.14", "--sqlalchemy=2.1", "--server=mysql-9.7"]
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, "PATH": str(folder), "OSIRIS_TEST_DEBIAN": str(folder / "debian"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_server_that_cannot_be_had_is_named_and_counted(tmp_path: Path) -> None:
    done = without_apt(tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "0 cells run, 0 failed",
        (
            "NOT RUN: 1 cells, as Python 3.14, SQLAlchemy 2.1, mysql-9.7 "
            "(Debian's mysql-server-core needs apt-get and dpkg-deb)"
        ),
    ]


def test_where_ci_is_set_it_is_an_error(tmp_path: Path) -> None:
    assert without_apt(tmp_path, CI="true").returncode == 3


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    """A cell's, two of whose tests passed, one failed and one was skipped."""
    (tmp_path / "test_it.py").write_text(OF_EACH_KIND, encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", "--junit-xml=junit.xml", "test_it.py"]
    done = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=tmp_path, check=False)
    read = judged(CELL, done.returncode, tmp_path / "junit.xml")
    python, sqlalchemy, server = VERSIONS
    return replace(
        read,
        python=python,
        sqlalchemy=sqlalchemy,
        server=server,
        seconds=2.0,
        when="2026-12-01",
        commit="abc",
    )


def test_a_failing_cell_fails_the_command(outcome: Outcome) -> None:
    assert (outcome.passed, outcome.failed) == (2, 1)
    assert status([outcome]) == 1


def test_a_run_that_broke_off_has_failed_though_no_test_did(tmp_path: Path) -> None:
    broken = judged(CELL, 2, tmp_path / "not written")

    assert (broken.passed, broken.failed, status([broken])) == (0, 1, 1)


def test_the_page_says_what_failed_and_what_was_skipped(outcome: Outcome) -> None:
    assert (
        "| 3.14.10 | 2.1.3 | `mysql-9.7` 9.7.4 | 1 failed, 2 passed, 1 skipped: no such / thing | 2 | 2026-12-01 | abc |"
        in page("", [outcome]).splitlines()
    )


def test_the_page_keeps_the_row_of_a_cell_that_is_not_run_again(outcome: Outcome) -> None:
    before = page("", [outcome])
    other = Outcome(
        Cell("3.11", "2.0", "sqlite"), "3.11.7", "2.0.58", "3.40.1", passed=7, when="2026-12-02", commit="def"
    )
    after = page(before, [other])

    assert "| 3.14.10 | 2.1.3 | `mysql-9.7` 9.7.4 | 1 failed, " in after
    assert "| 3.11.7 | 2.0.58 | `sqlite` 3.40.1 | 7 passed | 0 | 2026-12-02 | def |" in after


def test_a_cell_of_the_table_that_was_never_run_is_a_row_that_says_so() -> None:
    rows = page("", []).splitlines()

    assert sum("| not run: not yet |" in row for row in rows) == len(CELLS)


def test_the_rows_stand_in_the_order_of_their_versions() -> None:
    rows = page("", []).splitlines()
    servers = [row.split("`")[1] for row in rows if row.startswith("| 3.11 | 2.0 |")]

    assert servers[:4] == ["mariadb-10.5", "mariadb-10.11", "mariadb-11.8", "mysql-9.7"]


def test_the_table_has_each_server_each_python_and_each_sqlalchemy() -> None:
    assert {cell.name for cell in CELLS} == set(SERVERS)
    assert {(cell.python, cell.sqlalchemy) for cell in CELLS} == {
        (python, sqlalchemy) for python in PYTHONS for sqlalchemy in SQLALCHEMYS
    }
    assert len(EVERY) == len(PYTHONS) * len(SQLALCHEMYS) * len(SERVERS)


def test_what_is_run_before_each_change_has_a_python_3_14_and_another_mariadb() -> None:
    assert {("3.14", "mariadb-11.8"), ("3.14", "mysql-9.7"), ("3.11", "postgresql-15")} == {
        (cell.python, cell.name) for cell in DIAGONAL
    }


def test_the_other_sqlalchemy_is_tried_where_its_server_cannot_be_had() -> None:
    (cell,) = (cell for cell in DIAGONAL if cell.sqlalchemy == "2.0")

    assert cell.instead == replace(cell, name="postgresql", instead=None)
    assert cell.instead.server.variable == ""


@pytest.mark.parametrize("version", ["9.8.1", "9.70"])
def test_another_version_than_the_folders_name_is_not_taken_for_it(version: str) -> None:
    with pytest.raises(NotToBeHad, match="renew SUITES"):
        refuse_another("mysql-9.7", version)


def test_what_does_not_start_is_an_error_everywhere() -> None:
    with pytest.raises(RuntimeError, match="does not start") as raised:
        refuse_another("postgresql-15", "")
    assert not isinstance(raised.value, NotToBeHad)


def test_a_row_s_commit_has_a_plus_where_something_beside_the_page_has_changed(tmp_path: Path) -> None:
    page, code = tmp_path / "support.md", tmp_path / "code.py"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    for path in (page, code):
        path.write_text("before\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)

    page.write_text("after\n")
    of_the_page = commit_of(tmp_path, page)
    code.write_text("after\n")
    assert (commit_of(tmp_path, page), of_the_page.isalnum()) == (f"{of_the_page}+", True)
