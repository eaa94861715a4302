"""What stands in several files of the project is the same in each, and what they link to is there."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_the_same_in_each_file() -> None:
    component = json.loads(text_of("sbom.cdx.json"))["metadata"]["component"]
    assert component["version"] == VERSION
    assert component["purl"] == component["bom-ref"] == f"pkg:pypi/sqla-osiris@{VERSION}"
    assert f"\nversion: {VERSION}\n" in text_of("CITATION.cff")
    assert re.search(
        rf"^## (\[Unreleased\]: )?\[?{re.escape(VERSION)}\b", text_of("CHANGELOG.md"), re.MULTILINE
    )


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "llms.txt"])
def test_a_link_of_the_projects_own_pages_leads_somewhere(page: str) -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text_of(page))]
    assert [link for link in links if not link.startswith("https:") and not (ROOT / link).exists()] == []


def test_llms_txt_names_each_page_of_the_docs() -> None:
    named = set(re.findall(r"\((docs/[^)]+)\)", text_of("llms.txt")))
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("**/*.md")}
    assert pages - named == {"docs/index.md"}


@pytest.mark.parametrize("group", ["tests", "docs", "release"])
def test_a_file_of_pins_has_what_its_group_asks_for(group: str) -> None:
    file = {
        "tests": "tests/requirements.txt",
        "docs": "docs/requirements.txt",
        "release": ".ci/requirements.txt",
    }
    pinned = set(re.findall(r"^([\w.-]+)(?:\[\w+\])?==", text_of(file[group]), re.MULTILINE))
    asked = [re.match(r"[\w.-]+", each) for each in PROJECT["dependency-groups"][group]]
    assert [name[0] for name in asked if name and name[0] not in pinned] == []
    assert "://" not in text_of(file[group]), "a registry's host"
