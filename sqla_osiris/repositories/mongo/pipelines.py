"""The aggregation pipelines that answer a repository's questions. Nothing here talks to a server.

No value becomes an expression: contexts stand in ``$match`` or inside ``$literal``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from bson import encode

from sqla_osiris.repositories.mongo.folds import FieldFold

__all__ = [
    "LEASE",
    "NOW",
    "VACATED_FOR",
    "all_contexts",
    "appended",
    "beyond",
    "fold_stage",
    "given_contexts",
    "given_positions",
    "heads",
    "in_parts",
    "last_by",
    "newest_copy",
    "positions_beyond",
    "redacted_snapshot",
    "tails",
    "vacating",
    "whole_stream",
]

Stage = dict[str, Any]
T = TypeVar("T")

NOW: Final[Stage] = {"$multiply": [{"$toLong": "$$NOW"}, 1000]}
"""The server's clock, in microseconds since 1970; it ticks in milliseconds."""

LEASE: Final = timedelta(hours=1)
"""How long a writer may trust the head that it has seen. The server refuses an append that comes later."""

VACATED_FOR: Final = timedelta(days=1)
"""How long a vacated slot stays taken: far beyond LEASE, whatever two servers' clocks differ by."""

_BYTES: Final = 4_000_000
"""Of the contexts in one question: that is a document of 16 MB at most, and a context may be long."""

_REAL: Final[Stage] = {"$ne": [{"$type": "$recorded_at"}, "missing"]}


def appended(
    content: Mapping[str, Any], *, seq: int, after: int, recorded_at: int | None, until: int
) -> list[Stage]:
    """An upsert's pipeline: the document that it inserts.

    The event is recorded now, but never before ``after``, when the event before it was. Past ``until`` the head that the
    writer has seen is too old, and a conversion that cannot work refuses the append.
    """
    moment: Any = {"$max": [NOW, after]} if recorded_at is None else recorded_at
    in_time = {"$cond": [{"$gt": [NOW, until]}, {"$toInt": "the lease of the head is over"}, moment]}
    return [
        {
            "$set": {
                "seq": seq,
                "recorded_at": in_time,
                "unsequenced": seq,
                **{k: {"$literal": v} for k, v in content.items()},
            }
        }
    ]


def in_parts(
    slots: Iterable[T], at_most: int, *, key: Callable[[T], Any] = lambda one: one
) -> Iterator[list[T]]:
    """Contexts, or what ``key`` finds one in, in lists of ``at_most`` and of 4 MB, of one at least."""
    part: list[T] = []
    size = 0
    for slot in slots:
        its_size = len(encode({"": key(slot)}))
        if part and (len(part) == at_most or size + its_size > _BYTES):
            yield part
            part, size = [], 0
        part.append(slot)
        size += its_size
    if part:
        yield part


def given_contexts(contexts: Sequence[Any]) -> list[Stage]:
    """A document ``{c: context}`` for each, in their order."""
    return [{"$documents": [{"c": {"$literal": context}} for context in contexts]}]


def all_contexts(snapshots: str) -> list[Stage]:
    """A document of the log ``{c: context}`` for each context, those whose log is all in the archive too."""
    return [
        {"$sort": {"context": 1, "seq": 1}},
        {"$group": {"_id": "$context"}},
        {
            "$unionWith": {
                "coll": snapshots,
                "pipeline": [{"$match": {"moved": True}}, {"$project": {"_id": 1}}],
            }
        },
        {"$group": {"_id": "$_id"}},
        {"$project": {"_id": 0, "c": "$_id"}},
    ]


