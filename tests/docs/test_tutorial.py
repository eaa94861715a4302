"""docs/tutorial.md, followed from top to bottom: its files are written, its commands run, and they print what it says."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.processes import run_script

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
PROGRAMS = {"alembic": "alembic.config", "osiris": "sqla_osiris"}


def write(folder: Path, heading: str, text: str) -> None:
    """Write a file as the first line of a block says: ``# app.py``, ``# app.py, at the end`` or ``# app.py, after WORD``."""
    name, _, where = heading.removeprefix("# ").partition(", ")
    file = folder / name
    if not where:
        file.write_text(text, encoding="utf-8")
    elif where == "at the end":
        file.write_text(f"{file.read_text()}\n\n{text}", encoding="utf-8")
    else:
        line = re.search(rf"^    {where.removeprefix('after ')}: .*\n", file.read_text(), re.MULTILINE)
        assert line is not None, heading
        file.write_text(file.read_text().replace(line[0], line[0] + text), encoding="utf-8")


def ran(folder: Path, command: str) -> str | None:
    """What the command prints; None for one that installs."""
    program, *arguments = shlex.split(command)
    if program == "python":
        ended = run_script(folder / arguments[0], folder=folder)
    elif program in PROGRAMS:
        ended = run_script(PROGRAMS[program], *arguments, folder=folder)
    else:
        assert program in {"mkdir", "python3", "pip"}, command
        return None
    assert ended.returncode == 0, (command, ended.stderr)
    return ended.stdout


def sessions(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def test_the_tutorial_does_and_prints_what_it_says(tmp_path: Path) -> None:
    for kind, text in re.findall(r"^```(python|console)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        if kind == "python":
            write(tmp_path, *text.split("\n", 1))
            continue
        for command, printed in sessions(text):
            found = ran(tmp_path, command)
            assert not printed or found == printed, command
