"""What each store can do, pinned: a store that comes to lack something changes this table, not the number of skips."""

from datetime import UTC, datetime

import pytest

from sqla_osiris import OsirisError
from tests.stores.models import Employee

EVERYTHING = {
    "expected_seq",
    "event_id",
    "atomic_batches",
    "feed",
    "archive",
    "erase",
    "time_travel",
    "snapshots",
    "redact",
    "encrypted",
    "constraints",
}
LACKING = {
    "memory": {"constraints"},
    "sqlite": set(),
    "postgresql": set(),
    "mariadb": set(),
    "mongodb": {"encrypted", "constraints"},
    "dynamodb": {"atomic_batches", "encrypted", "constraints"},
}
CALLS = {
    "feed": lambda employees: employees.feed(),
    "archive": lambda employees: employees.archive(before=datetime.now(UTC)),
    "erase": lambda employees: employees.erase("bob"),
    "redact": lambda employees: employees.redact("bob", 1, "overtime", reason="asked"),
}


@pytest.fixture
def store(request):
    return request.node.callspec.params["opens"]


def test_a_store_can_do_what_the_table_says(opens, store):
    assert opens(Employee).capabilities == EVERYTHING - LACKING[store]


def test_a_call_that_a_store_lacks_is_refused_by_the_capabilitys_name(opens, store):
    employees = opens(Employee)
    employees.append("bob", overtime=1)

    for capability in LACKING[store] & CALLS.keys():
        with pytest.raises(OsirisError, match=f"'{capability}'"):
            CALLS[capability](employees)
    assert employees.state("bob").overtime == 1
