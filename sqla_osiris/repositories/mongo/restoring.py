"""Brings archived events back into their slots of the log.

Nothing makes two collections change at once (a standalone server has no transactions), so whoever archives, restores or
erases at the same time, or redacts (:mod:`.redacting`), must do no harm. An event counts how often it was restored: it
comes back with a greater count than its archived copy has, only copies of that count are deleted, and an archive() vacates
only events of the count that it has copied. So an event is in one of the two collections at least, whatever is interrupted
where. How a reader meets it once, :mod:`.moves` says.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from pymongo import ASCENDING, DeleteOne, ReplaceOne
from pymongo.errors import BulkWriteError

from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.repositories.mongo.documents import BESIDE, RESTORED
from sqla_osiris.repositories.mongo.failures import only_duplicates
from sqla_osiris.repositories.mongo.moves import count_restore
from sqla_osiris.repositories.mongo.upkeep import erase
from sqla_osiris.steps import Steps

__all__ = ["restore"]

_EVENTS_A_MOVE: Final = 1_000


def restore(collections: Collections, context: Any, progress: Callable[[int], object] | None) -> Steps[int]:
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
        restored += yield from _move(collections, archived)
        last = archived[-1]["_id"]
        if progress is not None:
            progress(restored)


def _next(collections: Collections, where: dict[str, Any]) -> Any:
    return collections.archive.find(where).sort("_id", ASCENDING).limit(_EVENTS_A_MOVE)


def _move(collections: Collections, archived: list[dict[str, Any]]) -> Steps[int]:
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
            yield from erase(collections, collections.documents.key(context), context)
