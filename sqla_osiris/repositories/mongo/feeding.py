"""The feed's order, in which no event can appear behind one already read.

The reader gives the positions. An event is written without one; a feed that has read all positions gives the next ones
to events that it can see. What it cannot see yet gets a later position.

The order is decided by one document, ``{_id: "feed", position, batch: [_id, ...]}``: a batch of events takes the
positions up to ``position``. Whoever finds a batch there gives its events their positions, which anybody may repeat, and
replaces it by an empty one; the next batch is decided only onto an empty one, by compare-and-set. So an event is in one
batch, its position depends on nothing but that document, and a sequencer that was left behind can change nothing.

Whoever reads the log first and then the archive misses no event that archive() moves: it is copied before its slot is
vacated. What restore() moves can be missed in both. So restore() counts, in the same document: it fills the slots, counts,
and deletes the copies. A reader who has missed an event looked into the archive after that deletion, and into the log before
the slot was filled: the count has grown from before the one to after the other. Where it has not, the event was erased.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.collections import Collections, aggregated
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.schema.checks import refuse_limit, refuse_unreached
from sqla_osiris.steps import Steps

__all__ = ["count_restore", "feed", "sequence_all"]

_THE_FEED: Final = {"_id": "feed"}

_RESTORES: Final = "restores"
"""How often restore() moved events, in the feed's document."""

_LEAST_BATCH, _GREATEST_BATCH = 1_000, 10_000

_UNDECODED: Final = CodecOptions(document_class=RawBSONDocument)
"""A page of documents decoded at once outgrows the processor's cache: one by one takes half the time."""


@dataclass(frozen=True, slots=True)
class _Order:
    """The last position that was decided, and how often restore() had moved events by then."""

    position: int
    restores: int


def feed(collections: Collections, after: Any, limit: Any) -> Steps[list[Event]]:
    """The events behind position ``after``, at most ``limit``. Raises OsirisError for a position that was never given."""
    if after is not None and (isinstance(after, bool) or not isinstance(after, int) or after < 0):
        raise InvalidValue(f"feed(after={after!r}): the position of an event was expected, or None.")
    refuse_limit(limit)
    yield from collections.ready()
    if not limit:
        return []  # to the server, no limit
    order = yield from _settled(collections)
    after = 0 if after is None else after
    refuse_unreached(collections.log.model, after, order.position)
    found: list[Event] = []
    while True:
        found += yield from _positioned(collections, after, order, limit - len(found))
        if len(found) == limit or not (yield from _decide(collections, order.position, limit)):
            return (yield from collections.keys.opened(found))
        after, order = order.position, (yield from _settled(collections))


def sequence_all(collections: Collections) -> Steps[None]:
    """Give a position to every event that is there now."""
    while True:
        order = yield from _settled(collections)
        more = yield from _decide(collections, order.position, _GREATEST_BATCH)
        if not more:
            return


def _settled(collections: Collections) -> Steps[_Order]:
    """The order that was decided; all events up to that position have theirs."""
    document = yield lambda: collections.feed.find_one(_THE_FEED)
    order = _order(document)
    if document is not None and document.get("batch"):
        yield from aggregated(
            collections.feed, pipelines.given_positions(collections.events.name, order.position)
        )
        yield lambda: collections.feed.update_one(
            {**_THE_FEED, "position": order.position}, {"$set": {"batch": []}}
        )
    return order


def _order(document: dict[str, Any] | None) -> _Order:
    found = document or {}
    return _Order(int(found.get("position") or 0), int(found.get(_RESTORES) or 0))


def _decide(collections: Collections, position: int, asked: int) -> Steps[bool]:
    """Decide the next batch, of as many events as are asked for; False where no event waits for a position."""
    waiting, ahead = yield from _waiting(
        collections, min(max(asked, _LEAST_BATCH), _GREATEST_BATCH), position
    )
    if ahead > position:
        now = _order((yield lambda: collections.feed.find_one(_THE_FEED)))
        if now.position < ahead:
            raise _behind(collections, now.position, ahead)
        return True  # another sequencer was faster
    if not waiting:
        return False
    batch = next(pipelines.in_parts((event["_id"] for event in waiting), len(waiting)))
    decided = {"position": position + len(batch), "batch": batch}
    seen = {**_THE_FEED, "position": position} | ({"batch": []} if position else {})
    # The first batch makes the document: where another sequencer was faster, that meets the _id.
    with suppress(DuplicateKeyError):
        yield lambda: collections.feed.update_one(seen, {"$set": decided}, upsert=position == 0)
    return True


