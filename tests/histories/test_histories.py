"""What concurrent processes are promised is kept, on every store and at every isolation level, whatever fails beside them.

A violation names its promise, the seed and the folder of the record. An hour of it: see docs/reliability.md.
"""

from pathlib import Path

import pytest

from tests.conftest import DATABASES
from tests.histories.grounds import STORES, Servers
from tests.histories.plan import FAULTS, ISOLATIONS, Plan
from tests.histories.rounds import run_round
from tests.selection import STORES as OTHER_STORES

SECONDS = 1.0


def is_tested(store: str) -> bool:
    return store.partition("-")[0] in {*DATABASES, *OTHER_STORES}


ROUNDS = [
    (store, isolation) for store in STORES if is_tested(store) for isolation in ISOLATIONS.get(store, [None])
]


@pytest.mark.parametrize(("store", "isolation"), ROUNDS)
def test_a_history_keeps_every_promise(
    store: str, isolation: str | None, servers: Servers, tmp_path: Path
) -> None:
    number = ROUNDS.index((store, isolation))
    plan = Plan(
        store=store,
        url="",
        folder=tmp_path / "round",
        seed=number,
        isolation=isolation,
        policy=("every", "inline", "never")[number % 3],
        threads=1 + number % 2,
        faults=frozenset(FAULTS if number % 4 else ()),
    )
    outcome = run_round(servers, plan, SECONDS)
    found = [f"{promise}: {each}" for promise, several in outcome.violations.items() for each in several]
    if found:
        pytest.fail("\n".join([f"seed {plan.seed}, record in {plan.folder}", *found[:20]]), pytrace=False)
    assert outcome.counts.acknowledged
