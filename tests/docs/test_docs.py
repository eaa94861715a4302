"""The README and every page of docs/ run, top to bottom, on SQLite, and on one of the servers in turn.

The python blocks of one page are one program. It runs in a process of its own, because each page declares models of the
same names; its line numbers are the page's, so that a traceback points into the page.
"""

from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.opening import url_of
from tests.processes import run_script
from tests.selection import STORES

ROOT = Path(__file__).parents[2]
ENGINE = 'create_engine("sqlite:///hr.db")'
URLS = {"mongodb": '"mongodb://localhost:27017/hr"', "dynamodb": '"dynamodb://"'}


def program(page: Path) -> str:
    """The page's python blocks, each on its own lines; everything else is blank."""
    lines, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = line == "```python"
            lines.append("")
        else:
            lines.append(line if inside else "")
    return "\n".join(lines) + "\n"


PROGRAMS = {
    str(page.relative_to(ROOT)): source
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    if page.name != "tutorial.md" and (source := program(page)).strip()  # that one is several programs
}


def run(source: str, folder: Path) -> None:
    script = folder / "page.py"
    script.write_text(source, encoding="utf-8")
    done = run_script(script, folder=folder, warnings_are_errors=True)
    assert done.returncode == 0, done.stderr


def needed(source: str) -> set[str]:
    """The stores whose servers a page needs."""
    return {store for store, url in URLS.items() if url in source}


@pytest.mark.parametrize("page", [page for page, source in PROGRAMS.items() if needed(source) <= set(STORES)])
def test_a_page_runs_with_nothing_but_a_test_servers_url(
    page: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    source = PROGRAMS[page]
    for store in needed(source):
        source = source.replace(URLS[store], repr(url_of(store, request)))
    run(source, tmp_path)


SERVERS = [name for name in DATABASES if name != "sqlite"]
ANYWHERE = [page for page, source in PROGRAMS.items() if ENGINE in source] if SERVERS else []
IN_TURN = [(page, SERVERS[place % len(SERVERS)]) for place, page in enumerate(ANYWHERE)]


@pytest.mark.parametrize(("page", "database"), IN_TURN, ids=lambda part: part)
def test_a_page_runs_on_a_server_with_nothing_but_another_url(
    page: str, tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{database}_database")
    run(PROGRAMS[page].replace(ENGINE, f"create_engine({url!r})"), tmp_path)


@pytest.mark.parametrize("page", [page for page, source in PROGRAMS.items() if "\ndef test_" in source])
def test_the_tests_of_a_page_pass(page: str, tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(PROGRAMS[page], encoding="utf-8")
    options = ("-p", "no:asyncio", "-p", "no:cacheprovider")
    done = run_script("pytest", "page.py", *options, folder=tmp_path)
    assert done.returncode == 0, done.stdout


def test_every_page_but_the_explanations_has_programs() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    explained = {Path(page).name for page in PROGRAMS}
    assert pages - explained <= {
        "architecture.md",
        "comparison.md",
        "index.md",
        "decisions.md",
        "development.md",
        "guarantees.md",
        "mutation.md",
        "mysql.md",
        "reliability.md",
        "seams.md",
        "support.md",
        "tutorial.md",
    }


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in page.read_text(encoding="utf-8").split("](")[1:]:
            target = link.split(")")[0].split("#")[0].split(' "')[0]
            if target and not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
