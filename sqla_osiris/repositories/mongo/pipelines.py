"""The aggregation pipelines that answer a repository's questions. Nothing here talks to a server.

No value becomes an expression: contexts stand in ``$match`` or inside ``$literal``.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqla_osiris.repositories.mongo.folds import FieldFold

__all__ = [
    "LEASE",
    "NOW",
    "VACATED_FOR",
    "all_contexts",
    "appended",
    "fold_stage",
    "given_contexts",
    "heads",
    "last_by",
    "tails",
    "vacating",
    "whole_stream",
]

Stage = dict[str, Any]

NOW: Final[Stage] = {"$multiply": [{"$toLong": "$$NOW"}, 1000]}
"""The server's clock, in microseconds since 1970; it ticks in milliseconds."""

LEASE: Final = timedelta(hours=1)
"""How long a writer may trust the head that it has seen. The server refuses an append that comes later."""

VACATED_FOR: Final = timedelta(days=1)
"""How long a vacated slot stays taken: far beyond LEASE, whatever two servers' clocks differ by."""

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
                "recorded_at": in_time,
                "unsequenced": seq,
                **{k: {"$literal": v} for k, v in content.items()},
            }
        }
    ]


def given_contexts(contexts: Sequence[Any]) -> list[Stage]:
    """A document ``{c: context}`` for each, in their order."""
    return [{"$documents": [{"c": {"$literal": context}} for context in contexts]}]


def all_contexts(snapshots: str) -> list[Stage]:
    """Over the log: a document ``{c: context}`` for each context, those whose log is all in the archive too."""
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


def heads(events: str, snapshots: str) -> list[Stage]:
    """After contexts: ``head``, the last slot of each log, ``base``, its snapshot without values, and ``now``."""
    last = [
        {"$sort": {"seq": -1}},
        {"$limit": 1},
        {
            "$project": {
                "_id": 0,
                "seq": 1,
                "recorded_at": 1,
                "ends": 1,
                "erased": 1,
                "batch": {"$size": {"$ifNull": ["$batch", []]}},
            }
        },
    ]
    return [
        {
            "$lookup": {
                "from": events,
                "localField": "c",
                "foreignField": "context",
                "pipeline": last,
                "as": "head",
            }
        },
        _base(snapshots, {"_id": 0, "seq": 1, "recorded_at": 1, "moved": 1}),
        {"$set": {"head": {"$first": "$head"}, "base": {"$first": "$base"}, "now": NOW}},
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
        _base(snapshots, None),
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


def last_by(context: Any, time: int) -> list[Stage]:
    """Over a log: the seq of the context's last event that was recorded up to then."""
    return [
        {"$match": {"context": context, "recorded_at": {"$lte": time}}},
        {"$sort": {"seq": -1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "seq": 1}},
    ]


def whole_stream(archive: str, fields: Mapping[str, FieldFold], where: Mapping[str, Any]) -> list[Stage]:
    """Over the log: the fold of log and archive together. The log is read first: events only move the other way."""
    return [
        {"$match": dict(where)},
        {"$unionWith": {"coll": archive, "pipeline": [{"$match": dict(where)}]}},
        # A vacated slot gives way to its event, and an event that is being moved counts once.
        {"$sort": {"recorded_at": -1}},
        {"$group": {"_id": "$seq", "event": {"$first": "$$ROOT"}}},
        {"$replaceRoot": {"newRoot": "$event"}},
        fold_stage(fields),
    ]


def fold_stage(fields: Mapping[str, FieldFold]) -> Stage:
    """The ``$group`` that folds events, and says what it met beside them."""
    group: dict[str, Any] = {
        "_id": None,
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


def vacating(*kept: str) -> list[Stage]:
    """An update's pipeline: the slot without its event."""
    return [
        {
            "$replaceWith": {name: f"${name}" for name in ("_id", "context", "seq", *kept)}
            | {"vacated": "$$NOW"}
        }
    ]


def _base(snapshots: str, projection: Mapping[str, Any] | None) -> Stage:
    pipeline = [] if projection is None else [{"$project": dict(projection)}]
    return {
        "$lookup": {
            "from": snapshots,
            "localField": "c",
            "foreignField": "_id",
            "pipeline": pipeline,
            "as": "base",
        }
    }