def heads(events: str, snapshots: str, archive: str, contexts: Sequence[Any]) -> list[Stage]:
    """One document: ``heads``, the last slot of each of these logs, ``bases``, their snapshots without values, ``now``.

    ``archived`` is the last seq of each in the archive.

    The last slots are read by jumps in the index (its plan is a DISTINCT_SCAN, which wants an index's order and ``$first``
    alone): a ``$lookup`` for each context is thirty times as slow.
    """
    these = list(contexts)
    first = {name: {"$first": f"${name}"} for name in ("seq", "recorded_at", "ends", "erased")}
    last_slots: list[Stage] = [
        {"$match": {"context": {"$in": these}}},
        {"$sort": {"context": -1, "seq": -1}},
        {"$group": {"_id": "$context", "packed": {"$first": {"$isArray": "$batch"}}, **first}},
    ]
    bases: list[Stage] = [
        {"$match": {"_id": {"$in": these}}},
        {"$project": {"seq": 1, "recorded_at": 1, "moved": 1}},
    ]
    archived: list[Stage] = [
        {"$match": {"context": {"$in": these}}},
        {"$sort": {"context": -1, "seq": -1}},
        {"$group": {"_id": "$context", "seq": {"$first": "$seq"}}},
    ]
    return [
        {"$documents": [{}]},
        {"$lookup": {"from": events, "pipeline": last_slots, "as": "heads"}},
        {"$lookup": {"from": snapshots, "pipeline": bases, "as": "bases"}},
        {"$lookup": {"from": archive, "pipeline": archived, "as": "archived"}},
        {"$set": {"now": NOW}},
    ]


def tails(
    source: tuple[str, str],
    fields: Mapping[str, FieldFold],
    fingerprint: int,
    *,
    at_seq: int | None,
) -> list[Stage]:
    """After contexts: ``base``, the snapshot; ``start``, its seq, or 0 if it may not be used; ``tail``, the fold beyond.

    ``source`` names the events' and the snapshots' collection.
    """
    events, snapshots = source
    usable: list[Any] = [{"$eq": ["$base.fingerprint", fingerprint]}]
    beyond: list[Any] = [{"$gt": ["$seq", "$$start"]}]
    if at_seq is not None:
        usable.append({"$lte": ["$base.seq", at_seq]})
        beyond.append({"$lte": ["$seq", at_seq]})
    return [
        {"$lookup": {"from": snapshots, "localField": "c", "foreignField": "_id", "as": "base"}},
        {"$set": {"base": {"$first": "$base"}}},
        {"$set": {"start": {"$cond": [{"$and": usable}, "$base.seq", 0]}}},
        {
            "$lookup": {
                "from": events,
                "localField": "c",
                "foreignField": "context",
                "let": {"start": "$start"},
                "pipeline": [{"$match": {"$expr": {"$and": beyond}}}, fold_stage(fields)],
                "as": "tail",
            }
        },
        {"$set": {"tail": {"$first": "$tail"}}},
    ]


def beyond(starts: Mapping[int, Sequence[Any]], fields: Mapping[str, FieldFold]) -> list[Stage]:
    """Over the log: the fold beyond a seq of each context, ``_id``; ``starts`` are the contexts by that seq."""
    where = [{"context": {"$in": list(these)}, "seq": {"$gt": start}} for start, these in starts.items()]
    return [{"$match": {"$or": where}}, fold_stage(fields, by="$context")]


def last_by(collections: tuple[str, str, str], context: Any, time: int) -> list[Stage]:
    """One document: ``log`` and ``archive``, the seq of the context's last event in each that was recorded up to then.

    ``before`` and ``after`` are the feed's document as it was when they were read. ``collections`` are the log, the
    archive and the feed.
    """
    log, archive, feed = collections
    last: list[Stage] = [
        {"$match": {"context": context, "recorded_at": {"$lte": time}}},
        {"$sort": {"seq": -1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "seq": 1}},
    ]
    counted: list[Stage] = [{"$match": {"_id": "feed"}}, {"$project": {"_id": 0, "restores": 1}}]
    read_in_order = (
        ("before", feed, counted),
        ("log", log, last),
        ("archive", archive, last),
        ("after", feed, counted),
    )
    return [
        {"$documents": [{}]},
        *(
            {"$lookup": {"from": source, "pipeline": found, "as": name}}
            for name, source, found in read_in_order
        ),
    ]


