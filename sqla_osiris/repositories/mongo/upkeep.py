"""Snapshots taken in bulk, events archived, streams erased, and snapshots verified."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import isclose
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from sqla_osiris import fold as folds
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.collections import Collections, aggregated
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.documents import REDACTING, RESTORED, slot_id
from sqla_osiris.repositories.mongo.feeding import sequence_all
from sqla_osiris.repositories.mongo.folding import fold_contexts, store_reads
from sqla_osiris.repositories.mongo.reading import CONTEXTS_A_PART, all_contexts, events_beyond
from sqla_osiris.repositories.mongo.values import microseconds
from sqla_osiris.repositories.verification import Difference, Look, Verification, standing
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.steps import Steps

__all__ = ["archive", "erase", "snapshots", "verify"]

_EVENTS_A_MOVE: Final = 1_000

Progress = Callable[[int], object] | None


def snapshots(collections: Collections, progress: Progress) -> Steps[int]:
    """Take the snapshots that are due, a part of the contexts at a time. Returns how many.

    Raises InvalidValue at the end where a stream's sum outgrew its column: the others have theirs.
    """
    yield from collections.ready()
    taken, refused = 0, list[InvalidValue]()
    cursor = yield from all_contexts(collections)
    while found := (yield lambda: cursor.to_list(CONTEXTS_A_PART)):
        now = yield from _take_due(collections, [document["c"] for document in found], refused)
        taken += now
        if now and progress is not None:
            progress(taken)
    if refused:
        raise refused[0]
    return taken


def _take_due(collections: Collections, contexts: list[Any], refused: list[InvalidValue]) -> Steps[int]:
    """Take the snapshots that can be taken of these contexts, and add why others cannot to ``refused``. Returns how many."""
    try:
        reads = yield from fold_contexts(collections, contexts)
        due = [read for read in reads if read.behind and collections.log.policy.is_due(read.behind)]
        yield from store_reads(collections, due)
    except InvalidValue as error:
        if len(contexts) == 1:
            refused.append(error)
            return 0
        taken = 0
        for context in contexts:
            taken += yield from _take_due(collections, [context], refused)
        return taken
    return len(due)


def archive(collections: Collections, limits: ArchiveLimits, progress: Progress) -> Steps[int]:
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
            if part and progress is not None:
                progress(moved)
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


def erased_contexts(collections: Collections) -> Steps[list[Any]]:
    """The contexts of erased streams, as their users write them."""
    yield from collections.ready()
    cursor = collections.events.find({"erased": True}, {"_id": 0, "context": 1})
    found = yield cursor.to_list
    return [collections.documents.context_of(document["context"]) for document in found]


def erase(
    collections: Collections, key: tuple[Any, ...], context: Any, *, anyway: bool = False
) -> Steps[int]:
    """Remove a stream for good; its tombstone takes the next slot, so that no append can follow. Returns how many events.

    ``anyway`` lays the tombstone where there is no stream, too.
    """
    yield from collections.ready()
    tombstone = yield from _lay_tombstone(collections, context, anyway=anyway)
    collections.forget(key)
    if not tombstone:
        return 0
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


def verify(collections: Collections) -> Steps[Verification]:
    """Fold every stream anew, event by event in Python, and compare it with its snapshot."""
    yield from collections.ready()
    contexts = events = 0
    differences: list[Difference] = []
    cursor = yield from all_contexts(collections)
    while found := (yield lambda: cursor.to_list(CONTEXTS_A_PART)):
        for document in found:
            look = yield from standing(partial(_look_at, collections, document["c"]), collections.sleep)
            contexts += look.events > 0
            events += look.events
            differences += look.differences
    return Verification(contexts, events, tuple(differences))


def _look_at(collections: Collections, context: Any) -> Steps[Look]:
    """Fold a stream once from its first event, and compare. An erased one has no events, and no differences."""
    stored = yield lambda: collections.snapshots.find_one({"_id": context})
    shown = collections.documents.context_of(context)
    base = stored if stored and stored.get("fingerprint") == collections.documents.fingerprint else None
    reach = int(base["seq"]) if base else 0
    count = last = 0
    differences: list[Difference] = []
    folded: folds.Folded | None = None
    more = True
    while more:
        part, more = yield from events_beyond(collections, context, last)
        folded = folds.fold(collections.log.reducers, [e for e in part if e.seq <= reach], onto=folded)
        for event in part:
            if event.seq != last + 1:
                differences.append(Difference(shown, "seq", stored=event.seq, folded=last + 1))
            last, count = event.seq, count + 1
    if base:
        differences += _compared(collections, shown, base, folded)
    if reach > last:
        differences.append(Difference(shown, "seq", stored=reach, folded=last))
    return (yield from _looked(collections, context, stored, Look(count, differences)))


def _looked(collections: Collections, context: Any, stored: dict[str, Any] | None, look: Look) -> Steps[Look]:
    """Say whether the look's differences stand, now that it is over; there are none of a stream erased meanwhile."""
    if not look.differences:
        return look
    now = yield lambda: collections.snapshots.find_one({"_id": context})
    if (yield from collections.heads([context]))[0].erased:
        return Look(0, [])
    return replace(look, stands=now == stored and not (now or {}).get(REDACTING))


def _compared(
    collections: Collections, shown: Any, base: dict[str, Any], folded: folds.Folded | None
) -> list[Difference]:
    if folded is None:
        return []
    snapshot = collections.documents.snapshot(base)
    differences = []
    for name, form in collections.documents.field_folds.items():
        key = collections.log.fields[name].key
        stored, expected = snapshot.accumulators[name], folded.accumulators[key]
        with suppress(OverflowError):  # what outgrew its column is compared as it is
            stored, expected = form.presented(stored), form.presented(expected)
        if not _same(stored, expected):
            differences.append(Difference(shown, key, stored=stored, folded=expected))
    return differences


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        # Addition of floats is not associative: the server's last digits may be others.
        return isclose(left, right, rel_tol=1e-9)
    return bool(left == right)
