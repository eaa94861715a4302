"""Do mypy and pyright see a model's fields as SQL expressions on the class and as values on an instance?"""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
CHECKED = HERE / "employee.py"


def test_mypy_agrees_with_every_line() -> None:
    # Under the project's options, so that what it learns of the libraries is there for the check of the whole.
    answer = checked("mypy", CHECKED)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_pyright_agrees_with_every_line(tmp_path: Path) -> None:
    config = tmp_path / "pyrightconfig.json"
    strict_on_ignores = {"enableTypeIgnoreComments": False, "reportUnnecessaryTypeIgnoreComment": "error"}
    where = {"include": [os.path.relpath(CHECKED, tmp_path)], "extraPaths": [str(PROJECT)]}
    config.write_text(json.dumps({"typeCheckingMode": "standard", **strict_on_ignores, **where}))
    answer = checked("pyright", "--project", config, "--pythonpath", sys.executable)

    assert answer.returncode == 0, answer.stdout + answer.stderr


def checked(checker: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The checker's answer, run as its own process from the project's folder."""
    command = [sys.executable, "-m", checker, *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
