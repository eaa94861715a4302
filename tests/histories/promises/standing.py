"""What is promised of the log as it stands."""

from collections import Counter, defaultdict

from tests.histories.log import Entry, fold
from tests.histories.promises.history import History, Violations, abridged, described, promise


@promise
def the_log_can_be_read(history: History) -> Violations:
    """Whatever came before, the log is not refused."""
    if history.log.unreadable:
        yield history.log.unreadable


@promise
def seqs_have_no_gap(history: History) -> Violations:
    """The events of a context are numbered 1, 2, 3 … without a gap."""
    for context, entries in history.log.histories.items():
        seqs = [entry.seq for entry in entries]
        if seqs != list(range(1, len(seqs) + 1)):
            yield f"{context}: {abridged(seqs)}"


@promise
def histories_are_the_feed(history: History) -> Violations:
    """The feed has the events of every history, in their order, and no others."""
    by_context: dict[str, list[Entry]] = defaultdict(list)
    for entry in history.log.feed:
        by_context[entry.context].append(entry)
    for context in by_context.keys() | history.log.histories.keys():
        entries, fed = history.log.histories.get(context, []), by_context.get(context, [])
        if entries != fed:
            missing = [entry.seq for entry in entries if entry not in fed]
            others = [entry.seq for entry in fed if entry not in entries]
            yield f"{context}: {len(entries)} told, {len(fed)} fed; the feed lacks {missing[:20]}, has also {others[:20]}"


@promise
def the_log_verifies(history: History) -> Violations:
    """verify() finds no difference: neither at the end nor beside writers."""
    yield from history.log.misfolded
    for call in history.calls:
        if call.kind == "verify" and call.found:
            yield f"{described(call)}: {call.found[:3]}"


@promise
def states_are_folds(history: History) -> Violations:
    """A state is the fold of its history, now and at every seq: snapshots, archive, restore, redaction change nothing."""
    for context, entries in history.log.histories.items():
        if fold(entries) != history.log.states.get(context):
            yield f"{context}: {history.log.states.get(context)}, of its history {fold(entries)}"
    for (context, seq), state in history.log.pasts.items():
        expected = fold(history.log.histories[context][:seq])
        if state != expected:
            yield f"{context} at {seq}: {state}, of its history {expected}"


@promise
def views_are_folds(history: History) -> Violations:
    """A view is the fold of the events that touch its key, whatever of it was stored, archived or erased."""
    expected: Counter[str] = Counter()
    for entry in history.log.feed:
        if entry.bucket is not None:
            expected[entry.bucket] += entry.total
    if history.log.views is not None and history.log.views != dict(expected):
        yield f"{history.log.views}, of the log {dict(expected)}"