def positions_beyond(events: str, archive: str, position: int) -> list[Stage]:
    """After other documents: ``{ahead: position}``, the greatest one beyond this in log and archive, if there is any."""
    greatest: list[Stage] = [
        {"$match": {"position": {"$gt": position}}},
        {"$sort": {"position": -1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "ahead": "$position"}},
    ]
    return [{"$unionWith": {"coll": name, "pipeline": greatest}} for name in (events, archive)]


def whole_stream(archive: str, fields: Mapping[str, FieldFold], where: Mapping[str, Any]) -> list[Stage]:
    """Over the log: the fold of log and archive together. The log is read first, so that what archive() moves is met."""
    return [
        {"$match": dict(where)},
        {"$unionWith": {"coll": archive, "pipeline": [{"$match": dict(where)}]}},
        # A vacated slot gives way to its event, and an event that is being moved counts once.
        {"$sort": {"recorded_at": -1}},
        {"$group": {"_id": "$seq", "event": {"$first": "$$ROOT"}}},
        {"$replaceRoot": {"newRoot": "$event"}},
        fold_stage(fields),
    ]


def fold_stage(fields: Mapping[str, FieldFold], *, by: str | None = None) -> Stage:
    """The ``$group`` that folds events, and says what it met beside them."""
    group: dict[str, Any] = {
        "_id": by,
        "count": {"$sum": {"$cond": [_REAL, 1, 0]}},
        "last": {"$max": {"$cond": [_REAL, "$seq", 0]}},
        "recorded_at": {"$max": "$recorded_at"},
        "ends": {"$max": {"$cond": ["$ends", "$seq", None]}},
        "erased": {"$max": "$erased"},
        "vacated": {"$max": "$vacated"},
        "commit": {"$max": {"$cond": [{"$isArray": "$batch"}, "$seq", None]}},
    }
    for field in fields.values():
        group |= field.group()
    return {"$group": group}


def given_positions(events: str, position: int) -> list[Stage]:
    """Over the feed's document: give the events of the batch up to ``position`` theirs. Changes nothing if repeated.

    The server does it by itself: sending an update for each event takes twice as long.
    """
    waits = {"$ne": [{"$type": "$unsequenced"}, "missing"]}
    kept = {"$ifNull": ["$position", "$$REMOVE"]}
    return [
        {"$match": {"_id": "feed", "position": position}},
        {"$set": {"before": {"$subtract": ["$position", {"$size": "$batch"}]}}},
        {"$unwind": {"path": "$batch", "includeArrayIndex": "place"}},
        # With the context, a sharded collection finds the event's shard.
        {
            "$project": {
                "_id": "$batch",
                "context": "$batch.c",
                "position": {"$add": ["$before", "$place", 1]},
            }
        },
        {
            "$merge": {
                "into": events,
                "let": {"given": "$position"},
                "whenMatched": [
                    {"$set": {"position": {"$cond": [waits, "$$given", kept]}}},
                    {"$unset": "unsequenced"},
                ],
                "whenNotMatched": "discard",
            }
        },
    ]


def newest_copy(count: str) -> list[Stage]:
    """Return what a ``$merge`` keeps: a copy with a greater count stays."""
    there, new = ({"$ifNull": [f"{source}{count}", 0]} for source in ("$", "$$new."))
    return [{"$replaceWith": {"$cond": [{"$gt": [there, new]}, "$$ROOT", "$$new"]}}]


def redacted_snapshot(seq: int) -> list[Stage]:
    """An update's pipeline: count one more redaction, and let no declaration own what had folded the event of this seq."""
    folded = {"$gte": ["$seq", seq]}
    return [
        {
            "$set": {
                "redactions": {"$add": [{"$ifNull": ["$redactions", 0]}, 1]},
                "fingerprint": {"$cond": [folded, 0, "$fingerprint"]},
                "fields": {"$cond": [folded, "$$REMOVE", "$fields"]},
            }
        }
    ]


def vacating(*kept: str) -> list[Stage]:
    """An update's pipeline: the slot without its event."""
    return [
        {
            "$replaceWith": {name: f"${name}" for name in ("_id", "context", "seq", *kept)}
            | {"vacated": "$$NOW"}
        }
    ]
