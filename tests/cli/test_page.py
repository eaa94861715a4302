"""docs/command_line.md: each of its sessions prints what it says, and it names each command and each option."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sqla_osiris.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "command_line.md").read_text(encoding="utf-8")
PROGRAM = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
SESSIONS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def in_the_pages_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "hr.py").write_text(PROGRAM)
    (tmp_path / "pyproject.toml").write_text('[tool.sqla_osiris]\nmodels = ["hr"]\nurl = "sqlite:///hr.db"\n')
    import hr  # noqa: PLC0415  (the page's own program)

    hr.fill()
    yield
    del sys.modules["hr"]


def asked_and_answered(session: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        asked, *answered = part.rstrip("\n").split("\n")
        yield asked, answered


def test_each_session_prints_what_the_page_says(in_the_pages_folder: None) -> None:
    code = 0
    for session in SESSIONS:
        for asked, answered in asked_and_answered(session):
            if asked == "echo $?":
                assert [str(code)] == answered
                continue
            result = CliRunner().invoke(app, shlex.split(asked)[1:])
            assert [line.rstrip() for line in result.output.splitlines()] == answered, asked
            code = result.exit_code


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} ")
        else:
            yield above + name, command


COMMANDS = dict(commands(get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_names_each_command_and_its_options(name: str) -> None:
    named = set(re.findall(r"[a-z-]+", PAGE))
    assert f"`{name}" in PAGE or f"osiris {name}" in PAGE
    if name not in {"init", "template"}:  # docs/migrations.md has theirs
        options = {
            max(option.opts, key=len)
            for option in COMMANDS[name].params
            if option.param_type_name == "option"
        }
        assert options - named == set() or options - named == {"--help"}
