"""docs/guarantees.md: each line links to tests that are there, and says of a capability what the stores themselves say."""

import re
from pathlib import Path

import pytest

from sqla_osiris.repositories.protocol import CAPABILITIES
from tests.stores.test_capabilities import LACKING

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "guarantees.md").read_text(encoding="utf-8")
STORES = ["sqlite", "postgresql", "mariadb", "mysql", "mongodb", "dynamodb"]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| promise", "| ---"))
]
CAPABLE = [(name, row) for row in ROWS for name in re.findall(r"\(`(\w+)`\)$", row[0])]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_promise_has_a_word_for_each_store_and_a_test_that_is_there(row: list[str]) -> None:
    _, tests, *words = row
    assert len(words) == len(STORES)
    assert all(words)
    linked = re.findall(r"\]\(([^) ]+) \"(\w+)\"\)", tests)
    assert linked
    for file, name in linked:
        assert f"def {name}(" in (DOCS / file).read_text(encoding="utf-8"), f"{file} has no {name}"


@pytest.mark.parametrize(
    ("capability", "row"), CAPABLE, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_capability_is_there_where_the_stores_say_so(capability: str, row: list[str]) -> None:
    assert capability in CAPABILITIES
    lacking = {store for store, word in zip(STORES, row[2:], strict=True) if word.startswith("no")}
    assert lacking == {store for store in STORES if capability in LACKING[store]}


def test_each_capability_has_its_promise() -> None:
    feed = {"feed"}  # has a section
    assert {name for name, _ in CAPABLE} | feed == CAPABILITIES
