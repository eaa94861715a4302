"""MongoDB: processes append to one context and to many; no event is lost, no seq missing, every loser told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sqla_osiris import MongoRepository
from tests.stores.models import Employee
from tests.stores.racing import EVENTS

PROCESSES = 4


@pytest.mark.parametrize("contexts", [["hot"], [f"e{number}" for number in range(10)]], ids=["one", "many"])
@pytest.mark.parametrize("kind", ["append", "append_many", "expected_seq"])
def test_processes_race(mongodb_url, mongodb_database, contexts, kind):
    employees = MongoRepository(Employee, mongodb_database)
    employees.create()
    command = [sys.executable, "-W", "error", "-m", "tests.stores.racing", mongodb_url, mongodb_database.name]
    racers = [
        subprocess.Popen(
            [*command, kind, *contexts], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(PROCESSES)
    ]
    told = [json.loads(racer.communicate()[0]) for racer in racers]

    won, lost = (sum(one[what] for one in told) for what in ("won", "lost"))
    assert won + lost == PROCESSES * EVENTS
    assert lost == 0 or kind == "expected_seq"
    expected = won * 3 if kind == "append_many" else won
    histories = {context: list(employees.history(context)) for context in contexts}
    assert sum(map(len, histories.values())) == expected
    for context, history in histories.items():
        assert [event.seq for event in history] == list(range(1, len(history) + 1))
        assert employees.state(context).overtime == len(history)
        times = [event.recorded_at for event in history]
        assert times == sorted(times)
    assert employees.verify()
    assert len(employees.feed(limit=10_000)) == expected
