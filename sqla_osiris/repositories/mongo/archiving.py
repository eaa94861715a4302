"""Moves events to the archive, and back into their slots of the log.

Nothing makes two collections change at once (a standalone server has no transactions), so whoever archives, restores or
erases at the same time, or redacts (:mod:`.redacting`), must do no harm. An event counts how often it was restored: it
comes back with a greater count than its archived copy has, only copies of that count are deleted, and an archive() vacates
only events of the count that it has copied. So an event is in one of the two collections at least, whatever is interrupted
where. How a reader meets it once, :mod:`.feeding` says.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final

from pymongo import ASCENDING, DeleteOne, ReplaceOne
from pymongo.errors import BulkWriteError

from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.collections import CONTEXTS_A_PART, Collections
from sqla_osiris.repositories.mongo.documents import BESIDE, RESTORED
from sqla_osiris.repositories.mongo.erasing import erase
from sqla_osiris.repositories.mongo.failures import only_duplicates
from sqla_osiris.repositories.mongo.feeding import count_restore, sequence_all
from sqla_osiris.repositories.mongo.values import microseconds
from sqla_osiris.repositories.protocol import Report
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.steps import Steps

__all__ = ["archive", "restore"]

_EVENTS_A_MOVE: Final = 1_000


def archive(collections: Collections, limits: ArchiveLimits, report: Report) -> Steps[int]:
    """Move the events up to their snapshots, within these limits. Returns how many."""
    yield from collections.ready()
    yield from sequence_all(collections)
    moved = 0
    mine = {"fingerprint": collections.documents.fingerprint}
    cursor = yield lambda: collections.snapshots.find(mine, {"seq": 1}).batch_size(CONTEXTS_A_PART)
    while found := (yield lambda: cursor.to_list(CONTEXTS_A_PART)):
        for snapshot in found:
            part = yield from _archive_context(collections, snapshot["_id"], snapshot["seq"], limits)
            moved += part
            if part:
                report(moved)
    return moved


def _archive_context(
    collections: Collections, context: Any, folded: int, limits: ArchiveLimits
) -> Steps[int]:
    if limits.keep:
        head = (yield from collections.heads([context]))[0]
        folded = min(folded, head.seq - limits.keep)
    # What has no position yet stays: the archive's events keep theirs for ever.
    where: dict[str, Any] = {
        "context": context,
        "seq": {"$lte": folded},
        "recorded_at": {"$exists": True},
        "position": {"$exists": True},
    }
    if limits.before is not None:
        where["seq"] = {"$lt": (yield from _first_since(collections, context, folded, limits.before))}
    moved = 0
    while True:
        cursor = (
            yield lambda: (
                collections.events.find(where, {"_id": 1, RESTORED: 1})
                .sort("seq", ASCENDING)
                .limit(_EVENTS_A_MOVE)
            )
        )
        part = yield cursor.to_list
        if not part:
            return moved
        if not moved:
            yield lambda: collections.snapshots.update_one({"_id": context}, {"$set": {"moved": True}})
        for restored in {event.get(RESTORED) for event in part}:
            these = [event["_id"] for event in part if event.get(RESTORED) == restored]
            moved += yield from _move(collections, these, restored)


def _first_since(collections: Collections, context: Any, folded: int, before: datetime) -> Steps[int]:
    """The first seq that stays, as it was recorded at that moment or later: an archive takes a stream's beginning."""
    since = {"context": context, "seq": {"$lte": folded}, "recorded_at": {"$gte": microseconds(before)}}
    first = yield lambda: collections.events.find_one(since, {"seq": 1}, sort=[("seq", ASCENDING)])
    return int(first["seq"]) if first else folded + 1


def _move(collections: Collections, events: list[Any], restored: int | None) -> Steps[int]:
    """Copy these events, and vacate their slots then. Interrupted in between, the next archive() does both again.

    An event that was restored or redacted meanwhile says so in its counter, and is left where it is.
    """
    these = {"_id": {"$in": events}, "recorded_at": {"$exists": True}, RESTORED: restored}
    newest = pipelines.newest_copy(RESTORED)
    copy = [
        {"$match": these},
        {"$merge": {"into": collections.archive.name, "on": "_id", "whenMatched": newest}},
    ]
    cursor = yield partial(collections.events.aggregate, copy)
    yield cursor.to_list
    done = yield partial(collections.events.update_many, these, pipelines.vacating("event_id", RESTORED))
    return int(done.modified_count)


def restore(collections: Collections, context: Any, report: Report) -> Steps[int]:
    """Move archived events back: one stream's, or all (``context`` None). Returns how many."""
    yield from collections.ready()
    restored, last = 0, None
    while True:
        where: dict[str, Any] = {BESIDE: {"$exists": False}}
        if context is not None:
            where["context"] = context
        if last is not None:
            where["_id"] = {"$gt": last}
        cursor = yield partial(_next, collections, where)
        archived = yield cursor.to_list
        if not archived:
            return restored
        restored += yield from _move_back(collections, archived)
        last = archived[-1]["_id"]
        report(restored)


def _next(collections: Collections, where: dict[str, Any]) -> Any:
    return collections.archive.find(where).sort("_id", ASCENDING).limit(_EVENTS_A_MOVE)


def _move_back(collections: Collections, archived: list[dict[str, Any]]) -> Steps[int]:
    back = [ReplaceOne(_slot(event), _restored(event), upsert=True) for event in archived]
    try:
        yield lambda: collections.events.bulk_write(back, ordered=False)
    except BulkWriteError as error:
        # The event is there with a greater count: a restore() was interrupted after this step.
        if not only_duplicates(error):
            raise
    yield from _erase_again(collections, archived)
    yield from count_restore(collections)
    copies = [DeleteOne({"_id": event["_id"], RESTORED: event.get(RESTORED)}) for event in archived]
    deleted = yield lambda: collections.archive.bulk_write(copies, ordered=False)
    return int(deleted.deleted_count)


def _slot(event: dict[str, Any]) -> dict[str, Any]:
    """The event's slot: vacated, or holding the very event, which an interrupted archive() leaves.

    A slot that is vacated for a greater count waits for an event that was redacted meanwhile.
    """
    vacated = {"recorded_at": {"$exists": False}, RESTORED: {"$not": {"$gt": event.get(RESTORED) or 0}}}
    return {"_id": event["_id"], "$or": [{RESTORED: event.get(RESTORED)}, vacated]}


def _restored(event: dict[str, Any]) -> dict[str, Any]:
    return event | {RESTORED: (event.get(RESTORED) or 0) + 1}


def _erase_again(collections: Collections, archived: list[dict[str, Any]]) -> Steps[None]:
    """Erase what an erasure left that ran meanwhile: it may have passed the slots before they were filled again."""
    contexts: list[Any] = []
    for event in archived:
        if event["context"] not in contexts[-1:]:
            contexts.append(event["context"])
    heads = yield from collections.heads(contexts)
    for context, head in zip(contexts, heads, strict=True):
        if head.erased:
            yield from erase(collections, context)
