"""What each store can do, pinned: a store that comes to lack something changes this table, not the number of skips."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import CheckConstraint, Integer
from sqlalchemy.exc import IntegrityError

from sqla_osiris import Aggregate, Context, EventSourced, OsirisError
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
    "mysql": set(),
    "mongodb": {"constraints"},
    "dynamodb": {"atomic_batches", "constraints"},
}
CALLS = {
    "feed": lambda employees: employees.feed(),
    "archive": lambda employees: employees.archive(before=datetime.now(UTC)),
    "erase": lambda employees: employees.erase("bob"),
    "redact": lambda employees: employees.redact("bob", 1, "overtime", reason="asked"),
}


class Purse(EventSourced):
    __constraints__ = "sql_only"
    __table_args__ = (CheckConstraint("coins >= 0", name="ck_purse"),)

    id = Context(Integer)
    coins = Aggregate(Integer)


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


def test_a_store_without_constraints_keeps_a_model_that_leaves_them_to_sql(opens):
    purses = opens(Purse)
    purses.append(1, coins=1)
    if "constraints" in purses.capabilities:
        with pytest.raises(IntegrityError, match="ck_purse"):
            purses.append(1, coins=-2)
    else:
        purses.append(1, coins=-2)
        assert purses.state(1).coins == -1