def _waiting(
    collections: Collections, at_most: int, position: int
) -> Steps[tuple[Sequence[dict[str, Any]], int]]:
    """Events without a position, of each context a stretch without a hole, in an order that keeps each context's.

    With them comes the greatest position beyond ``position`` that an event has already, 0 where none has.

    A scan can miss an event that is inserted behind it, and see the next one of the same context. A second scan cannot
    miss what came before an event that the first one saw: so that is how far each context is taken.
    """
    scanned = yield from _scan(
        collections,
        at_most,
        *pipelines.positions_beyond(collections.events.name, collections.archive.name, position),
    )
    first = [slot for slot in scanned if "ahead" not in slot]
    ahead = max((int(slot["ahead"]) for slot in scanned if "ahead" in slot), default=0)
    if not first:
        return [], ahead
    packed = [slot["context"] for slot in first if slot.get("packed")]
    for context in packed:
        yield from unpack(collections.events, context)
    reached: dict[Any, int] = {}
    for slot in first:
        key = collections.documents.key(slot["context"])
        reached[key] = max(slot["unsequenced"], reached.get(key, 0))
    second = yield from _scan(collections, at_most)
    latest: dict[Any, int] = {}
    taken = []
    for slot in second:
        key = collections.documents.key(slot["context"])
        if slot["unsequenced"] <= reached.get(key, 0):
            # In the order of time, as far as a context's own order lets it.
            latest[key] = max(slot["recorded_at"], latest.get(key, 0))
            taken.append((latest[key], slot))
    return [slot for _, slot in sorted(taken, key=lambda pair: pair[0])], ahead


def _scan(collections: Collections, at_most: int, *beside: dict[str, Any]) -> Steps[list[dict[str, Any]]]:
    """The waiting events with the smallest seqs: those of a context cannot come before their predecessors."""
    return (
        yield from aggregated(
            collections.events,
            [
                {"$match": {"unsequenced": {"$exists": True}}},
                {"$sort": {"unsequenced": ASCENDING}},
                {"$limit": at_most},
                {
                    "$project": {
                        "context": 1,
                        "unsequenced": 1,
                        "recorded_at": 1,
                        "packed": {"$isArray": "$batch"},
                    }
                },
                *beside,
            ],
            hint="osiris_unsequenced",
            batchSize=at_most + 3,
        )
    )


def _positioned(collections: Collections, after: int, order: _Order, limit: int) -> Steps[list[Event]]:
    """The events behind ``after``, up to what is decided, at most ``limit``."""
    restores = order.restores
    if after == order.position:
        return []
    while True:
        found = yield from _page(collections, after, order.position, limit)
        if len(found) == min(limit, order.position - after) == max(found, default=after) - after:
            break  # no position is missing
        now = _order((yield lambda: collections.feed.find_one(_THE_FEED)))
        if now.restores == restores:
            break  # what is missing was erased
        restores = now.restores
    return [found[position] for position in sorted(found)]


def _page(collections: Collections, after: int, decided: int, limit: int) -> Steps[dict[int, Event]]:
    """The page by position, as it is seen in the log first and then in the archive.

    Positions have no holes but for erased events: so many of them are the page, and only what is missing in the log is
    looked for in the archive. Behind holes the page goes on, with as many events of each as are still wanted.
    """
    upto = min(after + limit, decided)
    found = yield from _between(collections, collections.events, after, upto, limit)
    if len(found) < upto - after:
        found |= (yield from _between(collections, collections.archive, after, upto, limit)) | found
    wanted = limit - len(found)
    if wanted and upto < decided:
        beyond = yield from _between(collections, collections.events, upto, decided, wanted)
        beyond |= (yield from _between(collections, collections.archive, upto, decided, wanted)) | beyond
        found |= {position: beyond[position] for position in sorted(beyond)[:wanted]}
    return found


def _between(
    collections: Collections, collection: Any, after: int, upto: int, limit: int
) -> Steps[dict[int, Event]]:
    """The first events of a collection with positions beyond ``after``, up to ``upto``."""
    limit = min(limit, upto - after)
    cursor = yield partial(
        collection.with_options(codec_options=_UNDECODED).find,
        {"position": {"$gt": after, "$lte": upto}},
        {"_id": 0},
        sort=[("position", ASCENDING)],
        limit=limit,
        batch_size=limit,
    )
    documents = yield cursor.to_list
    events = (collections.documents.event(decode(document.raw)) for document in documents)
    return {event.position: event for event in events}


def count_restore(collections: Collections) -> Steps[None]:
    """Count a restore: when restored events are in the log, and before they leave the archive."""
    counted = yield lambda: collections.feed.update_one(_THE_FEED, {"$inc": {_RESTORES: 1}})
    if not counted.matched_count:
        greatest = yield lambda: collections.archive.find_one({}, {"position": 1}, sort=[("position", -1)])
        raise _behind(collections, 0, int((greatest or {}).get("position") or 0))


def _behind(collections: Collections, position: int, ahead: int) -> OsirisError:
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
