"""The suite itself: what a newcomer's machine lacks is skipped and counted, and an error in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import install_debian
from tests.servers import ServerMissing, mysql_server

TESTS = Path(__file__).parents[1]
NEEDS_JAVA = ["tests/repositories/dynamo/test_targets.py", "-k", "mean_the_same"]


def run_without_java(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test that needs DynamoDB Local where PATH leads to no Java."""
    kept = {
        name: value for name, value in os.environ.items() if name not in {"CI", "OSIRIS_TEST_DYNAMODB_URL"}
    }
    options = ["-p", "no:cacheprovider", "-n", "0", "-q", *NEEDS_JAVA]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=TESTS.parent,
        env={**kept, "OSIRIS_TEST_STORES": "dynamodb", "PATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_server_that_cannot_be_had_is_a_skip_that_the_last_line_counts(tmp_path: Path) -> None:
    done = run_without_java(tmp_path)

    assert done.returncode == 0
    *_, counted, not_tested = done.stdout.splitlines()
    assert counted.startswith("1 skipped")
    assert not_tested.startswith("NOT TESTED: DynamoDB Local, 1 tests (there is no java; ")


def test_where_ci_is_set_it_is_an_error(tmp_path: Path) -> None:
    done = run_without_java(tmp_path, CI="true")

    assert done.returncode == 1
    assert "ServerMissing: DynamoDB Local: there is no java" in done.stdout
    assert "NOT TESTED" not in done.stdout


def test_nothing_directly_under_tests_is_named_as_a_standard_module() -> None:
    # It would hide that module from a script that Python runs in tests/.
    names = {path.stem for path in TESTS.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert sorted(names & sys.stdlib_module_names) == []


def test_a_server_tries_one_of_the_models_that_sqlite_tries() -> None:
    asked = [
        "--collect-only",
        "-q",
        "-n",
        "0",
        "tests/repositories/sql/test_time_travel.py",
        "-k",
        "stale_snapshot",
    ]
    environment = {**os.environ, "OSIRIS_TEST_DATABASES": "sqlite,postgresql", "OSIRIS_TEST_COMBINATIONS": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        check=False,
        cwd=TESTS.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.stdout.count("sqlite"), done.stdout.count("postgresql")) == (5, 1)


def test_a_mysql_that_was_not_unpacked_is_named_with_the_command_that_unpacks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install_debian, "FOLDER", tmp_path)
    monkeypatch.delenv("OSIRIS_TEST_MYSQL_BASEDIR", raising=False)

    with pytest.raises(
        ServerMissing, match=r"^MySQL: there is no .*mysql-9.7; run `python -P tests/install_debian.py"
    ):
        mysql_server(durable=False).__enter__()
