"""How an event gets its seq: it is inserted behind the head that was seen, and its slot's ``_id`` says whether that held."""

from functools import partial
from typing import Any

from bson import Binary
from pymongo import ReturnDocument
from pymongo.errors import DocumentTooLarge, DuplicateKeyError, OperationFailure

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.keys import sealed_content
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.collections import ATTEMPTS, Collections, Head
from sqla_osiris.repositories.mongo.documents import Document, Draft, slot_id
from sqla_osiris.repositories.mongo.failures import is_lease_over, is_too_large
from sqla_osiris.repositories.mongo.snapshots import snapshot_interval, snapshots_due
from sqla_osiris.repositories.mongo.values import from_microseconds
from sqla_osiris.repositories.results import stored_event
from sqla_osiris.schema.checks import refuse_expectation
from sqla_osiris.steps import Steps

__all__ = ["append"]


def append(collections: Collections, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
    """Append one event. One round trip where the head is known, two where it is not.

    Raises ConcurrentAppend, ContextErased, and InvalidValue for an event that would begin a life without what it must touch.
    """
    refuse_expectation(expected_seq)
    draft = collections.documents.draft(new)
    yield from collections.ready()

    def attempt(lost: int) -> Steps[Event | None]:
        head = collections.seen.get(draft.key)
        if head is None or _is_refused(draft, head, expected_seq):
            head = yield from collections.head(draft.context)
        known = yield from _known(collections, draft, head, expected_seq, look=lost > 0)
        if known is not None:
            return known
        placed = collections.documents.begun(draft) if draft.lacks and not head.live else draft
        keys = yield from collections.keys.stored([placed])
        content = sealed_content(placed.content, keys.get(placed.key), head.seq + 1)
        recorded_at = yield from _insert(collections, placed, content, head)
        if recorded_at is None:
            collections.seen.forget(draft.key)
            return None
        return (yield from _appended(collections, placed, head, recorded_at))

    event = yield from collections.retry(attempt)
    if event is None:
        raise OsirisError(
            f"{collections.log.model} {new.context!r}: {ATTEMPTS} attempts to append all met another writer's event. "
            "Nothing was written. Append later, or collect the events of so hot a context in one writer."
        )
    return event


def _is_refused(draft: Draft, head: Head, expected_seq: int | None) -> bool:
    """Whether the event cannot follow this head, which may be too old a one."""
    return (draft.lacks and not head.live) or expected_seq not in {None, head.found}


def _known(
    collections: Collections, draft: Draft, head: Head, expected_seq: int | None, *, look: bool
) -> Steps[Event | None]:
    """The event that is there already, by its id. Raises ConcurrentAppend."""
    refused = _is_refused(draft, head, expected_seq)
    # The log's unique index knows an id unless its event is in the archive.
    if draft.event_id is not None and (refused or head.moved or look):
        known = yield from _event_by_id(collections, draft.context, draft.event_id)
        if known is not None:
            return known
    if expected_seq not in {None, head.found}:
        raise ConcurrentAppend(
            context=collections.log.context_of(draft.key),
            expected_seq=expected_seq,
            found_seq=head.found or None,
            model=collections.log.model,
        )
    return None


def _insert(collections: Collections, draft: Draft, content: Document, head: Head) -> Steps[int | None]:
    """The moment at which the event was recorded; None where the head is not, or no longer, the stream's."""
    seq = head.seq + 1
    # Every slot has its seq: the filter matches none, so the upsert inserts or meets the slot's _id.
    where = {"_id": slot_id(draft.context, seq), "context": draft.context, "seq": {"$exists": False}}
    pipeline = pipelines.appended(
        content, seq=seq, after=head.recorded_at, recorded_at=draft.recorded_at, until=head.until
    )
    try:
        inserted = yield lambda: collections.events.find_one_and_update(
            where,
            pipeline,
            upsert=True,
            return_document=ReturnDocument.AFTER,
            projection={"_id": 0, "recorded_at": 1},
        )
    except DuplicateKeyError:
        return None
    except (DocumentTooLarge, OperationFailure) as error:
        if is_too_large(error):
            raise collections.too_large(draft.context) from error
        if isinstance(error, OperationFailure) and is_lease_over(error):
            return None
        raise
    return int(inserted["recorded_at"])


def _appended(collections: Collections, draft: Draft, head: Head, recorded_at: int) -> Steps[Event]:
    head = head.followed(recorded_at)
    collections.seen.put(draft.key, head)
    interval = snapshot_interval(collections.log)
    if interval and head.seq % interval == 0:
        yield from snapshots_due(collections, [draft.context])
    return stored_event(collections.log, draft.key, draft.new, head.seq, from_microseconds(recorded_at))


def _event_by_id(collections: Collections, context: Any, event_id: Binary) -> Steps[Event | None]:
    where = {"context": context, "event_id": event_id, "recorded_at": {"$exists": True}}
    # The log first: events only move from there to the archive.
    for collection in (collections.events, collections.archive):
        found = yield partial(collection.find_one, where)
        if found is not None:
            (event,) = yield from collections.keys.opened([collections.documents.event(found)])
            return event
    return None
