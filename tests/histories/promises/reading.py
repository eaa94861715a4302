"""What is promised to who reads beside writers."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from tests.histories.log import Entry, State, fold
from tests.histories.promises.history import History, Violations, abridged, described, promise
from tests.histories.record import Call, Page


@promise
def readers_saw_the_feed(history: History) -> Violations:
    """Every reader of the feed saw its beginning, in order: nothing was skipped, nothing appeared behind it."""
    readers: dict[str, list[Page]] = defaultdict(list)
    for page in history.record.pages:
        readers[page.reader].append(page)
    final = [(e.position, e.context, e.seq, e.mark) for e in history.log.feed]
    for reader, pages in readers.items():
        yield from _as_the_feed(
            history, reader, [tuple(event) for page in pages for event in page.events], final
        )
        for page in pages:
            if len(page.events) > page.limit:
                yield f"{reader}: {len(page.events)} events in a page of {page.limit}"


def _as_the_feed(history: History, reader: str, read: list[Any], final: list[Any]) -> Violations:
    positions = [event[0] for event in read]
    if any(left >= right for left, right in pairwise(positions)):
        yield f"{reader}: positions do not rise"
    if not read:
        return
    there = [event for event in final if event[0] <= positions[-1] and event[1] not in history.buried]
    read = [event for event in read if event[1] not in history.buried]
    if read != there:
        skipped, others = sorted(set(there) - set(read)), sorted(set(read) - set(there))
        yield f"{reader}: of {len(there)} events skipped {skipped[:4]}, read others {others[:4]}"


@promise
def states_read_are_folds(history: History) -> Violations:
    """A state that was read beside writers is the fold of its history up to its seq."""
    for call in history.kept():
        if call.kind in {"state", "states"}:
            for found in filter(None, call.found):
                yield from _misread(history, call, found, history.log.histories.get(found[0], [])[: found[1]])
        if call.kind == "state_at":
            known = history.log.histories.get(str(call.context), [])[: call.asked]
            yield from _misread(history, call, call.found, known)


def _misread(history: History, call: Call, found: Any, known: list[Entry]) -> Violations:
    context = found[0] if found else call.context
    expected: State | None = fold(known)
    right = None if expected is None else [expected.context, expected.seq, expected.total, expected.mark]
    if context not in history.buried and found != right:
        yield f"{described(call)}: {found}, of its history {right}"


@promise
def reads_are_recent(history: History) -> Violations:
    """A state or history that is asked for after an event was acknowledged includes it."""
    acknowledged: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for call in history.kept():
        for place in call.wrote:
            there = history.places.get(place.mark or "", [])
            seq = place.seq or (there[0].seq if there else None)
            if seq is not None:
                acknowledged[place.context].append((float(call.ended or 0), seq))
    for call in history.kept():
        for context, seq in _reached(call).items():
            newest = max((at for when, at in acknowledged[context] if when < call.begun), default=0)
            if newest > seq and context not in history.buried and _lives(history, context, newest, seq):
                yield f"{described(call)}: read {context} at {seq} after {newest} was acknowledged"


def _reached(call: Call) -> dict[str, int]:
    """How far a read came, by context; 0: no stream lives."""
    if call.kind == "history":
        return {str(call.context): call.found[-1][0] if call.found else call.asked}
    if call.kind not in {"state", "states"}:
        return {}
    asked = [call.context] if call.kind == "state" else call.asked or []
    return dict.fromkeys(asked, 0) | {found[0]: found[1] for found in call.found if found}


def _lives(history: History, context: str, newest: int, seq: int) -> bool:
    """Whether reading no state was wrong: no end stands at or behind what was acknowledged."""
    return bool(seq) or not any(entry.ends for entry in history.log.histories.get(context, [])[newest - 1 :])


@promise
def histories_read_are_whole(history: History) -> Violations:
    """A history that was read beside writers has every event behind the seq that was asked for, up to where it ends."""
    for call in history.kept():
        if call.kind != "history":
            continue
        entries = history.log.histories.get(str(call.context), [])
        there = [[entry.seq, entry.mark] for entry in entries[call.asked :]]
        if call.found != there[: len(call.found)]:
            yield f"{described(call)}: {abridged(call.found)}"
