"""Takes one field out of one event, without locks and for good.

Somebody may archive or restore the event meanwhile, or have folded it and be about to store the snapshot. So:

- An event's count (see :mod:`.restoring`) grows with a redaction. What was read before it has a lesser count: an archive()
  neither vacates the slot nor replaces the copy that is put *beside* it in the archive, a restore() finds the vacated
  slot bound to a greater count.
- A context's snapshot counts redactions. Whoever folds read that count before the events, and stores under it alone.

``redacting`` in the snapshot's document names what has begun: a call that comes after a crash ends it.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.mongo.appending import append, snapshots_due
from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.documents import BESIDE, REDACTING, RESTORED, Document, slot_id
from sqla_osiris.repositories.mongo.pipelines import redacted_snapshot
from sqla_osiris.repositories.mongo.upkeep import erase
from sqla_osiris.repositories.mongo.values import escaped
from sqla_osiris.schema.redaction import REDACTED, Redaction, no_such_event
from sqla_osiris.steps import Steps

__all__ = ["redact"]


@dataclass(frozen=True, slots=True)
class _Touch:
    """The touch that goes: its event's slot, and the field as documents hold it."""

    context: Any
    slot: Document
    name: str

    @property
    def path(self) -> str:
        return f"fields.{self.name}"

    @property
    def mark(self) -> str:
        return f"{self.slot['s']} {self.name}"

    def is_in(self, document: Document | None) -> bool:
        return document is not None and self.name in document.get("fields", {})

    def without(self, document: Document) -> Document:
        fields = {name: value for name, value in document["fields"].items() if name != self.name}
        return {**document, "fields": fields}


def redact(collections: Collections, asked: Redaction) -> Steps[Event | None]:
    """Redact, and return the event that records it. Raises InvalidValue where there is no such event, and ContextErased."""
    context = collections.documents.context(asked.key)
    touch = _Touch(context, slot_id(context, asked.seq), escaped(asked.field.name))
    yield from collections.ready()
    yield from unpack(collections.events, context)
    head = (yield from collections.heads([context]))[0]
    if head.erased:
        raise collections.erased(context)
    if head.lost:
        raise collections.without_snapshot(context)
    if asked.seq > head.seq:
        raise no_such_event(collections.log, asked, head.seq)
    if not (yield from _begun(collections, touch)):
        return None
    yield from _take_out(collections, touch, asked)
    was_folded = yield from _hide(collections, touch)
    audit = yield from _append_audit(collections, asked, context)
    if was_folded:
        yield from snapshots_due(collections, [context])
    yield lambda: collections.snapshots.update_one({"_id": context}, {"$pull": {REDACTING: touch.mark}})
    return audit


def _begun(collections: Collections, touch: _Touch) -> Steps[bool]:
    """Return whether there is something to do; if so, a mark has a later call end what a crash breaks off."""
    slot, copy = yield from _both(collections, touch)
    if not touch.is_in(slot) and not touch.is_in(copy):
        pending = yield lambda: collections.snapshots.find_one(
            {"_id": touch.context, REDACTING: touch.mark}, {"_id": 1}
        )
        return pending is not None
    nothing = {"seq": 0, "fingerprint": 0, "recorded_at": 0}
    marked = {"$addToSet": {REDACTING: touch.mark}, "$setOnInsert": nothing}
    yield lambda: collections.snapshots.update_one({"_id": touch.context}, marked, upsert=True)
    return True


def _both(collections: Collections, touch: _Touch) -> Steps[tuple[Document, Document | None]]:
    """The documents in the slot, with the event or without, and in the archive."""

    def attempt(_: int) -> Steps[tuple[Document, Document | None] | None]:
        slot = yield lambda: collections.events.find_one({"_id": touch.slot})
        copy = yield lambda: collections.archive.find_one({"_id": touch.slot})
        if copy is not None or (slot is not None and "recorded_at" in slot):
            return slot or {}, copy
        # It was moved while we looked, or erased.
        yield from _refuse_erased(collections, touch.context)
        return None

    found = yield from collections.retry(attempt)
    if found is None:
        raise OsirisError(
            f"{collections.log.model} {collections.documents.context_of(touch.context)!r}: the event {touch.slot['s']} "
            "is neither in the log nor in the archive. Run verify() and restore it from a backup."
        )
    return found


