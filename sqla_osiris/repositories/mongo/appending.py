"""How an event gets its seq: it is inserted behind the head that was seen, and its slot's ``_id`` says whether that held."""

from functools import partial
from typing import Any, Final

from bson import Binary
from pymongo import ReturnDocument
from pymongo.errors import DocumentTooLarge, DuplicateKeyError, OperationFailure, PyMongoError

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.mongo.collections import ATTEMPTS, Collections, Head
from sqla_osiris.repositories.mongo.documents import Draft
from sqla_osiris.repositories.mongo.failures import is_lease_over, is_too_large
from sqla_osiris.repositories.mongo.folding import store_snapshots
from sqla_osiris.repositories.mongo.values import from_microseconds
from sqla_osiris.schema.checks import refuse_expectation
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Every, Inline
from sqla_osiris.steps import Steps

__all__ = ["append", "snapshot_interval", "snapshots_due"]

_INLINE_INTERVAL: Final = 100


def append(collections: Collections, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
    """Append one event. One round trip where the head is known, two where it is not.

    Raises ConcurrentAppend, ContextErased, and InvalidValue for an event that would begin a life without what it must touch.
    """
    refuse_expectation(expected_seq)
    draft = collections.documents.draft(new)
    yield from collections.ready()

    def attempt(lost: int) -> Steps[Event | None]:
        head = collections.seen(draft.key)
        if head is None or _is_refused(draft, head, expected_seq):
            head = yield from collections.head(draft.key, draft.context)
        known = yield from _known(collections, draft, head, expected_seq, look=lost > 0)
        if known is not None:
            return known
        recorded_at = yield from _insert(collections, draft, head)
        if recorded_at is None:
            collections.forget(draft.key)
            return None
        return (yield from _appended(collections, draft, new, head, recorded_at))

    event = yield from collections.retry(attempt)
    if event is None:
        raise OsirisError(
            f"{collections.log.model} {new.context!r}: {ATTEMPTS} attempts to append all met another writer's event. "
            "Nothing was written. Append later, or collect the events of so hot a context in one writer."
        )
    return event


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


def _stands_at(head: Head) -> int:
    return head.seq if head.live else 0


def _is_refused(draft: Draft, head: Head, expected_seq: int | None) -> bool:
    """Whether the event cannot follow this head, which may be too old a one."""
    return (draft.lacks and not head.live) or expected_seq not in {None, _stands_at(head)}


def _known(
    collections: Collections, draft: Draft, head: Head, expected_seq: int | None, *, look: bool
) -> Steps[Event | None]:
    """The event that is there already, by its id. Raises ConcurrentAppend and InvalidValue."""
    refused = _is_refused(draft, head, expected_seq)
    # The log's unique index knows an id unless its event is in the archive.
    if draft.event_id is not None and (refused or head.moved or look):
        known = yield from _event_by_id(collections, draft.context, draft.event_id)
        if known is not None:
            return known
    if expected_seq not in {None, _stands_at(head)}:
        raise collections.conflict(draft, expected_seq, head)
    if refused:
        raise collections.incomplete(draft)
    return None


def _insert(collections: Collections, draft: Draft, head: Head) -> Steps[int | None]:
    """The moment at which the event was recorded; None where the head is not, or no longer, the stream's."""
    where, pipeline = collections.slot(draft, head)
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


def _appended(
    collections: Collections, draft: Draft, new: NewEvent, head: Head, recorded_at: int
) -> Steps[Event]:
    head = head.followed(recorded_at)
    collections.saw(draft.key, head)
    interval = snapshot_interval(collections.log)
    if interval and head.seq % interval == 0:
        yield from snapshots_due(collections, [draft.context])
    return Event(
        context=collections.log.context_of(draft.key),
        seq=head.seq,
        position=None,
        recorded_at=from_microseconds(recorded_at),
        fields=collections.log.as_given_back(collections.log.touches(new.fields)),
        event_id=new.event_id,
        event_type=new.event_type,
        event_meta=new.event_meta,
    )


def _event_by_id(collections: Collections, context: Any, event_id: Binary) -> Steps[Event | None]:
    where = {"context": context, "event_id": event_id, "recorded_at": {"$exists": True}}
    # The log first: events only move from there to the archive.
    for collection in (collections.events, collections.archive):
        found = yield partial(collection.find_one, where)
        if found is not None:
            return collections.documents.event(found)
    return None
