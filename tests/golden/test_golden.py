"""Is the SQL that each database is sent still the one that is pinned in ``tests/golden/sql``?

No server is asked: statements are compiled. A change of the SQL on purpose is written anew, and seen in the commit's diff:

    OSIRIS_WRITE_GOLDEN=1 python -m pytest -n 0 tests/golden
"""

import difflib
import os
from itertools import product
from pathlib import Path

import pytest

from tests.golden.internals import SUBJECTS
from tests.golden.rendering import DIALECTS, page

PINNED = Path(__file__).parent / "sql"


@pytest.mark.parametrize(
    ("subject", "database"),
    # An append on PostgreSQL is one statement. SQLite locks no row.
    [
        each
        for each in product(SUBJECTS, DIALECTS)
        if each not in {("direct", "postgresql"), ("locked", "sqlite")}
    ],
)
def test_the_sql_is_the_one_that_is_pinned(subject: str, database: str) -> None:
    found, file = page(SUBJECTS[subject](database)), PINNED / database / f"{subject}.sql"
    if os.environ.get("OSIRIS_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found)
    pinned = file.read_text()
    if found != pinned:
        lines = difflib.unified_diff(
            pinned.splitlines(), found.splitlines(), f"{file.relative_to(PINNED)}", "now", lineterm="", n=4
        )
        pytest.fail("\n".join(lines), pytrace=False)
