"""diff between two moments, and replay: a history with the state after each event. On every store alike."""

from datetime import UTC, datetime, timedelta

import pytest

from sqla_osiris import ABSENT, Change, InvalidValue, NewEvent, diff, replay
from tests.stores.models import Employee, Profiled


def day(number):
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number)


@pytest.fixture
def employees(opens):
    """A stream of two lives: events on days 1 to 5, of which that of day 4 ends the first one."""
    repository = opens(Employee)
    touches = [
        {"company": "Hooly"},
        {"company": None, "overtime": 3},
        {"overtime": 4},
        {},
        {"company": "Acme"},
    ]
    repository.append_many(
        NewEvent("bob", fields, recorded_at=day(number), ends=number == 4)
        for number, fields in enumerate(touches, start=1)
    )
    return repository


def test_what_differs_between_two_moments(employees):
    changes = diff(employees, "bob", day(1), day(3))

    assert dict(changes) == {"company": ("Hooly", None), "overtime": (0, 7)}
    assert changes["company"].before == "Hooly"
    assert (changes.before.seq, changes.after.seq) == (1, 3)
    assert repr(changes) == "<Changes company: 'Hooly' → None, overtime: 0 → 7>"

    # A moment may be a seq, and the present is None.
    assert dict(diff(employees, "bob", 2, 3)) == {"overtime": (3, 7)}
    assert dict(diff(employees, "bob", 3)) == {"company": (None, "Acme"), "overtime": (7, 0)}
    assert dict(diff(employees, "bob", 3, 2)) == {"overtime": (7, 3)}
    assert not diff(employees, "bob", 3, day(3))
    assert repr(diff(employees, "bob", 3, 3)) == "<Changes none>"


def test_a_stream_that_did_not_live_is_absent_which_differs_from_none(employees):
    began = diff(employees, "bob", day(0), 2)
    assert began.before is None
    assert began["company"] == Change(ABSENT, None)
    assert began["overtime"] == Change(ABSENT, 3)
    assert set(began) == set(Employee.__osiris__.reducers)
    ended = diff(employees, "bob", 3, 4)
    assert ended.after is None
    assert ended["overtime"] == (7, ABSENT)
    assert repr(ABSENT) == "ABSENT"
    assert not ABSENT

    assert not diff(employees, "bob", day(0), 4)
    assert not diff(employees, "nobody", 1, 2)
    with pytest.raises(InvalidValue, match=r"a seq .* or an aware datetime was expected"):
        diff(employees, "bob", "monday", 2)


def test_replay_gives_the_state_after_each_event(employees):
    found = [
        (each.event.seq, each.state and (each.state.company, each.state.overtime))
        for each in replay(employees, "bob")
    ]

    assert found == [(1, ("Hooly", 0)), (2, (None, 3)), (3, (None, 7)), (4, None), (5, ("Acme", 0))]

    # After a seq, what was before it is still folded.
    (last,) = [each for each in replay(employees, "bob", after=2) if each.event.seq == 3]

    assert last.state.overtime == 7
    assert [each.event.seq for each in replay(employees, "bob", after=4)] == [5]
    assert list(replay(employees, "nobody")) == []


def test_what_is_archived_is_replayed_and_compared_too(opens):
    profiles = opens(Profiled)
    for number in range(1, 7):
        profiles.append("bob", overtime=number, profile={f"k{number % 2}": number})
    profiles.snapshot("bob")
    profiles.archive(keep=2)

    replayed = [(each.state.overtime, each.state.profile) for each in replay(profiles, "bob")]
    states = [profiles.state("bob", at=seq) for seq in range(1, 7)]
    assert replayed == [(state.overtime, state.profile) for state in states]
    assert diff(profiles, "bob", 1, 6)["profile"] == ({"k1": 1}, {"k1": 5, "k0": 6})
