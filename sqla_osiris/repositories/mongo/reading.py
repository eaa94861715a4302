"""How states and histories are read, a part at a time.

The log is read first and then the archive, so that what archive() moves meanwhile is met; an event met in both is one
event. What restore() moves can be missed in both: its slot is then another one than it was, or is there where none was, and
both are read again (see :mod:`.feeding`, whose readers count).
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import PyMongoError

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.arriving import Take, in_pages
from sqla_osiris.repositories.mongo.collections import CONTEXTS_A_PART, Collections
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.documents import RESTORED
from sqla_osiris.repositories.mongo.folding import Read, fold_contexts
from sqla_osiris.repositories.mongo.snapshots import snapshot_interval, store_reads
from sqla_osiris.repositories.results import state_from
from sqla_osiris.schema.moments import Moment
from sqla_osiris.steps import Pages, Steps

__all__ = [
    "events_beyond",
    "history",
    "state",
    "states",
    "states_of",
    "stored_history",
]

_logger = logging.getLogger("sqla_osiris.mongodb")

_ATTEMPTS: Final = 64
_EVENTS_A_PART: Final = 1_000


def state(collections: Collections, context: Any, at: Moment | None) -> Steps[Any]:
    """The state of one context, if a stream lives there. Stores the snapshot that was missing, if the tail was long.

    It waits for the primary alone, and a failure is not the reader's: whoever may only read reads all the same.
    """
    yield from collections.ready()
    reads = yield from fold_contexts(collections, [context], at)
    interval = snapshot_interval(collections.log)
    if at is None and interval and reads and reads[0].behind >= interval:
        try:
            yield from store_reads(collections, reads, confirmed_by=1)
        except (InvalidValue, PyMongoError) as error:
            _logger.warning(
                "%s: a snapshot could not be stored: %s", collections.log.model, type(error).__name__
            )
    found = yield from _opened(collections, reads)
    return found[0] if found else None


def _opened(collections: Collections, reads: Sequence[Read]) -> Steps[list[Any]]:
    keys = [collections.documents.key(read.context) for read in reads]
    folds = {key: read.folded for key, read in zip(keys, reads, strict=True)}
    opened = yield from collections.keys.opened_folds(folds)
    return [state_from(collections.model, key, opened[key]) for key in keys if key in opened]


def states(collections: Collections) -> Pages[Any]:
    """The states of all live streams."""
    return in_pages(collections.taking_all(), CONTEXTS_A_PART, partial(_states_of, collections))


def states_of(collections: Collections, take: Take[Any]) -> Pages[Any]:
    """The states of these contexts in their order, without those where no stream lives."""

    def answer(contexts: list[Any]) -> Steps[list[Any]]:
        stored = [collections.context(context) for context in contexts]
        yield from collections.ready()
        return (yield from _states_of(collections, stored))

    return in_pages(take, CONTEXTS_A_PART, answer)


def _states_of(collections: Collections, contexts: list[Any]) -> Steps[list[Any]]:
    return (yield from _opened(collections, (yield from fold_contexts(collections, contexts))))


def history(collections: Collections, context: Any, after: int) -> Pages[Event]:
    """The events of a context beyond a seq, in order."""
    return collections.keys.opened_pages(stored_history(collections, context, after))


def stored_history(collections: Collections, context: Any, after: int) -> Pages[Event]:
    """The same with encrypted touches as they are stored."""
    more = True

    def page() -> Steps[list[Event]]:
        nonlocal after, more
        yield from collections.ready()
        part, more = yield from events_beyond(collections, context, after)
        after = part[-1].seq if part else after
        return part

    while more:
        yield page()


def events_beyond(collections: Collections, context: Any, after: int) -> Steps[tuple[list[Event], bool]]:
    """The next events of a context beyond a seq, in order, and whether there may be more. Raises OsirisError."""
    slots = yield from _slots(collections, context, after)
    for _ in range(_ATTEMPTS):
        if slots and slots[-1].get("erased"):
            return [], False
        if _is_whole(slots, after):
            return [collections.documents.event(slot) for slot in slots], len(slots) == _EVENTS_A_PART
        reach = slots[-1]["seq"] if len(slots) == _EVENTS_A_PART else None
        archived = yield from _archived(collections, context, after, reach)
        if len(archived) == _EVENTS_A_PART:
            # What lies beyond these comes with the next part.
            reach = archived[-1]["seq"]
        found = _up_to(reach, {slot["seq"]: slot for slot in (*archived, *slots) if "recorded_at" in slot})
        ends = reach is not None or bool(slots and "recorded_at" in slots[-1])
        if found and ends and len(found) == max(found) - after:
            return _in_order(collections, found), reach is not None
        before, slots = slots, (yield from _slots(collections, context, after))
        if not _missed(before, slots, found):
            if len(slots) == _EVENTS_A_PART:
                reach = min(slots[-1]["seq"], reach or slots[-1]["seq"])
            found = _up_to(reach, found)
            return _in_order(collections, found), reach is not None and bool(found)
    raise OsirisError(
        f"{collections.log.model} {collections.documents.context_of(context)!r}: events are moved between log and "
        "archive all the time. Stop what archives and restores, and read again."
    )


def _is_whole(slots: Sequence[dict[str, Any]], after: int) -> bool:
    """Whether these slots hold all events up to the last of them, and that is the stream's or the part's last one."""
    if not slots or slots[-1]["seq"] != after + len(slots):
        return False
    return all("recorded_at" in slot for slot in slots)


def _missed(
    before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]], found: Mapping[int, Any]
) -> bool:
    """Whether an event was restored before the archive was read: its slot says so, and did not before."""
    known = {slot["seq"]: slot for slot in before}
    return any(
        slot["seq"] not in found and RESTORED in slot and slot != known.get(slot["seq"]) for slot in now
    )


def _up_to(reach: int | None, found: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return found if reach is None else {seq: slot for seq, slot in found.items() if seq <= reach}


def _in_order(collections: Collections, found: Mapping[int, dict[str, Any]]) -> list[Event]:
    return [collections.documents.event(found[seq]) for seq in sorted(found)]


def _slots(collections: Collections, context: Any, after: int) -> Steps[list[dict[str, Any]]]:
    where = {"context": context, "seq": {"$gt": after}}
    slots: list[dict[str, Any]] = yield from _listed(collections.events, where, "seq")
    if any("batch" in slot for slot in slots):
        yield from unpack(collections.events, context)
        slots = yield from _listed(collections.events, where, "seq")
    return slots


def _archived(
    collections: Collections, context: Any, after: int, upto: int | None
) -> Steps[list[dict[str, Any]]]:
    seqs = {"$gt": after} if upto is None else {"$gt": after, "$lte": upto}
    return (yield from _listed(collections.archive, {"context": context, "seq": seqs}, "seq"))


def _listed(collection: Any, where: dict[str, Any], order: str) -> Steps[list[dict[str, Any]]]:
    cursor = yield lambda: collection.find(where).sort(order, ASCENDING).limit(_EVENTS_A_PART)
    found: list[dict[str, Any]] = yield cursor.to_list
    return found
