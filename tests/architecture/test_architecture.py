"""What the folders promise a reader, beside the contracts of import-linter in ``pyproject.toml``."""

from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

from grimp import build_graph

PACKAGE = Path(__file__).parents[2] / "sqla_osiris"


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and for type checkers count, too."""
    graph = build_graph("sqla_osiris", cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    TopologicalSorter(imported).prepare()  # raises CycleError, which names the circle


def test_the_files_of_one_folder_hold_less_than_a_quarter_of_the_lines() -> None:
    lines = Counter[str]()
    for file in PACKAGE.rglob("*.py"):
        lines[file.parent.name] += file.read_text("utf-8").count("\n")

    assert max(lines.values()) < sum(lines.values()) / 4


def test_what_a_terminal_needs_is_imported_by_the_command_alone() -> None:
    graph = build_graph("sqla_osiris", include_external_packages=True, cache_dir=None)
    importers = {
        module for tool in ("typer", "rich") for module in graph.find_modules_that_directly_import(tool)
    }

    assert {module.split(".")[1] for module in importers} == {"cli"}
