"""Which stores beside the SQL databases do the tests run on? Tests of another one are not collected."""

import os
from collections.abc import Iterable
from typing import Any

import pytest

from tests.conftest import DATABASES

__all__ = ["STORES", "pairs"]

KNOWN = ("mongodb", "dynamodb")
STORES = [store for store in os.environ.get("OSIRIS_TEST_STORES", ",".join(KNOWN)).split(",") if store]
"""Those that `OSIRIS_TEST_STORES` names, by commas; an empty text names none."""

if not set(STORES) <= set(KNOWN):
    raise pytest.UsageError(f"OSIRIS_TEST_STORES={','.join(STORES)}: each must be one of {', '.join(KNOWN)}")


def pairs(**parts: Iterable[Any]) -> list[tuple[str, Any]]:
    """Return each store that is tested with each of its parts: not every model runs on every store."""
    tested = {"memory", *DATABASES, *STORES}
    return [(store, part) for store, some in parts.items() if store in tested for part in some]
