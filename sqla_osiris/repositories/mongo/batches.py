"""Many events, a chunk at a time: all of it in a transaction, or a commit for each of its contexts.

A server without transactions (a standalone one) decides for each context of a chunk by itself; see :mod:`.commits`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

from pymongo.errors import BulkWriteError, DocumentTooLarge, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from sqla_osiris.conflicts import misplaced
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import NewEvent
from sqla_osiris.repositories.arriving import Take
from sqla_osiris.repositories.keys import Context, sealed_content
from sqla_osiris.repositories.mongo.collections import Collections, Head, aggregated
from sqla_osiris.repositories.mongo.commits import packed, unpack_all
from sqla_osiris.repositories.mongo.documents import Document, Draft, Place
from sqla_osiris.repositories.mongo.failures import (
    is_too_large,
    is_transient,
    only_duplicates,
    outgrew_the_cache,
)
from sqla_osiris.repositories.mongo.pipelines import in_parts
from sqla_osiris.repositories.mongo.snapshots import snapshot_interval, snapshots_due
from sqla_osiris.steps import Steps
from sqla_osiris.types.encrypted import ContextKey

__all__ = ["append_chunk", "chunks"]

_EVENTS_A_CHUNK: Final = 50_000
"""The events that are all or nothing together: a transaction is held in the server's memory, for a minute at most."""

_CONTEXTS_A_QUERY: Final = 2_000

_OPEN_TRANSACTION: Final = 120.0
"""Seconds that a batch waits for another writer's transaction, whose client may be gone: the server ends that after a
minute (``transactionLifetimeLimitSeconds``), and looks every half a minute."""

Streams = dict[tuple[Any, ...], list[Draft]]
"""Drafts by the key of their context."""


@dataclass(slots=True)
class _Placed:
    """The events of one context that are to be inserted, and the heads before and after them.

    ``secret`` encrypts them, ``new_key`` is how it is to be stored.
    """

    key: tuple[Any, ...]
    context: Any
    documents: list[Document]
    before: Head
    after: Head
    secret: ContextKey | None
    new_key: str | None


def chunks(_: Collections, take: Take[NewEvent]) -> Callable[[], Steps[list[NewEvent]]]:
    """Return what takes the events of the next chunk."""
    return partial(take, _EVENTS_A_CHUNK)


def append_chunk(collections: Collections, events: Sequence[NewEvent]) -> Steps[int]:
    """Append these events, all or none; without transactions, all or none of each context. Returns how many."""
    checked: dict[str, Place] = {}
    drafts = [collections.documents.draft(event, checked) for event in events]
    yield from collections.ready()
    insert = _insert_in_transaction if (yield from collections.transactional()) else _insert_commits
    appended = 0

    def attempt(_: int) -> Steps[int | None]:
        nonlocal drafts, appended
        placed = yield from _placed(collections, drafts)
        if not placed:
            return appended
        try:
            done = yield from insert(collections, placed)
        except (DocumentTooLarge, PyMongoError) as error:
            if is_too_large(error):
                raise collections.too_large(_largest(placed)) from error
            raise
        collections.keys.remember({stream.key: stream.secret for stream in done if stream.secret})
        for stream in done:
            collections.seen.put(stream.key, stream.after)
            appended += len(stream.documents)
        yield from _snapshots(collections, done)
        written = {stream.key for stream in done}
        drafts = [draft for draft in drafts if draft.key not in written]
        return appended if len(done) == len(placed) else None

    written = yield from collections.retry(attempt, patience=_OPEN_TRANSACTION)
    if written is None:
        raise OsirisError(
            f"{collections.log.model}: a batch of {len(events)} events always met other writers' events. "
            f"{appended or 'None'} of them were written. Append it again later, or with fewer contexts."
        )
    return written


def _placed(collections: Collections, drafts: Sequence[Draft]) -> Steps[list[_Placed]]:
    """The documents by context, without the events whose id is there already. Raises ContextErased and InvalidValue."""
    streams: Streams = {}
    for draft in drafts:
        streams.setdefault(draft.key, []).append(draft)
    heads = yield from _heads(collections, streams)
    known = yield from _known_ids(collections, streams, heads)
    fresh: Streams = {}
    for key, stream in streams.items():
        collections.refuse(stream[0].context, heads[key])
        if drafts_left := _fresh(stream, known.get(key, set())):
            fresh[key] = _begun(collections, drafts_left, live=heads[key].live)
            _refuse_misplaced(collections, fresh[key], heads[key])
    keys, new = yield from collections.keys.drawn(chain.from_iterable(fresh.values()))
    return [_in_place(key, each, heads[key], keys.get(key), new.get(key)) for key, each in fresh.items()]


def _begun(collections: Collections, drafts: list[Draft], *, live: bool) -> list[Draft]:
    """A stream's drafts, of which each that begins a life has its defaults.

    Raises InvalidValue for one that lacks what it must touch.
    """
    if not collections.log.opening:
        return drafts
    found = []
    for draft in drafts:
        found.append(collections.documents.begun(draft) if draft.lacks and not live else draft)
        live = not draft.content.get("ends", False)
    return found


def _refuse_misplaced(collections: Collections, drafts: Sequence[Draft], head: Head) -> None:
    for seq, draft in enumerate(drafts, head.seq + 1):
        if draft.seq is not None and draft.seq != seq:
            raise misplaced(collections.log.model, collections.log.context_of(draft.key), draft.seq, seq)


