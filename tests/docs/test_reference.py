"""The reference names each public name, once; and the index leads to each page, which is the site's navigation."""

import re
from importlib import import_module
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SPACES = {
    "sqla_osiris": ["AsyncMongoRepository", "MongoRepository"],  # imported when they are asked for
    "sqla_osiris.alembic": [],
    "sqla_osiris.testing": [],
    "sqla_osiris.testing.conformance": [],
}


def documented() -> list[str]:
    names = []
    for page in (DOCS / "reference").glob("*.rst"):
        space = ""
        for kind, name in re.findall(
            r"^\.\. (\w+):: ([\w.]+)", page.read_text(encoding="utf-8"), re.MULTILINE
        ):
            if kind in {"module", "currentmodule"}:
                space = name
            else:
                names.append(f"{space}.{name}")
    return names


@pytest.mark.parametrize("space", SPACES)
def test_each_public_name_has_its_place_in_the_reference(space: str) -> None:
    public = {f"{space}.{name}" for name in [*import_module(space).__all__, *SPACES[space]]}
    public -= {"sqla_osiris.testing.LawBroken"}  # one of the errors, where it has its place
    assert public - set(documented()) == set()


def test_no_name_stands_twice() -> None:
    assert len(documented()) == len(set(documented()))


def test_the_page_of_errors_says_of_each_class_what_to_do() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    classes = re.findall(
        r"autoexception:: (\w+)", (DOCS / "reference" / "errors.rst").read_text(encoding="utf-8")
    )
    assert [name for name in classes if f"`{name}`" not in page] == []


def test_the_index_leads_to_each_page_once() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([\w/]+\.(?:md|rst))\)", "\n".join(re.findall(r"^\|.*$", index, re.MULTILINE)))
    pages = [str(page.relative_to(DOCS)) for page in DOCS.glob("**/*") if page.suffix in {".md", ".rst"}]
    assert sorted(linked) == sorted(set(pages) - {"index.md"})
