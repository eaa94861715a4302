"""How a reader of log and archive notices that an event went from the one to the other meanwhile.

Whoever reads the log first and then the archive misses no event that archive() moves: it is copied before its slot is
vacated. What restore() moves can be missed in both. So restore() counts: it fills the slots, counts, and deletes the
copies. A reader who has missed an event looked into the archive after that deletion, and into the log before the slot was
filled: the count has grown from before the one to after the other.

The count is a part of the feed's document, which is there before anything is archived.
"""

from typing import Any, Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.steps import Steps

__all__ = ["RESTORES", "THE_FEED", "count_restore", "feed_is_behind"]

THE_FEED: Final = {"_id": "feed"}

RESTORES: Final = "restores"
"""How often restore() moved events, in the feed's document."""


def count_restore(collections: Collections) -> Steps[None]:
    """Count a restore: when restored events are in the log, and before they leave the archive."""
    counted = yield lambda: collections.feed.update_one(THE_FEED, {"$inc": {RESTORES: 1}})
    if not counted.matched_count:
        greatest = yield lambda: collections.archive.find_one({}, {"position": 1}, sort=[("position", -1)])
        raise feed_is_behind(collections, 0, int((greatest or {}).get("position") or 0))


def feed_is_behind(collections: Collections, position: int, ahead: int) -> OsirisError:
    """The error of a log whose feed's document was lost, or is older than the log."""
    collection = collections.feed.name
    command: Any = (
        f"db.getCollection({collection!r}).updateOne({{_id: 'feed'}}, "
        f"{{$set: {{position: Long('{ahead}'), batch: []}}}}, {{upsert: true}})"
    )
    return OsirisError(
        f"{collections.log.model}: the collection {collection!r} counts {position} positions, but an event of the log "
        f"has the position {ahead}: it was lost, or the log was restored without it. Positions would be given twice, "
        f"so the feed is not read and nothing is archived or restored. Restore the collection, or run in mongosh: "
        f"{command}; where a reader of the feed has seen a greater position, give that one instead."
    )
