"""The checker itself: a record that keeps every promise has no violation, and each promise is broken by one small change."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.histories.log import Entry, Log, State
from tests.histories.promises import PROMISES, History, violations
from tests.histories.record import Call, Handled, Page, Place, Record

A1 = Entry(1, "a", 1, "w.1", total=2, note="secret")
B1 = Entry(2, "b", 1, "w.2", total=1, bucket="x")
A2 = Entry(3, "a", 2, "s.1", total=3)
A3 = Entry(4, "a", 3, ends=True)
FEED = [A1, B1, A2, A3]


def call(kind: str, begun: float, **told: object) -> Call:
    return Call("w", int(begun), kind, begun, ended=begun + 0.5, **{"outcome": "done", **told})


def sound() -> History:
    """Two streams: one is changed in a session and then deleted; everything that was told is true."""
    calls = [
        call("append", 1, context="a", together=["w.1"], wrote=[Place("a", 1, "w.1")]),
        call("batch", 2, together=["w.2"], wrote=[Place("b", None, "w.2")]),
        call("state", 3, context="a", found=[["a", 1, 2, "w.1"]]),
        call(
            "change",
            4,
            context="a",
            together=["s.1"],
            wrote=[Place("a", 2, "s.1")],
            expected={"a": 1},
            own=False,
        ),
        call("savepoint", 5, undone=["s.2"], own=False),
        call("write_beside", 6, together=["s.3"], ledger="s.3", outcome="undone", own=False),
        call("history", 7, context="a", asked=0, found=[[1, "w.1"], [2, "s.1"]]),
        call("delete", 8, context="a", wrote=[Place("a", 3)], expected={"a": 2}, own=False),
        call("erase", 9, context="grave", found=4),
        call("append", 10, context="grave", together=["w.3"], outcome="erased"),
        call("verify", 11, found=[]),
    ]
    pages = [
        Page("f", 3, [(e.position, e.context, e.seq, e.mark) for e in FEED[:3]]),
        Page("f", 3, [(A3.position, "a", 3, None)]),
    ]
    log = Log(
        feed=list(FEED),
        histories={"a": [A1, A2, A3], "b": [B1], "grave": []},
        states={"a": None, "b": State("b", 1, 1, "w.2"), "grave": None},
        pasts={("a", 1): State("a", 1, 2, "w.1", "secret")},
        views={"x": 1},
        ledger=[],
        handled=[(e.context, e.seq) for e in FEED],
        copied={"a": [A1, A2, A3], "b": [B1]},
    )
    return History(Record(calls, pages), log)


def call_of(history: History, kind: str) -> Call:
    return next(each for each in history.calls if each.kind == kind)


Breaks = Callable[[History], object]
BREAKS: list[tuple[str, str, Breaks]] = [
    ("acknowledged_events_are_there_once", "an event is lost", lambda h: h.log.histories["b"].clear()),
    (
        "acknowledged_events_are_there_once",
        "it stands at another seq",
        lambda h: call_of(h, "append").wrote.append(Place("a", 2, "w.1")),
    ),
    (
        "no_event_is_there_twice",
        "an event is doubled",
        lambda h: h.log.histories["b"].append(replace(B1, seq=2)),
    ),
    (
        "no_event_is_there_twice",
        "a repeated batch writes",
        lambda h: h.calls.append(call("batch_again", 12, found=1)),
    ),
    (
        "calls_that_raised_left_nothing",
        "a conflict wrote",
        lambda h: h.calls.append(call("expect", 12, together=["w.1"], outcome="conflict")),
    ),
    (
        "batches_are_whole",
        "a killed batch wrote a part",
        lambda h: h.calls.append(call("batch", 12, together=["w.2", "w.9"], outcome="unknown")),
    ),
    (
        "what_was_rolled_back_is_not_there",
        "a savepoint stays",
        lambda h: h.log.histories["b"].append(replace(B1, seq=2, mark="s.2")),
    ),
    (
        "sessions_are_one_transaction",
        "the event stays without its row",
        lambda h: h.log.histories["b"].append(replace(B1, seq=2, mark="s.3")),
    ),
    ("sessions_are_one_transaction", "the row stays alone", lambda h: h.log.ledger.append("s.3")),
    ("expected_seqs_held", "an update is lost", lambda h: call_of(h, "change").expected.update(a=0)),
    (
        "ends_are_there",
        "a deletion ended nothing",
        lambda h: call_of(h, "delete").wrote.append(Place("a", 2)),
    ),
    ("the_log_can_be_read", "it is refused", lambda h: setattr(h.log, "unreadable", "OsirisError: …")),
    ("seqs_have_no_gap", "a seq is missing", lambda h: h.log.histories["a"].remove(A2)),
    ("histories_are_the_feed", "the feed skips", lambda h: h.log.feed.remove(B1)),
    (
        "histories_are_the_feed",
        "the feed turns two round",
        lambda h: h.log.feed.__setitem__(slice(None), [A2, A1, B1, A3]),
    ),
    ("the_log_verifies", "a snapshot differs", lambda h: h.log.misfolded.append("b: total")),
    ("the_log_verifies", "it differed meanwhile", lambda h: call_of(h, "verify").found.append("b: total")),
    ("states_are_folds", "a sum is wrong", lambda h: h.log.states.update(b=State("b", 1, 2, "w.2"))),
    ("states_are_folds", "the past is wrong", lambda h: h.log.pasts.update({("a", 1): None})),
    ("views_are_folds", "a group lacks an event", lambda h: h.log.views.update(x=0)),
    ("readers_saw_the_feed", "a reader skipped", lambda h: h.record.pages[0].events.pop(1)),
    ("readers_saw_the_feed", "a reader went back", lambda h: h.record.pages.reverse()),
    (
        "readers_saw_the_feed",
        "a page is too long",
        lambda h: h.record.pages.append(Page("g", 0, [(1, "a", 1, "w.1")])),
    ),
    (
        "states_read_are_folds",
        "a sum was wrong",
        lambda h: call_of(h, "state").found.append(["b", 1, 7, "w.2"]),
    ),
    (
        "reads_are_recent",
        "a read was late",
        lambda h: (
            h.calls.append(call("state", 5, context="b", found=[None]))
            or h.calls.append(call("append", 3, context="b", wrote=[Place("b", 1, "w.2")]))
        ),
    ),
    ("histories_read_are_whole", "a history had a hole", lambda h: call_of(h, "history").found.pop(0)),
    (
        "erased_stays_erased",
        "it is there again",
        lambda h: h.log.states.update(grave=State("grave", 1, 1, "w.3")),
    ),
    (
        "erased_stays_erased",
        "it takes an append",
        lambda h: h.calls.append(call("append", 12, context="grave", wrote=[Place("grave", 6, "w.4")])),
    ),
    (
        "redactions_hold",
        "the note is there",
        lambda h: h.calls.append(call("redact", 12, context="a", found=1, wrote=[Place("a", 2)])),
    ),
    ("subscriptions_handled_each_event", "one was skipped", lambda h: h.log.handled.pop(1)),
    ("subscriptions_handled_each_event", "one was handled twice", lambda h: h.log.handled.append(("a", 3))),
    ("copies_hold_each_event_once", "a stream is doubled", lambda h: h.log.copied["b"].append(B1)),
    (
        "only_what_may_be_raised_was",
        "a KeyError",
        lambda h: h.calls.append(call("append", 12, outcome="other", error="KeyError: 'a'")),
    ),
    ("no_worker_died", "one died", lambda h: h.record.deaths.append("Traceback …")),
]


def test_a_sound_history_has_no_violation() -> None:
    assert violations(sound()) == {}


@pytest.mark.parametrize(
    ("promise", "how", "breaks"), BREAKS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_broken_promise_is_found(promise: str, how: str, breaks: Breaks) -> None:
    history = sound()
    breaks(history)
    assert promise in violations(history)


def test_every_promise_is_broken_once() -> None:
    assert {promise for promise, _, _ in BREAKS} == {promise.__name__ for promise in PROMISES}


def test_a_lost_connection_leaves_both_outcomes_open() -> None:
    history = sound()
    history.record.calls.append(call("append", 12, context="b", together=["w.2"], outcome="lost"))
    history.record.calls.append(call("append", 13, context="b", together=["w.9"], outcome="unknown"))
    assert violations(history) == {}


def test_without_transactions_a_subscription_may_handle_an_event_again() -> None:
    history = sound()
    history.log.handled = None
    history.record.handled += [Handled(e.position, e.context, e.seq) for e in [*FEED, B1]]
    assert violations(history) == {}
    history.record.handled = [each for each in history.record.handled if each.context == "a"]
    assert violations(history).keys() == {"subscriptions_handled_each_event"}
