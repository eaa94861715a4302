"""Do mypy and pyright see a model's fields as SQL expressions on the class and as values on an instance?

And what a migration's functions take, though each is made of an operation.
"""

import json
import os
import re
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest

from sqla_osiris import alembic as osiris

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
CHECKED = HERE / "employee.py"
FUNCTIONS = [name for name in osiris.__all__ if hasattr(getattr(osiris, name), "__wrapped__")]

Answer = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def revealing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module that asks for the type of each function."""
    module = tmp_path_factory.mktemp("annotations") / "revealing.py"
    lines = [f"reveal_type(osiris.{name})\n" for name in FUNCTIONS]
    module.write_text("".join(["from sqla_osiris import alembic as osiris\n", *lines]))
    return module


@pytest.fixture(scope="module")
def mypy(revealing: Path) -> Answer:
    # Under the project's options, so that what it learns of the libraries is there for the check of the whole.
    return checked("mypy", CHECKED, revealing)


@pytest.fixture(scope="module")
def pyright(revealing: Path) -> Answer:
    config = revealing.with_name("pyrightconfig.json")
    strict_on_ignores = {"enableTypeIgnoreComments": False, "reportUnnecessaryTypeIgnoreComment": "error"}
    include = [os.path.relpath(CHECKED, config.parent), revealing.name]
    where = {"include": include, "extraPaths": [str(PROJECT)]}
    config.write_text(json.dumps({"typeCheckingMode": "standard", **strict_on_ignores, **where}))
    return checked("pyright", "--project", config, "--pythonpath", sys.executable)


def test_mypy_agrees_with_every_line(mypy: Answer) -> None:
    assert mypy.returncode == 0, mypy.stdout + mypy.stderr


def test_pyright_agrees_with_every_line(pyright: Answer) -> None:
    assert pyright.returncode == 0, pyright.stdout + pyright.stderr


def test_a_migrations_function_takes_what_its_operation_takes() -> None:
    assert str(signature(osiris.create_notify)) == "(table_name: str, *, schema: str | None = None) -> None"
    assert plain(str(signature(osiris.drop_archive))) == (
        "(model: str, *, columns: Sequence[str], schema: str | None = None) -> None"
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pyright_sees_the_signature_of_a_migrations_function(pyright: Answer, name: str) -> None:
    expected = plain(str(signature(getattr(osiris, name))))

    seen = pyright.stdout.replace("= STALE", "= 0")  # it names the constant

    assert f'Type of "osiris.{name}" is "{expected}"' in seen


@pytest.mark.parametrize("name", FUNCTIONS)
def test_mypy_sees_the_signature_of_a_migrations_function(mypy: Answer, name: str) -> None:
    expected = plain(str(signature(getattr(osiris, name))))
    without_defaults = re.sub(r" = (\(\)|\w+)", " =", expected).removesuffix(" -> None")
    line = FUNCTIONS.index(name) + 2
    seen = re.search(rf'revealing\.py:{line}: note: Revealed type is "def (.*)"', mypy.stdout)

    assert seen is not None, mypy.stdout
    assert plain(seen[1]) == without_defaults


def plain(types: str) -> str:
    """The types without the modules that they are in."""
    return re.sub(r"(?:\w+\.)+(?=\w)", "", types)


def checked(checker: str, *arguments: str | Path) -> Answer:
    """The checker's answer, run as its own process from the project's folder."""
    command = [sys.executable, "-m", checker, *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
