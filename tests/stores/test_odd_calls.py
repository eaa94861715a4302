"""What is no event, no context and no callable is refused with what was expected, by every store, and nothing is written."""

import pytest

from sqla_osiris import ConcurrentAppend, InvalidValue, NewEvent, UnknownField, event_context
from tests.stores.models import Employee

GOOD = NewEvent("ann", {"overtime": 1})

CALLS = {
    "append_many of no iterable": lambda each: each.append_many(5),
    "append_many of None": lambda each: each.append_many(None),
    "append_many of numbers": lambda each: each.append_many([GOOD, 5]),
    "append_many of None in a list": lambda each: each.append_many([GOOD, None]),
    "append_many of tuples": lambda each: each.append_many([GOOD, ("bob", {"overtime": 1})]),
    "append_many of dicts": lambda each: each.append_many([{"context": "bob"}, GOOD]),
    "append_many of a text": lambda each: each.append_many("bob"),
    "append_many of the class": lambda each: each.append_many([NewEvent]),
    "append_many of fields that are none": lambda each: each.append_many([NewEvent("bob", 5)]),
    "append_many of no fields": lambda each: each.append_many([NewEvent("bob", None)]),
    "append_many of unhashable contexts": lambda each: each.append_many([NewEvent(["bob"], {"overtime": 1})]),
    "append_many of unhashable field names": lambda each: each.append_many([NewEvent("bob", [["overtime"]])]),
    "append of an unhashable context": lambda each: each.append(["bob"], overtime=1),
    "append of a dict": lambda each: each.append({"id": "bob"}, overtime=1),
    "append with an unhashable expected_seq": lambda each: each.append("bob", overtime=1, expected_seq=[1]),
    "append with a text for expected_seq": lambda each: each.append("bob", overtime=1, expected_seq="1"),
    "append with a float for expected_seq": lambda each: each.append("bob", overtime=1, expected_seq=1.0),
    "append with True for expected_seq": lambda each: each.append("bob", overtime=1, expected_seq=True),
    "append with a negative expected_seq": lambda each: each.append("bob", overtime=1, expected_seq=-1),
    "append with an odd event_meta": lambda each: each.append("bob", overtime=1, event_meta=[1]),
    "states of a number": lambda each: list(each.states(5)),
    "states of unhashable contexts": lambda each: list(each.states([["bob"]])),
    "states of sets": lambda each: list(each.states([{1}])),
    "states of None in a list": lambda each: list(each.states([None])),
    "state of a list": lambda each: each.state(["bob"]),
    "state of a dict": lambda each: each.state({}),
    "state at a text": lambda each: each.state("bob", at="now"),
    "state at a list": lambda each: each.state("bob", at=[1]),
    "history of a list": lambda each: list(each.history(["bob"])),
    "history after None": lambda each: list(each.history("bob", after=None)),
    "history after a list": lambda each: list(each.history("bob", after=[1])),
    "history after a float": lambda each: list(each.history("bob", after=1.0)),
    "feed after a list": lambda each: each.feed(after=[1]),
    "feed after a dict": lambda each: each.feed(after={}),
    "feed after an object": lambda each: each.feed(after=object()),
    "feed with a limit of None": lambda each: each.feed(limit=None),
    "feed with a limit of a text": lambda each: each.feed(limit="5"),
    "feed with a limit of a list": lambda each: each.feed(limit=[5]),
    "snapshot of a list": lambda each: each.snapshot(["bob"]),
    "snapshot of None": lambda each: each.snapshot(None),
    "erase of a list": lambda each: each.erase(["bob"]),
    "erase of None": lambda each: each.erase(None),
    "restore of a list": lambda each: each.restore(["bob"]),
    "redact in a list": lambda each: each.redact(["bob"], 1, "overtime", reason="asked"),
    "redact of a list": lambda each: each.redact("bob", 1, ["overtime"], reason="asked"),
    "redact of None": lambda each: each.redact("bob", 1, None, reason="asked"),
    "redact at a list": lambda each: each.redact("bob", [1], "overtime", reason="asked"),
    "redact with a reason of None": lambda each: each.redact("bob", 1, "overtime", reason=None),
    "redact with an odd event_meta": lambda each: each.redact("bob", 1, "overtime", reason="asked", event_meta=5),
    "append_many with progress": lambda each: each.append_many([GOOD], progress=5),
    "snapshots with progress": lambda each: each.snapshots(progress="x"),
    "archive with progress": lambda each: each.archive(keep=0, progress=[]),
    "restore with progress": lambda each: each.restore(progress=5),
    "restore one with progress": lambda each: each.restore("bob", progress=5),
}  # fmt: skip


def test_what_is_of_another_kind_is_refused_and_nothing_is_written(opens, subtests):
    """Each store once: some sixty calls on tables of their own cost more than the rest of the folder."""
    employees = opens(Employee)
    employees.append("bob", overtime=1)
    for name, call in CALLS.items():
        with subtests.test(name):
            with pytest.raises((InvalidValue, UnknownField, ConcurrentAppend)):
                call(employees)
            with event_context(by="me"), pytest.raises((InvalidValue, UnknownField, ConcurrentAppend)):
                call(employees)
            assert [each.context for each in employees.feed()] == ["bob"]


SAID = {
    "append_many of no iterable": r"append_many\(5\): an iterable of NewEvent",
    "append_many of numbers": r"append_many\(\): 5 is no event: a NewEvent was expected",
    "append_many of fields that are none": r"NewEvent\(fields=5\): a dict",
    "append with an unhashable expected_seq": r"expected_seq=\[1\]\): a seq \(an int\)",
    "states of a number": r"states\(5\): an iterable of contexts",
    "redact of a list": r"\['overtime'\]",
    "redact with an odd event_meta": r"redact\(event_meta=5\): a dict",
    "restore with progress": "progress=5: a function was expected",
}


def test_the_refusal_says_what_was_expected(opens, subtests):
    employees = opens(Employee)
    for name, said in SAID.items():
        with subtests.test(name), pytest.raises((InvalidValue, UnknownField), match=said):
            CALLS[name](employees)
