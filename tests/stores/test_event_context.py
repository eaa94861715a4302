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
