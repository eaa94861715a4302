"""``event_context`` reaches ``append`` and ``append_many`` of every store."""

from sqla_osiris import NewEvent, event_context
from tests.stores.models import Employee


def test_every_store_writes_it_with_its_events(opens):
    repository = opens(Employee)
    with event_context(actor="jane"):
        appended = repository.append("bob", overtime=1)
        repository.append_many([NewEvent("bob", {"overtime": 1}, event_meta={"n": 1})])
    repository.append("bob", overtime=1)

    assert appended.event_meta == {"actor": "jane"}
    assert [event.event_meta for event in repository.history("bob")] == [
        {"actor": "jane"},
        {"actor": "jane", "n": 1},
        None,
    ]


def test_every_store_writes_its_event_type_where_an_event_has_none(opens):
    repository = opens(Employee)
    with event_context(event_type="worked", meta={"request-id": 7}):
        appended = repository.append("bob", overtime=1)
        repository.append_many([NewEvent("bob", {"overtime": 1}), NewEvent("bob", {}, event_type="seen")])
    repository.append("bob", overtime=1)

    assert (appended.event_type, appended.event_meta) == ("worked", {"request-id": 7})
    assert [event.event_type for event in repository.history("bob")] == ["worked", "worked", "seen", None]