def _take_out(collections: Collections, touch: _Touch, asked: Redaction) -> Steps[None]:
    """Take the touch out of log and archive, until neither can get it back."""

    def attempt(_: int) -> Steps[bool | None]:
        slot, copy = yield from _both(collections, touch)
        take_out = _in_log if "recorded_at" in slot else _in_archive
        return (yield from take_out(collections, touch, slot, copy)) or None

    if not (yield from collections.retry(attempt)):
        raise OsirisError(
            f"{collections.log.model} {collections.log.context_of(asked.key)!r}: the event {asked.seq} was moved "
            "between log and archive all the time. Nothing tells of the redaction yet: stop what archives and "
            "restores, and call redact() again."
        )
    # An erasure that ran meanwhile may have passed the archive before something was put there.
    yield from _refuse_erased(collections, touch.context)


def _in_log(collections: Collections, touch: _Touch, slot: Document, copy: Document | None) -> Steps[bool]:
    if touch.is_in(slot):
        count = max(_count(slot), _count(copy)) + 1
        seen = {"_id": touch.slot, "recorded_at": {"$exists": True}, RESTORED: slot.get(RESTORED)}
        gone = {"$unset": {touch.path: ""}, "$set": {RESTORED: count}}
        yield lambda: collections.events.update_one(seen, gone)
        return False
    if copy is not None and _count(copy) >= _count(slot) and not touch.is_in(copy):
        return True
    # In the way of an archive() that has read the event as it was.
    beside = {**touch.without(slot), BESIDE: True}
    older = [{RESTORED: {"$not": {"$gte": _count(slot)}}}, {touch.path: {"$exists": True}}]
    with suppress(DuplicateKeyError):
        yield lambda: collections.archive.replace_one({"_id": touch.slot, "$or": older}, beside, upsert=True)
    return False


def _in_archive(
    collections: Collections, touch: _Touch, slot: Document, copy: Document | None
) -> Steps[bool]:
    if copy is None:
        return False  # restored meanwhile
    count = _count(copy)
    if touch.is_in(copy):
        seen = {"_id": touch.slot, RESTORED: copy.get(RESTORED)}
        gone = {"$unset": {touch.path: ""}, "$set": {RESTORED: count + 1}}
        yield lambda: collections.archive.update_one(seen, gone)
        return False
    if _count(slot) >= count:
        return True
    # In the way of a restore() that has read the event as it was. Only now: it deletes the copy that it has read.
    bound = {
        "$max": {RESTORED: count},
        "$set": {"context": touch.context, "seq": touch.slot["s"]},
        "$currentDate": {"vacated": True},
    }
    vacated = {"_id": touch.slot, "recorded_at": {"$exists": False}}
    with suppress(DuplicateKeyError):  # restored meanwhile
        yield lambda: collections.events.update_one(vacated, bound, upsert=True)
    return False


def _count(document: Document | None) -> int:
    return int((document or {}).get(RESTORED) or 0)


def _refuse_erased(collections: Collections, context: Any) -> Steps[None]:
    head = (yield from collections.heads([context]))[0]
    if head.erased:
        yield from erase(collections, collections.documents.key(context), context)
        raise collections.erased(context)


def _hide(collections: Collections, touch: _Touch) -> Steps[bool]:
    """Hide the snapshot that holds the touch, and refuse those folded before; return whether one had folded it."""
    before = yield lambda: collections.snapshots.find_one_and_update(
        {"_id": touch.context},
        redacted_snapshot(touch.slot["s"]),
        projection={"seq": 1},
        return_document=ReturnDocument.BEFORE,
    )
    return before is not None and before["seq"] >= touch.slot["s"]


def _append_audit(collections: Collections, asked: Redaction, context: Any) -> Steps[Event]:
    """Append the event that records it. It begins no life: where the stream has ended, it leaves it ended."""
    audit = NewEvent(
        collections.log.context_of(asked.key), {}, event_type=REDACTED, event_meta=asked.event_meta
    )

    def attempt(_: int) -> Steps[Event | None]:
        head = yield from collections.head(asked.key, context)
        new, found = replace(audit, ends=not head.live), head.seq if head.live else 0
        try:
            event = yield from append(collections, new, found)
        except ConcurrentAppend:
            return None
        collections.forget(asked.key)  # an appended event is taken for one that leaves its stream alive
        return replace(event, ends=new.ends)

    event = yield from collections.retry(attempt)
    if event is None:
        raise OsirisError(
            f"{collections.log.model} {audit.context!r}: {asked.field.key!r} of the event {asked.seq} is gone, but "
            "other writers were always faster than the event that tells of it. Call redact() again."
        )
    return event
