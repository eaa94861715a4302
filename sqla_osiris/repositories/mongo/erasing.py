"""Erases a stream: its key, events and snapshot go, and a tombstone takes its next slot, so that nothing can follow."""

from typing import Any

from pymongo.errors import DuplicateKeyError

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.collections import Collections, aggregated
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.documents import slot_id
from sqla_osiris.steps import Steps

__all__ = ["erase", "erased"]


def erased(collections: Collections) -> Steps[list[Any]]:
    """The contexts of erased streams, as their users write them."""
    yield from collections.ready()
    cursor = collections.events.find({"erased": True}, {"_id": 0, "context": 1})
    found = yield cursor.to_list
    return [collections.documents.context_of(document["context"]) for document in found]


def erase(collections: Collections, context: Any, *, anyway: bool = False) -> Steps[int]:
    """Remove a stream for good; its tombstone takes the next slot, so that no append can follow. Returns how many events.

    ``anyway`` lays the tombstone where there is no stream, too.
    """
    yield from collections.ready()
    tombstone = yield from _lay_tombstone(collections, context, anyway=anyway)
    collections.seen.forget(collections.documents.key(context))
    if not tombstone:
        return 0
    if collections.log.encrypted:
        yield from collections.keys.destroy(collections.documents.key(context))
    yield from unpack(collections.events, context)
    # Every slot up to the tombstone stays taken for a day: a writer left behind finds none that is free.
    where = {"context": context, "seq": {"$lt": tombstone}, "recorded_at": {"$exists": True}}
    copied = yield from aggregated(collections.events, _also_in(collections.archive.name, where))
    erased = yield lambda: collections.events.update_many(where, pipelines.vacating())
    removed = yield lambda: collections.archive.delete_many({"context": context})
    # A snapshot that came furthest of all: whoever folded the stream before stores nothing over it.
    nothing = {"seq": tombstone, "recorded_at": 0, "fingerprint": 0}
    yield lambda: collections.snapshots.replace_one({"_id": context}, nothing, upsert=True)
    twice = copied[0]["events"] if copied else 0
    return int(erased.modified_count + removed.deleted_count - twice)


def _also_in(archive: str, where: dict[str, Any]) -> list[dict[str, Any]]:
    """Counts the events that an interrupted archive() left in both places."""
    lookup = {"from": archive, "localField": "_id", "foreignField": "_id", "as": "copy"}
    return [{"$match": where}, {"$lookup": lookup}, {"$match": {"copy": {"$ne": []}}}, {"$count": "events"}]


def _lay_tombstone(collections: Collections, context: Any, *, anyway: bool) -> Steps[int]:
    """Return the seq of the stream's tombstone; 0 where there is nothing to erase."""

    def attempt(_: int) -> Steps[int | None]:
        head = (yield from collections.heads([context]))[0]
        if head.erased:
            return int(head.seq)
        if not head.seq and not head.lost and not anyway:
            return 0
        seq = head.seq + 1
        tombstone = {"_id": slot_id(context, seq), "context": context, "seq": seq, "erased": True}
        try:
            yield lambda: collections.events.insert_one(tombstone)
        except DuplicateKeyError:
            return None
        return seq

    seq = yield from collections.retry(attempt)
    if seq is None:
        raise OsirisError(
            f"{collections.log.model} {collections.documents.context_of(context)!r}: other writers were always faster "
            "than the erasure. Nothing was erased; stop them, or try again."
        )
    return seq
