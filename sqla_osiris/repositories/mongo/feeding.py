"""The feed's order, in which no event can appear behind one already read.

The reader gives the positions. An event is written without one; a feed that has read all positions gives the next ones
to events that it can see. What it cannot see yet gets a later position.

The order is decided by one document, ``{_id: "feed", position, batch: [_id, ...]}``: a batch of events takes the
positions up to ``position``. Whoever finds a batch there gives its events their positions, which anybody may repeat, and
replaces it by an empty one; the next batch is decided only onto an empty one, by compare-and-set. So an event is in one
batch, its position depends on nothing but that document, and a sequencer that was left behind can change nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import Event
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.log import Log, aggregated
from sqla_osiris.repositories.mongo.parts import in_parts
from sqla_osiris.repositories.steps import Steps

__all__ = ["feed", "sequence_all"]

_LEAST_BATCH, _GREATEST_BATCH = 1_000, 10_000
_THE_FEED: Final = {"_id": "feed"}

_UNDECODED: Final = CodecOptions(document_class=RawBSONDocument)
"""A page of documents decoded at once outgrows the processor's cache: one by one takes half the time."""


def feed(log: Log, after: Any, limit: Any) -> Steps[list[Event]]:
    """The events behind position ``after``, at most ``limit``."""
    if after is not None and (isinstance(after, bool) or not isinstance(after, int) or after < 0):
        raise InvalidValue(f"feed(after={after!r}): the position of an event was expected, or None.")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise InvalidValue(f"feed(limit={limit!r}): a number of events, 0 or more, was expected.")
    yield from log.ready()
    if not limit:
        return []  # to the server, no limit
    after = 0 if after is None else after
    decided = yield from _settled(log)
    found: list[Event] = []
    while True:
        found += yield from _positioned(log, after, decided, limit - len(found))
        if len(found) == limit:
            return found
        more = yield from _decide(log, decided, limit)
        if not more:
            return found
        after, decided = decided, (yield from _settled(log))


def sequence_all(log: Log) -> Steps[None]:
    """Give a position to every event that is there now."""
    while True:
        decided = yield from _settled(log)
        more = yield from _decide(log, decided, _GREATEST_BATCH)
        if not more:
            return


def _settled(log: Log) -> Steps[int]:
    """The last position that was decided; all events up to it have theirs."""
    document = yield lambda: log.feed.find_one(_THE_FEED)
    if document is None:
        return 0
    position = int(document["position"])
    if document.get("batch"):
        yield from aggregated(log.feed, pipelines.given_positions(log.events.name, position))
        yield lambda: log.feed.update_one({**_THE_FEED, "position": position}, {"$set": {"batch": []}})
    return position


def _decide(log: Log, position: int, asked: int) -> Steps[bool]:
    """Decide the next batch, of as many events as are asked for; False where no event waits for a position."""
    waiting = yield from _waiting(log, min(max(asked, _LEAST_BATCH), _GREATEST_BATCH))
    if not waiting:
        return False
    batch = next(in_parts((event["_id"] for event in waiting), len(waiting)))
    decided = {"position": position + len(batch), "batch": batch}
    seen = {**_THE_FEED, "position": position} | ({"batch": []} if position else {})
    # The first batch makes the document: where another sequencer was faster, that meets the _id.
    with suppress(DuplicateKeyError):
        yield lambda: log.feed.update_one(seen, {"$set": decided}, upsert=position == 0)
    return True


def _waiting(log: Log, at_most: int) -> Steps[Sequence[dict[str, Any]]]:
    """Events without a position, of each context a stretch without a hole, in an order that keeps each context's.

    A scan can miss an event that is inserted behind it, and see the next one of the same context. A second scan cannot
    miss what came before an event that the first one saw: so that is how far each context is taken.
    """
    first = yield from _scan(log, at_most)
    if not first:
        return []
    packed = [slot["context"] for slot in first if slot.get("packed")]
    for context in packed:
        yield from unpack(log.events, context)
    reached: dict[Any, int] = {}
    for slot in first:
        key = log.documents.key(slot["context"])
        reached[key] = max(slot["unsequenced"], reached.get(key, 0))
    second = yield from _scan(log, at_most)
    latest: dict[Any, int] = {}
    taken = []
    for slot in second:
        key = log.documents.key(slot["context"])
        if slot["unsequenced"] <= reached.get(key, 0):
            # In the order of time, as far as a context's own order lets it.
            latest[key] = max(slot["recorded_at"], latest.get(key, 0))
            taken.append((latest[key], slot))
    return [slot for _, slot in sorted(taken, key=lambda pair: pair[0])]


def _scan(log: Log, at_most: int) -> Steps[list[dict[str, Any]]]:
    """The waiting events with the smallest seqs: those of a context cannot come before their predecessors."""
    return (
        yield from aggregated(
            log.events,
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
            ],
            hint="osiris_unsequenced",
            batchSize=at_most + 1,
        )
    )


def _positioned(log: Log, after: int, decided: int, limit: int) -> Steps[list[Event]]:
    """The events with these positions; the log is read first, as events only move from it to the archive."""
    between = {"position": {"$gt": after, "$lte": decided}}
    found: dict[int, Event] = {}
    for collection in (log.events, log.archive):
        cursor = yield partial(
            collection.with_options(codec_options=_UNDECODED).find,
            between,
            {"_id": 0},
            sort=[("position", ASCENDING)],
            limit=limit,
            batch_size=limit,
        )
        documents = yield cursor.to_list
        events = (log.documents.event(decode(document.raw)) for document in documents)
        found = {event.position: event for event in events} | found
        if len(found) == min(limit, decided - after):
            break  # no position is missing
    return [found[position] for position in sorted(found)[:limit]]
