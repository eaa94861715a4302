"""When a snapshot is due, and how it is stored."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.write_concern import WriteConcern

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.repositories.mongo.collections import CONTEXTS_A_PART, Collections
from sqla_osiris.repositories.mongo.failures import only_duplicates
from sqla_osiris.repositories.mongo.folding import Read, fold_contexts
from sqla_osiris.repositories.protocol import Report
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Every, Inline
from sqla_osiris.steps import Steps

__all__ = [
    "snapshot",
    "snapshot_interval",
    "snapshots",
    "snapshots_due",
    "store_reads",
]

_INLINE_INTERVAL: Final = 100


def snapshot_interval(log: Log) -> int:
    """The number of a context's events after which a snapshot is taken by itself; 0 for never.

    A document cannot be inserted and another updated in one round trip, so ``Inline()`` means every 100 events here.
    """
    policy = log.policy
    if isinstance(policy, Inline):
        return _INLINE_INTERVAL
    return policy.n if isinstance(policy, Every) else 0


def snapshots_due(collections: Collections, contexts: list[Any]) -> Steps[None]:
    """Store snapshots that fell due. The events are written already: a failure here is not the writer's."""
    try:
        yield from store_snapshots(collections, contexts)
    except InvalidValue:
        # One sum that outgrew its column takes no snapshot from the others.
        for context in contexts if len(contexts) > 1 else ():
            yield from snapshots_due(collections, [context])
    except (PyMongoError, OsirisError):
        return


def snapshots(collections: Collections, report: Report) -> Steps[int]:
    """Take the snapshots that are due, a part of the contexts at a time. Returns how many.

    Raises InvalidValue at the end where a stream's sum outgrew its column: the others have theirs.
    """
    taken, refused, take = 0, list[InvalidValue](), collections.taking_all()
    while contexts := (yield from take(CONTEXTS_A_PART)):
        now = yield from _take_due(collections, contexts, refused)
        taken += now
        if now:
            report(taken)
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


def snapshot(collections: Collections, context: Any) -> Steps[int | None]:
    """Store one stream's fold. Returns its seq, None where no stream lives."""
    yield from collections.ready()
    reads = yield from store_snapshots(collections, [context])
    return reads[0].folded.seq if reads else None


def store_snapshots(collections: Collections, contexts: Sequence[Any]) -> Steps[list[Read]]:
    """Fold these contexts up to their heads and store it. Returns their folds."""
    reads = yield from fold_contexts(collections, contexts)
    yield from store_reads(collections, [read for read in reads if read.behind])
    return reads


def store_reads(
    collections: Collections, reads: Sequence[Read], *, confirmed_by: int | str = "majority"
) -> Steps[None]:
    """Store folds as snapshots. One that came further already stays: its events may be in the archive.

    A fold that may hold what was redacted since is not stored.
    """
    snapshots = collections.snapshots.with_options(write_concern=WriteConcern(confirmed_by))
    fingerprint = collections.documents.fingerprint
    updates = []
    for read in reads:
        seq = read.folded.seq
        older = [{"seq": {"$lt": seq}}, {"seq": seq, "fingerprint": {"$ne": fingerprint}}]
        values = {
            "seq": seq,
            "fingerprint": fingerprint,
            "recorded_at": read.recorded_at,
            "fields": collections.documents.snapshot_fields(read.folded, read.context),
        }
        where = {"_id": read.context, "$or": older, "redactions": read.redactions or {"$exists": False}}
        updates.append(UpdateOne(where, {"$set": values}, upsert=True))
    if not updates:
        return
    try:
        yield lambda: snapshots.bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        # The upsert of one that is there, and came further or was redacted, meets its _id.
        if not only_duplicates(error):
            raise
