"""What is promised of erasing, redacting, following and copying."""

from collections import Counter

from tests.histories.promises.history import History, Violations, described, promise


@promise
def erased_stays_erased(history: History) -> Violations:
    """What was erased has no events and no state, and takes no append from then on."""
    erased = {
        c.context: float(c.ended or 0) for c in history.calls if c.kind == "erase" and c.done and c.found
    }
    fed = {entry.context for entry in history.log.feed}
    for context in map(str, erased):
        if history.log.histories.get(context) or history.log.states.get(context) or context in fed:
            yield f"{context} is there again: {history.log.states.get(context)}"
    for call in history.calls:
        since = erased.get(call.context)
        if since is None or not call.done or call.begun < since:
            continue
        if call.kind != "erase" and (call.wrote or any(filter(None, call.found or []))):
            yield f"{described(call)}: wrote {call.wrote}, found {call.found}, of what was erased before"


@promise
def redactions_hold(history: History) -> Violations:
    """A field that was redacted is gone from its event, wherever that is moved; the event that tells of it stays."""
    for call in history.kept():
        entries = history.log.histories.get(str(call.context), [])
        if call.kind == "redact" and call.wrote:
            seq = call.wrote[0].seq or 0
            if call.found > len(entries) or entries[call.found - 1].note is not None:
                yield f"{described(call)}: the note of {call.found} is there"
            if seq > len(entries) or not entries[seq - 1].tells:
                yield f"{described(call)}: {seq} does not tell of it"


@promise
def subscriptions_handled_each_event(history: History) -> Violations:
    """A subscription handled each event in the order of the feed: once in its database, at least once elsewhere."""
    final = [(e.context, e.seq) for e in history.log.feed if e.context not in history.buried]
    if history.log.handled is not None:
        handled = [each for each in history.log.handled if each[0] not in history.buried]
        if handled != final:
            skipped = [each for each in final if each not in set(handled)]
            twice = [each for each, times in Counter(handled).items() if times > 1]
            yield f"of {len(final)} events skipped {skipped[:5]}, handled twice {twice[:5]}, {len(handled)} in all"
        return
    known = {(each.context, each.seq) for each in history.record.handled}
    skipped = [each for each in final if each not in known]
    if skipped:
        yield f"of {len(final)} events skipped {skipped[:5]}"


@promise
def copies_hold_each_event_once(history: History) -> Violations:
    """However many copy at once, and are killed, the copy has each stream as the source has it."""
    for context, entries in (history.log.copied or {}).items():
        there = [(entry.seq, entry.mark) for entry in entries]
        expected = [(entry.seq, entry.mark) for entry in history.log.histories.get(context, [])]
        if there != expected:
            yield f"{context}: {len(there)} events in the copy, {len(expected)} in the source"
