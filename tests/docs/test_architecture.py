"""docs/architecture.md names folders, files and functions: each of them exists, and each folder is named."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sqla_osiris"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = {span for line in PAGE.splitlines() for span in re.findall(r"`([^`]+)`", line)}

FOLDERS = sorted(span for span in NAMED if re.fullmatch(r"(?:[a-z_]+/)+", span) and span != "sqla_osiris/")
FILES = sorted(span for span in NAMED if re.fullmatch(r"(?:[a-z_]+/)+[a-z_]+\.py", span))
FUNCTIONS = sorted(span for span in NAMED if re.fullmatch(r"[a-z_]+(?:\.\w+)+", span) and "." in span)
ELSEWHERE = {"pyproject.toml", "sqla_osiris.databases"}
"""Names with a dot that are none of the package's modules: a file of the project, and the group of entry points."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_is_named_exists(folder: str) -> None:
    assert (PACKAGE / folder).is_dir()


@pytest.mark.parametrize("file", [file.removeprefix("sqla_osiris/") for file in FILES])
def test_a_file_that_is_named_exists(file: str) -> None:
    assert (PACKAGE / file).is_file()


def resolved(name: str) -> object:
    """What a dotted name below the package means: a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(["sqla_osiris", *parts[:end]])
        if (PACKAGE / Path(*parts[:end])).with_suffix(".py").exists() and find_spec(module):
            found: object = import_module(module)
            for part in parts[end:]:
                found = getattr(found, part)
            return found
    raise AssertionError(f"{name} is in no module of the package")


@pytest.mark.parametrize(
    "name", [each for each in FUNCTIONS if each not in ELSEWHERE and not each.endswith(".py")]
)
def test_a_function_that_is_named_exists(name: str) -> None:
    assert resolved(name) is not None


def picture() -> set[str]:
    """The folders of the picture, by their indentation, and the files at its top."""
    lines = PAGE.partition("## The folders")[2].partition("The three folders")[0].splitlines()
    found, above = set(), ""
    for line in lines:
        name = re.match(r"( {4}| {8})([a-z_]+/|[a-z_]+\.py)", line)
        if name is None:
            continue
        above = name[2] if name[1] == " " * 4 else above
        found |= {name[2]} if name[1] == " " * 4 else {above + name[2]}
        found |= {
            other for other in re.findall(r"(?<= )[a-z_]+(?:/|\.py)(?= |$)", line) if name[1] == " " * 4
        }
    return found


def test_the_picture_shows_each_folder_and_no_other() -> None:
    folders = {
        f"{file.parent.relative_to(PACKAGE)}/" for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE
    }
    assert {name for name in picture() if name.endswith("/")} == folders


def test_the_picture_shows_no_file_that_is_not_there() -> None:
    assert all((PACKAGE / name).exists() for name in picture())


def test_the_layers_are_those_that_import_linter_holds() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    held = project.partition("\nlayers = [\n")[2].partition("\n]")[0]
    shown = PAGE.partition("- **One way only.**")[2].partition("- **No circles**")[0]
    layers = [line.strip(' ",').replace("sqla_osiris.", "") for line in held.splitlines()]
    assert [line.strip() for line in shown.splitlines() if line.startswith(" " * 6)] == layers
