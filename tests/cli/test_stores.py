"""The same commands on every store, by its URL: the same documents, but for positions."""

import json

import pytest

from sqla_osiris import repository
from tests.cli import clinic
from tests.cli.clinic import Doctor, Patient, Ward
from tests.conftest import DATABASES
from tests.opening import TESTED, url_of


@pytest.fixture(params=[store for store in TESTED if store != "memory"])
def store_url(request):
    """The URL of a store with the clinic's events."""
    url = url_of(request.param, request)
    for model in (Doctor, Patient, Ward):
        with repository(model, url) as log:
            log.create()
            if model is Doctor:
                log.append_many(clinic.EVENTS)
    return url


def test_the_commands_answer_on_every_store(osiris, store_url, tmp_path):
    def documents(*arguments, code=0):
        result = osiris(*arguments, "--json", url=store_url)
        assert result.exit_code == code, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    fields = {"ward": None, "hours": 5}
    assert documents("state", "Doctor", "jo") == [
        {"model": "Doctor", "context": ["jo"], "seq": 3, "fields": fields, "hidden": []}
    ]
    (then,) = documents("as-of", "Doctor", "jo", "2026-03-02T10:00")
    assert (then["seq"], then["fields"]) == (1, {"ward": "north", "hours": 2})
    timeline = documents("history", "Doctor", "jo")
    assert [each["changes"] for each in timeline] == [
        {"ward": {"after": "north"}, "hours": {"after": 2}},
        {"hours": {"before": 2, "after": 5}},
        {"ward": {"before": "north", "after": None}},
    ]
    (changes,) = documents("diff", "Doctor", "jo", "1", code=1)
    assert changes["changes"].keys() == {"ward", "hours"}
    events = documents("feed", "Doctor")
    assert sorted((each["context"], each["seq"]) for each in events) == [
        (["flo"], 1),
        *((["jo"], seq) for seq in (1, 2, 3)),
    ]
    behind = documents("feed", "Doctor", "--after", json.dumps(events[0]["position"]), "--limit", "2")
    assert behind == events[1:3]
    (top,) = documents("top", "Doctor", "--since", "2026-03-04", "--limit", "1")
    assert top["biggest"] == [{"context": ["jo"], "events": 3}]
    assert top["hottest"][0]["events"] == 1
    sizes = {each["model"]: (each["streams"], each["living"], each["events"]) for each in documents("models")}
    assert sizes == {"Doctor": (2, 2, 4), "Patient": (0, 0, 0), "Ward": (0, 0, 0)}
    assert [each["events"] for each in documents("verify")] == [4, 0, 0]

    target = f"sqlite:///{tmp_path / 'copy.db'}"
    assert documents("copy", "Doctor", "--to", target, "--create") == [{"model": "Doctor", "events": 4}]
    assert documents("export", "Doctor", str(tmp_path / "d.jsonl"))[0]["events"] == 4
    assert documents("import", "Doctor", str(tmp_path / "d.jsonl"))[0]["events"] == 0
    assert documents("erase", "Doctor", "jo", "--yes")[0]["erased"] == 3


@pytest.mark.parametrize("database", DATABASES)
def test_an_sql_database_explains_what_a_state_costs(osiris, request, database):
    url = url_of(database, request)
    with repository(Doctor, url) as doctors:
        doctors.create()
        doctors.append_many(clinic.EVENTS)
    (cost,) = map(json.loads, osiris("explain", "Doctor", "jo", "--json", url=url).stdout.splitlines())
    assert (cost["snapshot"], cost["folds"], len(cost["statements"])) == (3, 0, 1)
    assert cost["statements"][0]["plan"]


def test_a_store_without_plans_says_so(osiris):
    result = osiris("explain", "Doctor", "jo", url="memory://")
    assert (result.exit_code, "this store has no plans to show" in result.stderr) == (2, True)


@pytest.mark.parametrize("store", [store for store in TESTED if store != "memory"])
def test_a_store_without_the_models_tables_says_what_to_do(osiris, request, store):
    result = osiris("state", "Doctor", "jo", url=url_of(store, request))
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
