"""Eight processes append to one context and to many: no event is lost, no seq missing or taken twice, every loser told."""

from collections import Counter

import pytest

from tests.opening import RACERS, STORES, TESTED
from tests.stores.models import Employee
from tests.stores.racing import EVENTS, KINDS, race

PLACES = {"one context": 1, "many": 6}


@pytest.fixture(params=[store for store in TESTED if store != "memory"])
def store(request):
    """What opens repositories in an empty store, and the URL by which other processes open it."""
    url = URLS[request.param](request)
    for opens in STORES[request.param](request):
        yield opens, url


def _kept(request, database):
    url = request.getfixturevalue(f"kept_{database}").engine.url
    # Eight writers wait for each other longer than SQLite's five seconds where the disk is slow.
    return url.update_query_dict({"timeout": "60"} if database == "sqlite" else {}).render_as_string(
        hide_password=False
    )


def _mongodb(request):
    database = request.getfixturevalue("mongodb_database")
    return request.getfixturevalue("mongodb_url").replace("/?", f"/{database.name}?")


def _dynamodb(request):
    return f"{request.getfixturevalue('dynamodb_url')}&table_prefix={request.getfixturevalue('prefix')}"


URLS = {
    "sqlite": lambda request: _kept(request, "sqlite"),
    "postgresql": lambda request: _kept(request, "postgresql"),
    "mariadb": lambda request: _kept(request, "mariadb"),
    "mysql": lambda request: _kept(request, "mysql"),
    "mongodb": _mongodb,
    "dynamodb": _dynamodb,
}


def test_eight_processes_race(store, racers):
    opens, url = store
    employees, total = opens(Employee), 0
    for kind in KINDS:
        for places, number in PLACES.items() if kind != "event_id" else [("one context", 1)]:
            contexts = [f"{kind} {places} {n}" for n in range(number)]
            racing = [racers.submit(race, url, worker, kind, contexts) for worker in range(RACERS)]
            told = [racer.result() for racer in racing]
            total += agrees(employees, kind, contexts, told)

    assert employees.verify()
    if "feed" in employees.capabilities:
        followed(employees, total)


def agrees(employees, kind, contexts, told):
    """Whether the log is what the racers were told; how many events it has."""
    names = [*contexts, *(f"{context}-too" for context in contexts)] if kind == "append_many" else contexts
    histories = {name: list(employees.history(name)) for name in names}
    events = [event for history in histories.values() for event in history]
    for name, history in histories.items():
        assert [event.seq for event in history] == list(range(1, len(history) + 1)), name
        times = [event.recorded_at for event in history]
        assert times == sorted(times)
        state = employees.state(name)
        assert ((state and state.overtime) or 0) == sum(event.fields["overtime"] for event in history)
    stored = sorted((event.context, event.seq) for event in events)
    places = sorted(place for places, _ in told for place in places)
    refused = sum(refused for _, refused in told)
    if kind == "append_many":
        assert Counter(event.event_type for event in events) == {str(w): 3 * EVENTS for w in range(RACERS)}
    elif kind == "event_id":
        identities = Counter((event.context, event.event_id) for event in events)
        assert set(identities.values()) == {1}
        assert sorted(set(places)) == stored
    else:
        assert places == stored
        assert len(stored) + refused == RACERS * EVENTS
    assert refused == 0 or kind == "expected_seq"
    return len(events)


def followed(employees, total):
    """The feed has every event once, those of a context in the order of seq."""
    read, after = [], None
    while page := employees.feed(after=after, limit=500):
        read += page
        after = page[-1].position
    assert len(read) == total
    seqs = {}
    for event in read:
        seqs.setdefault(event.context, []).append(event.seq)
    assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())
