"""Snapshots taken in bulk, events archived, streams erased, and snapshots verified."""

from collections.abc import Callable
from contextlib import suppress
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
from sqla_osiris.repositories.mongo.documents import RESTORED, slot_id
from sqla_osiris.repositories.mongo.feeding import sequence_all
from sqla_osiris.repositories.mongo.folding import fold_contexts, store_reads
from sqla_osiris.repositories.mongo.reading import CONTEXTS_A_PART, events_beyond, taking_all
from sqla_osiris.repositories.mongo.values import microseconds
from sqla_osiris.repositories.verification import Difference, Verification
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.steps import Steps

__all__ = ["archive", "erase", "snapshots", "verify"]

_EVENTS_A_MOVE: Final = 1_000

Progress = Callable[[int], object] | None


def snapshots(log: Collections, progress: Progress) -> Steps[int]:
    """Take the snapshots that are due, a part of the contexts at a time. Returns how many.

    Raises InvalidValue at the end where a stream's sum outgrew its column: the others have theirs.
    """
    taken, refused, take = 0, list[InvalidValue](), taking_all(log)
    while contexts := (yield from take(CONTEXTS_A_PART)):
        now = yield from _take_due(log, contexts, refused)
        taken += now
        if now and progress is not None:
            progress(taken)
    if refused:
        raise refused[0]
    return taken


def _take_due(log: Collections, contexts: list[Any], refused: list[InvalidValue]) -> Steps[int]:
    """Take the snapshots that can be taken of these contexts, and add why others cannot to ``refused``. Returns how many."""
    try:
        reads = yield from fold_contexts(log, contexts)
        due = [read for read in reads if read.behind and log.stream.policy.is_due(read.behind)]
        yield from store_reads(log, due)
    except InvalidValue as error:
        if len(contexts) == 1:
            refused.append(error)
            return 0
        taken = 0
        for context in contexts:
            taken += yield from _take_due(log, [context], refused)
        return taken
    return len(due)


def archive(log: Collections, limits: ArchiveLimits, progress: Progress) -> Steps[int]:
    """Move the events up to their snapshots, within these limits. Returns how many."""
    yield from log.ready()
    yield from sequence_all(log)
    moved = 0
    mine = {"fingerprint": log.documents.fingerprint}
    cursor = yield lambda: log.snapshots.find(mine, {"seq": 1}).batch_size(CONTEXTS_A_PART)
    while found := (yield lambda: cursor.to_list(CONTEXTS_A_PART)):
        for snapshot in found:
            part = yield from _archive_context(log, snapshot["_id"], snapshot["seq"], limits)
            moved += part
            if part and progress is not None:
                progress(moved)
    return moved


def _archive_context(log: Collections, context: Any, folded: int, limits: ArchiveLimits) -> Steps[int]:
    if limits.keep:
        head = (yield from log.heads([context]))[0]
        folded = min(folded, head.seq - limits.keep)
    # What has no position yet stays: the archive's events keep theirs for ever.
    where: dict[str, Any] = {
        "context": context,
        "seq": {"$lte": folded},
        "recorded_at": {"$exists": True},
        "position": {"$exists": True},
    }
    if limits.before is not None:
        where["seq"] = {"$lt": (yield from _first_since(log, context, folded, limits.before))}
    moved = 0
    while True:
        cursor = (
            yield lambda: (
                log.events.find(where, {"_id": 1, RESTORED: 1}).sort("seq", ASCENDING).limit(_EVENTS_A_MOVE)
            )
        )
        part = yield cursor.to_list
        if not part:
            return moved
        if not moved:
            yield lambda: log.snapshots.update_one({"_id": context}, {"$set": {"moved": True}})
        for restored in {event.get(RESTORED) for event in part}:
            these = [event["_id"] for event in part if event.get(RESTORED) == restored]
            moved += yield from _move(log, these, restored)


def _first_since(log: Collections, context: Any, folded: int, before: datetime) -> Steps[int]:
    """The first seq that stays, as it was recorded at that moment or later: an archive takes a stream's beginning."""
    since = {"context": context, "seq": {"$lte": folded}, "recorded_at": {"$gte": microseconds(before)}}
    first = yield lambda: log.events.find_one(since, {"seq": 1}, sort=[("seq", ASCENDING)])
    return int(first["seq"]) if first else folded + 1


def _move(log: Collections, events: list[Any], restored: int | None) -> Steps[int]:
    """Copy these events, and vacate their slots then. Interrupted in between, the next archive() does both again.

    An event that was restored or redacted meanwhile says so in its counter, and is left where it is.
    """
    these = {"_id": {"$in": events}, "recorded_at": {"$exists": True}, RESTORED: restored}
    newest = pipelines.newest_copy(RESTORED)
    copy = [
        {"$match": these},
        {"$merge": {"into": log.archive.name, "on": "_id", "whenMatched": newest}},
    ]
    cursor = yield partial(log.events.aggregate, copy)
    yield cursor.to_list
    done = yield partial(log.events.update_many, these, pipelines.vacating("event_id", RESTORED))
    return int(done.modified_count)


