"""What the homomorphism alone does not pin: the states that are presented, and that a merged stretch remembers an end."""

from datetime import UTC, datetime

from sqla_osiris import Event, Last, Sum
from sqla_osiris.fold import fold, merge, present

REDUCERS = {"title": Last(), "salary": Sum()}


def event(seq: int, *, ends: bool = False, **fields: object) -> Event:
    return Event("bob", seq, seq, datetime(2026, 11, 23, tzinfo=UTC), fields, ends=ends)


def test_a_state_is_what_the_reducers_present():
    folded = fold(REDUCERS, [event(1, title="VP", salary=2), event(2, salary=3)])

    assert present(REDUCERS, folded) == {"title": "VP", "salary": 5}


def test_a_stretch_that_holds_an_end_forgets_what_it_is_merged_onto():
    before, end, after = (
        fold(REDUCERS, [one]) for one in (event(1, salary=1), event(2, ends=True), event(3, salary=4))
    )

    tail = merge(REDUCERS, end, after)

    assert tail.restarts
    assert present(REDUCERS, merge(REDUCERS, before, tail))["salary"] == 4
