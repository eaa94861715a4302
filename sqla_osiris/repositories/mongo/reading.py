"""How states and histories are read, a part at a time.

Events only move from the log to the archive, so whoever reads the log first and then the archive misses none; an event
met in both is one event.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import PyMongoError

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import Event
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.appending import snapshot_interval
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.folding import NOW, Moment, Read, fold_contexts, store_reads
from sqla_osiris.repositories.mongo.log import Log
from sqla_osiris.repositories.steps import Steps

__all__ = ["CONTEXTS_A_PART", "EVENTS_A_PART", "events_beyond", "fold_one", "next_states", "open_states"]

_logger = logging.getLogger("sqla_osiris.mongodb")

CONTEXTS_A_PART: Final = 500
EVENTS_A_PART: Final = 1_000


def fold_one(log: Log, context: Any, at: Moment) -> Steps[list[Read]]:
    """The fold of one context, if a stream lives there. Stores the snapshot that was missing, if the tail was long.

    It waits for the primary alone, and a failure is not the reader's: whoever may only read reads all the same.
    """
    yield from log.ready()
    reads = yield from fold_contexts(log, [context], at)
    interval = snapshot_interval(log.stream)
    if at == NOW and interval and reads and reads[0].behind >= interval:
        try:
            yield from store_reads(log, reads, confirmed_by=1)
        except (InvalidValue, PyMongoError) as error:
            _logger.warning("%s: a snapshot could not be stored: %s", log.stream.model, type(error).__name__)
    return reads


def open_states(log: Log) -> Steps[Any]:
    """A cursor over all contexts, for :func:`next_states`."""
    yield from log.ready()
    pipeline = pipelines.all_contexts(log.snapshots.name)
    cursor = yield lambda: log.events.aggregate(pipeline, allowDiskUse=True, batchSize=CONTEXTS_A_PART)
    return cursor


def next_states(log: Log, cursor: Any) -> Steps[list[Read] | None]:
    """The next states, or None at the end."""
    found: Sequence[dict[str, Any]] = yield lambda: cursor.to_list(CONTEXTS_A_PART)
    return (yield from fold_contexts(log, [document["c"] for document in found])) if found else None


def events_beyond(log: Log, context: Any, after: int) -> Steps[tuple[list[Event], bool]]:
    """The next events of a context beyond a seq, in order, and whether there may be more."""
    slots = yield from _slots(log, context, after)
    if any("batch" in slot for slot in slots):
        yield from unpack(log.events, context)
        slots = yield from _slots(log, context, after)
    full = len(slots) == EVENTS_A_PART
    if slots and slots[-1].get("erased"):
        return [], False
    found = {slot["seq"]: slot for slot in slots if "recorded_at" in slot}
    last = slots[-1]["seq"] if full else max(found, default=None)
    if last is None or len(found) < last - after:
        seqs = {"$gt": after} if last is None else {"$gt": after, "$lte": last}
        archived = yield from _listed(log.archive, {"context": context, "seq": seqs}, "seq")
        if len(archived) == EVENTS_A_PART:
            # What lies beyond these comes with the next part.
            full, reached = True, archived[-1]["seq"]
            found = {seq: slot for seq, slot in found.items() if seq <= reached}
        found = {slot["seq"]: slot for slot in archived} | found
    return [log.documents.event(found[seq]) for seq in sorted(found)], full and bool(found)


def _slots(log: Log, context: Any, after: int) -> Steps[list[dict[str, Any]]]:
    return (yield from _listed(log.events, {"context": context, "seq": {"$gt": after}}, "seq"))


def _listed(collection: Any, where: dict[str, Any], order: str) -> Steps[list[dict[str, Any]]]:
    cursor = yield lambda: collection.find(where).sort(order, ASCENDING).limit(EVENTS_A_PART)
    found: list[dict[str, Any]] = yield cursor.to_list
    return found