def erased_contexts(log: Collections) -> Steps[list[Any]]:
    """The contexts of erased streams, as their users write them."""
    yield from log.ready()
    cursor = log.events.find({"erased": True}, {"_id": 0, "context": 1})
    found = yield cursor.to_list
    return [log.documents.context_of(document["context"]) for document in found]


def erase(log: Collections, context: Any, *, anyway: bool = False) -> Steps[int]:
    """Remove a stream for good; its tombstone takes the next slot, so that no append can follow. Returns how many events.

    ``anyway`` lays the tombstone where there is no stream, too.
    """
    yield from log.ready()
    tombstone = yield from _lay_tombstone(log, context, anyway=anyway)
    log.seen.forget(log.documents.key(context))
    if not tombstone:
        return 0
    yield from unpack(log.events, context)
    # Every slot up to the tombstone stays taken for a day: a writer left behind finds none that is free.
    where = {"context": context, "seq": {"$lt": tombstone}, "recorded_at": {"$exists": True}}
    copied = yield from aggregated(log.events, _also_in(log.archive.name, where))
    erased = yield lambda: log.events.update_many(where, pipelines.vacating())
    removed = yield lambda: log.archive.delete_many({"context": context})
    # A snapshot that came furthest of all: whoever folded the stream before stores nothing over it.
    nothing = {"seq": tombstone, "recorded_at": 0, "fingerprint": 0}
    yield lambda: log.snapshots.replace_one({"_id": context}, nothing, upsert=True)
    twice = copied[0]["events"] if copied else 0
    return int(erased.modified_count + removed.deleted_count - twice)


def _also_in(archive: str, where: dict[str, Any]) -> list[dict[str, Any]]:
    """Counts the events that an interrupted archive() left in both places."""
    lookup = {"from": archive, "localField": "_id", "foreignField": "_id", "as": "copy"}
    return [{"$match": where}, {"$lookup": lookup}, {"$match": {"copy": {"$ne": []}}}, {"$count": "events"}]


def _lay_tombstone(log: Collections, context: Any, *, anyway: bool) -> Steps[int]:
    """Return the seq of the stream's tombstone; 0 where there is nothing to erase."""

    def attempt(_: int) -> Steps[int | None]:
        head = (yield from log.heads([context]))[0]
        if head.erased:
            return int(head.seq)
        if not head.seq and not head.lost and not anyway:
            return 0
        seq = head.seq + 1
        tombstone = {"_id": slot_id(context, seq), "context": context, "seq": seq, "erased": True}
        try:
            yield lambda: log.events.insert_one(tombstone)
        except DuplicateKeyError:
            return None
        return seq

    seq = yield from log.retry(attempt)
    if seq is None:
        raise OsirisError(
            f"{log.stream.model} {log.documents.context_of(context)!r}: other writers were always faster than the erasure. "
            "Nothing was erased; stop them, or try again."
        )
    return seq


def verify(log: Collections) -> Steps[Verification]:
    """Fold every stream anew, event by event in Python, and compare it with its snapshot."""
    contexts = events = 0
    differences: list[Difference] = []
    take = taking_all(log)
    while found := (yield from take(CONTEXTS_A_PART)):
        for context in found:
            count, different = yield from _verify_context(log, context)
            contexts += count > 0
            events += count
            differences += different
    return Verification(contexts, events, tuple(differences))


def _verify_context(log: Collections, context: Any) -> Steps[tuple[int, list[Difference]]]:
    base = yield lambda: log.snapshots.find_one({"_id": context, "fingerprint": log.documents.fingerprint})
    shown = log.documents.context_of(context)
    stored = int(base["seq"]) if base else 0
    count = last = 0
    differences: list[Difference] = []
    folded: folds.Folded | None = None
    more = True
    while more:
        part, more = yield from events_beyond(log, context, last)
        folded = folds.fold(log.stream.reducers, [e for e in part if e.seq <= stored], onto=folded)
        for event in part:
            if event.seq != last + 1:
                differences.append(Difference(shown, "seq", stored=event.seq, folded=last + 1))
            last, count = event.seq, count + 1
    if base:
        differences += _compared(log, shown, base, folded)
    if stored > last:
        differences.append(Difference(shown, "seq", stored=stored, folded=last))
    return count, differences


def _compared(
    log: Collections, shown: Any, base: dict[str, Any], folded: folds.Folded | None
) -> list[Difference]:
    if folded is None:
        return []
    snapshot = log.documents.snapshot(base)
    differences = []
    for name, form in log.documents.field_folds.items():
        key = log.stream.fields[name].key
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
