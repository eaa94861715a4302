"""What is promised to who writes."""

from collections import Counter

from tests.histories.log import fold
from tests.histories.promises.history import History, Violations, described, promise


@promise
def acknowledged_events_are_there_once(history: History) -> Violations:
    """Once a call has returned, each of its events is in the log, once, in its context, at the seq that it was told."""
    for call in history.kept():
        for place in call.wrote:
            if place.context in history.buried or place.mark is None:
                continue
            found = history.places.get(place.mark, [])
            where = [(entry.context, entry.seq) for entry in found]
            seq = place.seq or (found[0].seq if found else 0)
            if where != [(place.context, seq)]:
                yield f"{described(call)}: {place} is at {where}"


@promise
def no_event_is_there_twice(history: History) -> Violations:
    """However often a call is repeated with its event_id, by whomever, archived or not, there is one event."""
    for mark, found in history.places.items():
        if len(found) > 1:
            yield f"{mark} is at {[(entry.context, entry.seq) for entry in found]}"
    for call in history.kept():
        if call.kind == "batch_again" and call.found:
            yield f"{described(call)}: a repeated batch wrote {call.found} events"


@promise
def calls_that_raised_left_nothing(history: History) -> Violations:
    """A call that raised has written nothing; only where the connection was lost, nobody can say."""
    for call in history.calls:
        if call.done or call.open:
            continue
        if call.kind == "batch" and not history.log.atomic:
            continue
        marks = call.together + (call.maybe if call.own is False else [])
        left = [mark for mark in marks if history.is_there(mark)]
        if left:
            yield f"{described(call)}: {left} are there"


@promise
def batches_are_whole(history: History) -> Violations:
    """What is written together is there or not there, all of it: whatever was killed, cut or refused."""
    if not history.log.atomic:
        return
    for call in history.calls:
        there = [history.is_there(mark) for mark in call.together]
        if any(there) and not all(there) and call.context not in history.buried:
            yield f"{described(call)}: {sum(there)} of {len(there)} events are there"


@promise
def what_was_rolled_back_is_not_there(history: History) -> Violations:
    """A savepoint that was rolled back has written nothing."""
    for call in history.calls:
        left = [mark for mark in call.undone if history.is_there(mark)]
        if left:
            yield f"{described(call)}: {left} are there"


@promise
def sessions_are_one_transaction(history: History) -> Violations:
    """An append in a session is there exactly if the other rows of its transaction are."""
    if history.log.ledger is None:
        return
    rows = Counter(history.log.ledger)
    for call in history.calls:
        if call.ledger is not None and rows[call.ledger] != history.is_there(call.ledger):
            yield f"{described(call)}: {rows[call.ledger]} rows, event there: {history.is_there(call.ledger)}"


@promise
def expected_seqs_held(history: History) -> Violations:
    """A call that was acknowledged on what it had read at a seq wrote the next one: nobody's change was overwritten."""
    for call in history.kept():
        for place in call.wrote:
            expected = call.expected.get(place.context)
            if expected is None or place.seq is None or place.context in history.buried:
                continue
            before = history.log.histories.get(place.context, [])[: place.seq - 1]
            living = fold(before)
            if (living.seq if living else 0) != expected:
                yield f"{described(call)}: expected {expected}, wrote {place} behind {living}"


@promise
def ends_are_there(history: History) -> Violations:
    """A deletion that was acknowledged ended the stream at the seq behind the one that was read."""
    for call in history.kept():
        for place in call.wrote if call.kind == "delete" else []:
            entries = history.log.histories.get(place.context, [])
            if place.seq is None or place.seq > len(entries) or not entries[place.seq - 1].ends:
                yield f"{described(call)}: {place} ends nothing"