def _heads(collections: Collections, streams: Streams) -> Steps[dict[tuple[Any, ...], Head]]:
    # Always asked for: a seen head may be too old, and the server cannot refuse a batch's insert for it.
    heads: dict[tuple[Any, ...], Head] = {}
    for keys in in_parts(streams, _CONTEXTS_A_QUERY, key=lambda key: streams[key][0].context):
        found = yield from collections.heads([streams[key][0].context for key in keys])
        heads |= dict(zip(keys, found, strict=True))
    return heads


def _known_ids(
    collections: Collections, streams: Streams, heads: Mapping[tuple[Any, ...], Head]
) -> Steps[dict[tuple[Any, ...], set[bytes]]]:
    """The ids of these events that are there already, by context. A stream without events has none."""
    asked: list[tuple[bool, Document]] = [
        (heads[key].moved, {"context": stream[0].context, "event_id": {"$in": ids}})
        for key, stream in streams.items()
        if heads[key].seq and (ids := [draft.event_id for draft in stream if draft.event_id is not None])
    ]
    known: dict[tuple[Any, ...], set[bytes]] = {}
    # The log first: events only move from there to the archive.
    for collection, wheres in (
        (collections.events, [where for _, where in asked]),
        (collections.archive, [where for moved, where in asked if moved]),
    ):
        for part in in_parts(wheres, _CONTEXTS_A_QUERY):
            pipeline: list[Document] = [
                {"$match": {"$or": part}},
                {"$project": {"_id": 0, "context": 1, "event_id": 1}},
            ]
            for one in (yield from aggregated(collection, pipeline)):
                known.setdefault(collections.documents.key(one["context"]), set()).add(bytes(one["event_id"]))
    return known


def _fresh(stream: Iterable[Draft], known: set[bytes]) -> list[Draft]:
    fresh = []
    for draft in stream:
        if draft.event_id is not None:
            identity = bytes(draft.event_id)
            if identity in known:
                continue
            known.add(identity)
        fresh.append(draft)
    return fresh


def _in_place(
    key: tuple[Any, ...], drafts: Sequence[Draft], head: Head, secret: ContextKey | None, new_key: str | None
) -> _Placed:
    context, seq, latest = drafts[0].context, head.seq, max(head.now, head.recorded_at)
    documents = []
    for draft in drafts:
        seq += 1
        recorded_at = latest if draft.recorded_at is None else draft.recorded_at
        latest = max(latest, recorded_at)
        # In place, not in a new dict: the garbage collector goes through all that a chunk holds, again and again.
        document = sealed_content(draft.content, secret, seq)
        document["_id"] = {"c": context, "s": seq}
        document["context"] = context
        document["seq"] = document["unsequenced"] = seq
        document["recorded_at"] = recorded_at
        documents.append(document)
    last = documents[-1]
    after = Head(seq, last["recorded_at"], head.now, live=not last.get("ends", False), moved=head.moved)
    return _Placed(key, context, documents, head, after, secret, new_key)


def _insert_in_transaction(collections: Collections, placed: list[_Placed]) -> Steps[list[_Placed]]:
    documents = [document for stream in placed for document in stream.documents]
    session = yield collections.database.client.start_session
    try:
        yield lambda: session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"))
        if new := _new_keys(placed):
            yield from collections.keys.insert_all(new, session=session)
        yield lambda: collections.events.insert_many(documents, session=session)
        yield from _commit(session)
    except (DocumentTooLarge, PyMongoError) as error:
        if session.in_transaction:
            yield session.abort_transaction
        if _lost_race(error):
            return []
        if outgrew_the_cache(error):
            raise OsirisError(
                f"{collections.log.model}: a transaction of {len(documents)} events is more than this MongoDB server's "
                "cache holds, so none of them was written. Call append_many() with fewer events at a time, or give the "
                "server more (storage.wiredTiger.engineConfig.cacheSizeGB)."
            ) from error
        raise
    finally:
        yield session.end_session
    return placed


def _new_keys(placed: list[_Placed]) -> dict[Context, str]:
    return {stream.key: stream.new_key for stream in placed if stream.new_key is not None}


def _commit(session: Any) -> Steps[None]:
    for attempt in range(3):
        try:
            yield session.commit_transaction
        except PyMongoError as error:
            # Committing again is safe: the server knows whether it has.
            if attempt == 2 or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
        else:
            return


def _lost_race(error: Exception) -> bool:
    if isinstance(error, BulkWriteError) and error.details.get("writeErrors"):
        return only_duplicates(error)
    return isinstance(error, PyMongoError) and is_transient(error)


def _insert_commits(collections: Collections, placed: list[_Placed]) -> Steps[list[_Placed]]:
    if (new := _new_keys(placed)) and not (yield from collections.keys.insert(new)):
        return []
    commits = [packed(stream.documents) for stream in placed]
    lost: set[int] = set()
    try:
        yield lambda: collections.events.insert_many(commits, ordered=False)
    except BulkWriteError as error:
        if not _lost_race(error):
            raise
        lost = {failure["index"] for failure in error.details["writeErrors"]}
    kept = [commit for place, commit in enumerate(commits) if place not in lost and "batch" in commit]
    if kept:
        yield from unpack_all(collections.events, kept)
    return [stream for place, stream in enumerate(placed) if place not in lost]


def _largest(placed: list[_Placed]) -> Any:
    return max(placed, key=lambda stream: max(len(str(document)) for document in stream.documents)).context


def _snapshots(collections: Collections, done: Sequence[_Placed]) -> Steps[None]:
    interval = snapshot_interval(collections.log)
    if not interval:
        return
    due = [s.context for s in done if s.after.seq // interval > s.before.seq // interval]
    for contexts in in_parts(due, _CONTEXTS_A_QUERY):
        yield from snapshots_due(collections, contexts)
