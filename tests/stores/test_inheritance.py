"""The states of a log that several classes share are each of its own class, on every store."""

import pytest

from sqla_osiris import (
    InvalidValue,
    MemoryRepository,
    NewEvent,
    copy,
    diff,
    export_events,
    import_events,
    replay,
)
from tests.stores.staff import MODELS

EVENTS = [
    NewEvent("p", {"kind": "person", "name": "P"}),
    NewEvent("m", {"kind": "manager", "level": 1}),
    NewEvent("e", {"kind": "engineer", "commits": 2, "skills": {"sql": 1}}),
    NewEvent("m", {"level": 2}),
    NewEvent("e", {"commits": 3, "tags": ["x"]}),
    NewEvent("e", {"skills": {"py": 2}}),
]


@pytest.fixture(params=MODELS, ids=lambda model: type(model.__snapshot__).__name__)
def staff(request, opens):
    repository = opens(request.param)
    repository.append_many(EVENTS)
    return repository


def seen(state):
    names = {"Person": ["name"], "Manager": ["name", "level"], "Engineer": ["commits", "skills", "tags"]}
    kind = type(state).__name__
    return (kind, state.kind, *(getattr(state, name) for name in names[kind]))


EXPECTED = {
    "p": ("Person", "person", "P"),
    "m": ("Manager", "manager", None, 2),
    "e": ("Engineer", "engineer", 5, {"sql": 1, "py": 2}, ["x"]),
}


def test_each_state_is_of_its_class(staff):
    assert {state.id: seen(state) for state in staff.states()} == EXPECTED
    assert [seen(state) for state in staff.states(["e", "p"])] == [EXPECTED["e"], EXPECTED["p"]]
    assert {context: seen(staff.state(context)) for context in EXPECTED} == EXPECTED
    assert not hasattr(staff.state("p"), "level")


def test_snapshots_and_the_archive_change_nothing(staff):
    for context in EXPECTED:
        staff.snapshot(context)
    staff.archive(keep=0)
    staff.append("m", level=3)

    assert seen(staff.state("m")) == ("Manager", "manager", None, 3)
    assert seen(staff.state("e")) == EXPECTED["e"]
    assert staff.verify()


def test_the_past_is_of_the_class_that_it_was(staff):
    staff.append("p", kind="manager", level=9)

    assert seen(staff.state("p")) == ("Manager", "manager", "P", 9)
    assert seen(staff.state("p", at=1)) == EXPECTED["p"]
    assert [seen(each.state)[0] for each in replay(staff, "p")] == ["Person", "Manager"]
    assert dict(diff(staff, "p", 1)) == {"kind": ("person", "manager"), "level": (None, 9)}


def test_an_identity_that_no_class_has_is_refused(staff):
    with pytest.raises(InvalidValue, match="'nobody' found"):
        staff.append("p", kind="nobody")
    with pytest.raises(InvalidValue, match="kind"):
        staff.append("new", name="without a kind")


def test_a_copy_and_a_file_carry_them(staff, tmp_path):
    memory = MemoryRepository(staff.model)
    copy(staff, memory)
    export_events(memory, tmp_path / "staff")
    other = MemoryRepository(staff.model)
    import_events(other, tmp_path / "staff")

    assert {state.id: seen(state) for state in other.states()} == EXPECTED
