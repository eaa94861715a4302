"""Which stores beside the SQL databases do the tests run on? Tests of another one are not collected."""

import os

import pytest

__all__ = ["STORES"]

KNOWN = ("mongodb", "dynamodb")
STORES = [store for store in os.environ.get("OSIRIS_TEST_STORES", ",".join(KNOWN)).split(",") if store]
"""Those that `OSIRIS_TEST_STORES` names, by commas; an empty text names none."""

if not set(STORES) <= set(KNOWN):
    raise pytest.UsageError(f"OSIRIS_TEST_STORES={','.join(STORES)}: each must be one of {', '.join(KNOWN)}")
