"""Takes one field out of one event, without locks and for good.

Somebody may archive or restore the event meanwhile, or have folded it and be about to store the snapshot. So:

- An event's count (see :mod:`.archiving`) grows with a redaction. What was read before it has a lesser count: an archive()
  neither vacates the slot nor replaces the copy that is put *beside* it in the archive, a restore() finds the vacated
  slot bound to a greater count.
- A context's snapshot counts redactions. Whoever folds read that count before the events, and stores under it alone.

``redacting`` in the snapshot's document names what has begun: a call that comes after a crash ends it.
"""

from contextlib import suppress

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.mongo.appending import append
from sqla_osiris.repositories.mongo.collections import Collections, Head
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.documents import BESIDE, REDACTING, RESTORED, Document, slot_id
from sqla_osiris.repositories.mongo.erasing import erase
from sqla_osiris.repositories.mongo.pipelines import redacted_snapshot
from sqla_osiris.repositories.mongo.snapshots import snapshots_due
from sqla_osiris.repositories.mongo.values import escaped
from sqla_osiris.repositories.redacting import Redacting
from sqla_osiris.schema.redaction import Redaction
from sqla_osiris.steps import Steps

__all__ = ["redact"]


def redact(collections: Collections, asked: Redaction) -> Steps[Event | None]:
    """As :meth:`Redacting.redact`."""
    return _Redacting(collections, asked).redact()


class _Redacting(Redacting):
    """``slot`` is the event's, ``name`` the field's as documents hold it."""

    def __init__(self, collections: Collections, asked: Redaction) -> None:
        self.backend, self.asked, self.context = collections, asked, collections.documents.context(asked.key)
        self.slot, self.name = slot_id(self.context, asked.seq), escaped(asked.field.name)
        self._path = f"fields.{self.name}"
        self._mark = f"{asked.seq} {self.name}"

    def find_head(self) -> Steps[Head]:
        yield from self.backend.ready()
        yield from unpack(self.backend.events, self.context)
        return (yield from self.backend.usable_head(self.context))

    def begin(self) -> Steps[bool]:
        snapshots = self.backend.snapshots
        slot, copy = yield from self._both()
        if not self._is_in(slot) and not self._is_in(copy):
            marked = {"_id": self.context, REDACTING: self._mark}
            return (yield lambda: snapshots.find_one(marked, {"_id": 1})) is not None
        nothing = {"seq": 0, "fingerprint": 0, "recorded_at": 0}
        mark = {"$addToSet": {REDACTING: self._mark}, "$setOnInsert": nothing}
        yield lambda: snapshots.update_one({"_id": self.context}, mark, upsert=True)
        return True

    def _is_in(self, document: Document | None) -> bool:
        return document is not None and self.name in document.get("fields", {})

    def _both(self) -> Steps[tuple[Document, Document | None]]:
        """The documents in the slot, with the event or without, and in the archive."""

        def attempt(_: int) -> Steps[tuple[Document, Document | None] | None]:
            slot = yield lambda: self.backend.events.find_one({"_id": self.slot})
            copy = yield lambda: self.backend.archive.find_one({"_id": self.slot})
            if copy is not None or (slot is not None and "recorded_at" in slot):
                return slot or {}, copy
            # It was moved while we looked, or erased.
            yield from self._refuse_erased()
            return None

        found = yield from self.backend.retry(attempt)
        if found is None:
            raise OsirisError(
                f"{self._named}: the event {self.asked.seq} is neither in the log nor in the archive. Run verify() and "
                "restore it from a backup."
            )
        return found

    def take_out(self) -> Steps[None]:
        def attempt(_: int) -> Steps[bool | None]:
            slot, copy = yield from self._both()
            take_out = self._in_log if "recorded_at" in slot else self._in_archive
            return (yield from take_out(slot, copy)) or None

        if not (yield from self.backend.retry(attempt)):
            raise OsirisError(
                f"{self._named}: the event {self.asked.seq} was moved between log and archive all the time. Nothing tells "
                "of the redaction yet: stop what archives and restores, and call redact() again."
            )
        # An erasure that ran meanwhile may have passed the archive before something was put there.
        yield from self._refuse_erased()

    def _in_log(self, slot: Document, copy: Document | None) -> Steps[bool]:
        if self._is_in(slot):
            seen = {"_id": self.slot, "recorded_at": {"$exists": True}, RESTORED: slot.get(RESTORED)}
            gone = {"$unset": {self._path: ""}, "$set": {RESTORED: max(_count(slot), _count(copy)) + 1}}
            yield lambda: self.backend.events.update_one(seen, gone)
            return False
        if copy is not None and _count(copy) >= _count(slot) and not self._is_in(copy):
            return True
        # In the way of an archive() that has read the event as it was.
        fields = {name: value for name, value in slot["fields"].items() if name != self.name}
        beside = {**slot, "fields": fields, BESIDE: True}
        older = [{RESTORED: {"$not": {"$gte": _count(slot)}}}, {self._path: {"$exists": True}}]
        with suppress(DuplicateKeyError):
            yield lambda: self.backend.archive.replace_one(
                {"_id": self.slot, "$or": older}, beside, upsert=True
            )
        return False

    def _in_archive(self, slot: Document, copy: Document | None) -> Steps[bool]:
        if copy is None:
            return False  # restored meanwhile
        count = _count(copy)
        if self._is_in(copy):
            seen = {"_id": self.slot, RESTORED: copy.get(RESTORED)}
            gone = {"$unset": {self._path: ""}, "$set": {RESTORED: count + 1}}
            yield lambda: self.backend.archive.update_one(seen, gone)
            return False
        if _count(slot) >= count:
            return True
        # In the way of a restore() that has read the event as it was. Only now: it deletes the copy that it has read.
        bound = {
            "$max": {RESTORED: count},
            "$set": {"context": self.context, "seq": self.asked.seq},
            "$currentDate": {"vacated": True},
        }
        vacated = {"_id": self.slot, "recorded_at": {"$exists": False}}
        with suppress(DuplicateKeyError):  # restored meanwhile
            yield lambda: self.backend.events.update_one(vacated, bound, upsert=True)
        return False

    def _refuse_erased(self) -> Steps[None]:
        head = (yield from self.backend.heads([self.context]))[0]
        if head.erased:
            yield from erase(self.backend, self.context)
            raise self.backend.erased(self.context)

    def hide(self) -> Steps[bool]:
        before = yield lambda: self.backend.snapshots.find_one_and_update(
            {"_id": self.context},
            redacted_snapshot(self.asked.seq),
            projection={"seq": 1},
            return_document=ReturnDocument.BEFORE,
        )
        return before is not None and before["seq"] >= self.asked.seq

    def append(self, new: NewEvent, expected_seq: int) -> Steps[Event]:
        event = yield from append(self.backend, new, expected_seq)
        self.backend.seen.forget(
            self.asked.key
        )  # an appended event is taken for one that leaves its stream alive
        return event

    def refold(self) -> Steps[None]:
        return snapshots_due(self.backend, [self.context])

    def end(self) -> Steps[None]:
        unmark = {"$pull": {REDACTING: self._mark}}
        yield lambda: self.backend.snapshots.update_one({"_id": self.context}, unmark)

    @property
    def _named(self) -> str:
        return f"{self.backend.log.model} {self.backend.log.context_of(self.asked.key)!r}"


def _count(document: Document | None) -> int:
    return int((document or {}).get(RESTORED) or 0)
