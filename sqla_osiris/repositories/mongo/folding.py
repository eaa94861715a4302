"""How a state is read: the server folds the events beyond the snapshot, in the round trip that reads the snapshot.

The two are merged here: that a fold of both stretches is the merge of their folds is the law of the library. The rare
cases cost a second query: a snapshot of another declaration whose events are in the archive, an event that ended the
stream, an event that was being moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.fold import Folded, merge
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.collections import Collections, aggregated
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.values import microseconds
from sqla_osiris.schema.moments import Moment
from sqla_osiris.steps import Steps

__all__ = ["Read", "fold_contexts"]

_ATTEMPTS: Final = 20
_NO_TAIL: Final[dict[str, Any]] = {"count": 0, "erased": None, "recorded_at": None}
_NOTHING: Final[dict[str, Any]] = {
    "count": 0,
    "last": 0,
    "erased": None,
    "vacated": None,
    "commit": None,
    "ends": None,
}


@dataclass(frozen=True, slots=True)
class Read:
    """One context's fold: ``recorded_at`` is its latest event's, ``behind`` how many events its snapshot lacks.

    ``redactions`` had been counted before the events were read.
    """

    context: Any
    folded: Folded
    recorded_at: int
    behind: int
    redactions: int


def fold_contexts(
    collections: Collections, contexts: Sequence[Any], at: Moment | None = None
) -> Steps[list[Read]]:
    """The folds of these contexts in their order; those without a live stream are left out.

    One round trip for one context, two for many; one more for each context at a moment.
    """
    if isinstance(at, datetime):
        return (yield from _folded_by(collections, contexts, microseconds(at)))
    if len(contexts) > 1 and at is None:
        found = []
        for part in pipelines.in_parts(contexts, len(contexts)):
            found += yield from _snapshots_and_tails(collections, part)
    else:
        source = collections.events.name, collections.snapshots.name
        documents = collections.documents
        tails = pipelines.tails(source, documents.field_folds, documents.fingerprint, at_seq=at)
        found = yield from aggregated(collections.database, [*pipelines.given_contexts(contexts), *tails])
    return (yield from _resolved(collections, found, at))


def _snapshots_and_tails(collections: Collections, contexts: Sequence[Any]) -> Steps[list[dict[str, Any]]]:
    """The documents of :func:`pipelines.tails`, by two queries for all of them: one a context is ten times as slow.

    The snapshots are read first: an event leaves the log only for a snapshot, and its empty slot tells.
    """
    all_at_once = len(contexts) + 1
    cursor = yield lambda: collections.snapshots.find(
        {"_id": {"$in": list(contexts)}}, batch_size=all_at_once
    )
    bases = collections.by_key((yield cursor.to_list))
    keys = [collections.documents.key(context) for context in contexts]
    mine = collections.documents.fingerprint
    start = {key: base["seq"] for key, base in bases.items() if base["fingerprint"] == mine}
    starts: dict[int, list[Any]] = {}
    for key, context in zip(keys, contexts, strict=True):
        starts.setdefault(start.get(key, 0), []).append(context)
    pipeline = pipelines.beyond(starts, collections.documents.field_folds)
    folds = yield from aggregated(collections.events, pipeline, allowDiskUse=True, batchSize=all_at_once)
    tail = collections.by_key(folds)
    return [
        {"c": context, "base": bases.get(key), "start": start.get(key, 0), "tail": tail.get(key)}
        for key, context in zip(keys, contexts, strict=True)
    ]


def _folded_by(collections: Collections, contexts: Sequence[Any], time: int) -> Steps[list[Read]]:
    reads: list[Read] = []
    for context in contexts:
        last = yield from _last_by(collections, context, time)
        reads += yield from fold_contexts(collections, [context], last)
    return reads


def _last_by(collections: Collections, context: Any, time: int) -> Steps[int]:
    """The seq of the last event recorded up to then, whatever the times before it: the past is a prefix."""
    if not (yield from collections.transactional()):
        yield from unpack(collections.events, context)
    pipeline = pipelines.last_by(
        (collections.events.name, collections.archive.name, collections.feed.name), context, time
    )
    for _ in range(_ATTEMPTS):
        (found,) = yield from aggregated(collections.database, pipeline)
        if found["before"] == found["after"]:
            return max((int(event["seq"]) for event in (*found["log"], *found["archive"])), default=0)
    raise _moved_all_the_time(collections, context)


def _resolved(collections: Collections, found: Sequence[dict[str, Any]], at: int | None) -> Steps[list[Read]]:
    """The folds that the documents of :func:`pipelines.tails` say."""
    reads = []
    for document in found:
        if _is_whole(document):
            read = _merged(collections, document)
        else:
            read = yield from _refolded(collections, document, at)
        if read is not None:
            reads.append(read)
    return reads


def _is_whole(document: dict[str, Any]) -> bool:
    """Whether snapshot and tail are all there is to fold."""
    tail, base, start = document.get("tail"), document.get("base"), document["start"]
    if start == 0 and base and base.get("moved"):
        return False
    if tail is None or tail["erased"]:
        return True
    if tail["vacated"] or tail["commit"] is not None or tail["ends"] is not None:
        return False
    return bool(tail["count"] == max(tail["last"] - start, 0))


def _merged(collections: Collections, document: dict[str, Any]) -> Read | None:
    context, start, tail = document["c"], int(document["start"]), document.get("tail") or _NO_TAIL
    if tail["erased"]:
        return None
    beyond = collections.documents.folded(tail, context) if tail["count"] else None
    latest, redactions = int(tail["recorded_at"] or 0), _redactions(document)
    if not start:
        return None if beyond is None else Read(context, beyond, latest, beyond.seq, redactions)
    base: dict[str, Any] = document["base"]
    before, latest = collections.documents.snapshot(base), max(latest, int(base["recorded_at"]))
    if beyond is None:
        return Read(context, before, latest, 0, redactions)
    merged = merge(collections.log.reducers, before, beyond)
    return Read(context, merged, latest, beyond.seq - start, redactions)


def _redactions(document: dict[str, Any]) -> int:
    return int((document.get("base") or {}).get("redactions", 0))


def _refolded(collections: Collections, document: dict[str, Any], at: int | None) -> Steps[Read | None]:
    """The fold of the log and the archive, from the stream's beginning or its last end."""
    context: Any = document["c"]
    start, group = 0, dict[str, Any]()
    for _ in range(_ATTEMPTS):
        pipeline = pipelines.whole_stream(
            collections.archive.name, collections.documents.field_folds, _between(context, start, at)
        )
        found = yield from aggregated(collections.events, pipeline, allowDiskUse=True)
        group = found[0] if found else _NOTHING
        if group["erased"]:
            return None
        if group["commit"] is not None:
            yield from unpack(collections.events, context)
        elif group["ends"] is not None:
            start = int(group["ends"])
        elif _has_all(group, start, _folded_to(document, at)):
            if not group["count"]:
                return None
            folded = collections.documents.folded(group, context)
            return Read(context, folded, int(group["recorded_at"]), folded.seq, _redactions(document))
    raise _moved_all_the_time(collections, context)


def _has_all(group: dict[str, Any], start: int, folded: int) -> bool:
    """Whether no event beyond ``start`` was restored, and missed, while we read; archived are those up to ``folded``."""
    if group["vacated"] is not None:
        return False
    last = max(int(group["last"]), start)
    return group["count"] == last - start and last >= folded


def _folded_to(document: dict[str, Any], at: int | None) -> int:
    """The last event of the fold that may have been in the archive when the snapshot was read."""
    seq = int((document.get("base") or {}).get("seq", 0))
    return seq if at is None else min(seq, at)


def _moved_all_the_time(collections: Collections, context: Any) -> OsirisError:
    return OsirisError(
        f"{collections.log.model} {collections.documents.context_of(context)!r}: the log lacks events, or they are "
        "moved between log and archive all the time. Stop what archives and restores; run verify(), and restore from a "
        "backup what it misses."
    )


def _between(context: Any, start: int, at: int | None) -> dict[str, Any]:
    seqs: dict[str, Any] = {"$gt": start}
    if at is not None:
        seqs["$lte"] = at
    where: dict[str, Any] = {"context": context, "seq": seqs}
    return {"$or": [where, {"context": context, "erased": True}]} if at is not None else where
