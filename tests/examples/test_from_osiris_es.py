"""osiris-es's README, snippet by snippet, on each of its databases and on the others."""

from pathlib import Path

import pytest

from tests import selection
from tests.conftest import DATABASES
from tests.processes import run_script

ROOT = Path(__file__).parents[2]


def _mongodb(request: pytest.FixtureRequest) -> str:
    name = request.getfixturevalue("new_mongodb").name
    return str(request.getfixturevalue("mongodb_url")).replace("/?", f"/{name}?")


def _dynamodb(request: pytest.FixtureRequest) -> str:
    return f"{request.getfixturevalue('dynamodb_url')}&table_prefix={request.getfixturevalue('new_prefix')}"


@pytest.mark.parametrize("store", ["memory", *DATABASES, *selection.STORES])
def test_the_readme_of_osiris_es_holds_here(request: pytest.FixtureRequest, store: str) -> None:
    if store == "memory":
        arguments = []
    elif store in DATABASES:
        arguments = [request.getfixturevalue(f"{store}_database")]
    else:
        arguments = [{"mongodb": _mongodb, "dynamodb": _dynamodb}[store](request)]
    done = run_script(ROOT / "examples" / "from_osiris_es.py", *arguments, folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "acme pays 7,000; bob works at globex\n"
