"""When is a snapshot due, and which policies are none?"""

import pytest

from sqla_osiris import DeclarationError, Every, Inline, Never
from sqla_osiris.schema.policies import policy_of


@pytest.mark.parametrize(
    ("policy", "tail", "due"),
    [
        (Inline(), 0, False),
        (Inline(), 1, True),
        (Every(1), 0, False),
        (Every(1), 1, True),
        (Every(3), 2, False),
        (Every(3), 3, True),
        (Every(), 999, False),
        (Every(), 1000, True),
        (Never(), 10**6, False),
    ],
)
def test_a_snapshot_is_due(policy, tail, due):
    assert policy.is_due(tail) is due


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("3", "Every('3'): a whole number of events was expected, such as Every(1000)"),
        (True, "Every(True): a whole number of events was expected, such as Every(1000)"),
        (0, "Every(0): a snapshot is taken every 1 event at least"),
    ],
)
def test_a_number_of_events_is_refused(given, words):
    with pytest.raises(DeclarationError) as refused:
        Every(given)

    assert str(refused.value) == words


def test_a_policys_class_stands_for_the_policy():
    assert [policy_of(given) for given in (Never, Every, Every(3))] == [Never(), Every(1000), Every(3)]
    assert [policy_of(given) for given in (None, int)] == [None, int]
