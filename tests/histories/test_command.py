"""The command line runs rounds and prints what they came to."""

from pathlib import Path

from tests.processes import run_script


def test_the_command_prints_a_line_for_each_round_and_the_table(tmp_path: Path) -> None:
    asked = [
        "sqlite-wal",
        "--seconds",
        "0.5",
        "--faults",
        "",
        "--kinds",
        "append",
        "--table",
        "--folder",
        str(tmp_path),
    ]
    done = run_script("tests.histories", *asked, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    first, *table = done.stdout.splitlines()
    assert first.startswith("sqlite-wal seed 1 ")
    assert first.endswith("no violations")
    assert table[0].startswith("| store | rounds | events | acknowledged |")
    assert table[2].startswith("| sqlite-wal | 1 | ")
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_which_promise_was_broken_and_keeps_the_record(tmp_path: Path) -> None:
    asked = [
        "sqlite-wal",
        "--seconds",
        "0.5",
        "--faults",
        "",
        "--kinds",
        "append",
        "--plant",
        "errors_are_raw",
    ]
    done = run_script("tests.histories", *asked, "--folder", str(tmp_path), folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "only_what_may_be_raised_was: " in done.stdout
    assert (tmp_path / "sqlite-wal-1" / "outcome.json").exists()
