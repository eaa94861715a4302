"""A fault that breaks a promise is found: each of those planted, by a short round, or by some longer ones."""

from pathlib import Path

import pytest

from tests.histories.grounds import Servers
from tests.histories.plan import Plan
from tests.histories.plants import PLANTS
from tests.histories.promises import PROMISES
from tests.histories.rounds import run_round
from tests.histories.test_histories import is_tested

ROUNDS = 7
"""A race that is lost now and then may be won throughout a short round, not throughout all of these."""


def test_there_is_a_plant_for_each_promise_that_a_store_can_break() -> None:
    planted = {plant.promise for plant in PLANTS.values()}
    assert planted <= {promise.__name__ for promise in PROMISES}
    assert len(PLANTS) >= 12


@pytest.mark.parametrize("name", [name for name, plant in PLANTS.items() if is_tested(plant.store)])
def test_a_planted_fault_is_found(name: str, servers: Servers, tmp_path: Path) -> None:
    plant = PLANTS[name]
    found: set[str] = set()
    for seed in range(ROUNDS):
        plan = Plan(
            store=plant.store,
            url="",
            folder=tmp_path / f"{seed}",
            seed=seed,
            policy=plant.policy,
            threads=plant.threads,
            plant=name,
            kinds=plant.kinds,
        )
        found |= set(run_round(servers, plan, plant.seconds * 2**seed, plant.crew).violations)
        if plant.promise in found:
            return
    pytest.fail(f"{plant.promise} was not broken on {plant.store}; broken were {found or 'none'}")
