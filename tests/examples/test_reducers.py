"""The examples of users' reducers run on both databases, and their reducers keep the laws."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import DATABASES
from tests.processes import run_script

ROOT = Path(__file__).parents[2]


def run(example: str, *arguments: str) -> str:
    script = ROOT / "examples" / example
    done = run_script(script, *arguments, folder=ROOT, warnings_are_errors=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


PROMISED = {
    "unique_visitors.py": ["/docs", "exactly"],
    "order_states.py": [
        "cannot become 'delivered'",
        "refused to cancel",
        "somebody appended",
        "'A1': 'shipped'",
    ],
}
every_example = pytest.mark.parametrize("example", PROMISED)


@every_example
def test_an_example_runs_by_itself(example: str) -> None:
    printed = run(example)
    assert [said for said in PROMISED[example] if said not in printed] == []


@every_example
@pytest.mark.parametrize("server", [name for name in DATABASES if name != "sqlite"])
def test_an_example_runs_on_a_server(example: str, server: str, request: pytest.FixtureRequest) -> None:
    run(example, request.getfixturevalue(f"{server}_database"))


def load(example: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(example, ROOT / "examples" / f"{example}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = [
    (load("unique_visitors").HyperLogLog(), st.text(max_size=5)),
    (load("order_states").Transitions(), st.sampled_from(["pay", "ship", "cancel", "deliver", "dance"])),
]


@pytest.mark.parametrize(("reducer", "touches"), CASES, ids=lambda part: type(part).__name__)
@given(data=st.data())
def test_its_reducer_keeps_the_laws(reducer, touches, data) -> None:
    def fold(some):
        accumulator = reducer.identity()
        for touch in some:
            accumulator = reducer.merge(accumulator, reducer.lift(touch))
        return accumulator

    a, b, c = (data.draw(st.lists(touches, max_size=3)) for _ in range(3))

    assert fold(a + b + c) == reducer.merge(fold(a), reducer.merge(fold(b), fold(c)))
    assert reducer.load(reducer.dump(fold(a))) == fold(a)
