"""Many events, a chunk at a time: all of it in a transaction, or a commit for each of its contexts.

A server without transactions (a standalone one) decides for each context of a chunk by itself; see :mod:`.commits`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import NewEvent
from sqla_osiris.repositories.mongo.appending import pauses, snapshot_interval, snapshots_due
from sqla_osiris.repositories.mongo.commits import packed, unpack_all
from sqla_osiris.repositories.mongo.documents import Document, Draft
from sqla_osiris.repositories.mongo.failures import DUPLICATE, is_too_large, is_transient
from sqla_osiris.repositories.mongo.log import Head, Log, aggregated
from sqla_osiris.repositories.steps import Steps

__all__ = ["EVENTS_A_CHUNK", "append_chunk"]

EVENTS_A_CHUNK: Final = 50_000
"""The events that are all or nothing together: a transaction is held in the server's memory, for a minute at most."""

_CONTEXTS_A_QUERY: Final = 2_000


@dataclass(slots=True)
class _Placed:
    """The events of one context that are to be inserted, and the heads before and after them."""

    key: tuple[Any, ...]
    context: Any
    documents: list[Document]
    before: Head
    after: Head


def append_chunk(log: Log, events: Sequence[NewEvent]) -> Steps[int]:
    """Append these events, all or none; without transactions, all or none of each context. Returns how many."""
    drafts = [log.documents.draft(event) for event in events]
    yield from log.ready()
    in_transaction = yield from log.transactional()
    appended = 0
    for pause in pauses():
        if pause:
            yield partial(log.sleep, pause)
        placed = yield from _placed(log, drafts)
        if not placed:
            return appended
        insert = _insert_in_transaction if in_transaction else _insert_commits
        done = yield from insert(log, placed)
        for stream in done:
            log.saw(stream.key, stream.after)
            appended += len(stream.documents)
        yield from _snapshots(log, done)
        written = {stream.key for stream in done}
        drafts = [draft for draft in drafts if draft.key not in written]
        if len(done) == len(placed):
            return appended
    raise OsirisError(
        f"{log.stream.model}: a batch of {len(events)} events always met other writers' events. "
        f"{appended or 'None'} of them were written. Append it again later, or with fewer contexts."
    )


def _placed(log: Log, drafts: Sequence[Draft]) -> Steps[list[_Placed]]:
    """The documents by context, without the events whose id is there already. Raises ContextErased."""
    streams: dict[tuple[Any, ...], list[Draft]] = {}
    for draft in drafts:
        streams.setdefault(draft.key, []).append(draft)
    heads = yield from _heads(log, streams)
    known = yield from _known_ids(log, drafts)
    placed = []
    for key, stream in streams.items():
        context = stream[0].context
        if heads[key].erased:
            raise log.erased(context)
        fresh = _fresh(key, stream, known)
        if fresh:
            placed.append(_in_place(log, key, fresh, heads[key]))
    return placed


def _heads(log: Log, streams: dict[tuple[Any, ...], list[Draft]]) -> Steps[dict[tuple[Any, ...], Head]]:
    # Always asked for: a seen head may be too old, and the server cannot refuse a batch's insert for it.
    heads: dict[tuple[Any, ...], Head] = {}
    unknown = iter(streams)
    while keys := list(islice(unknown, _CONTEXTS_A_QUERY)):
        found = yield from log.heads([streams[key][0].context for key in keys])
        heads |= dict(zip(keys, found, strict=True))
    return heads


def _known_ids(log: Log, drafts: Sequence[Draft]) -> Steps[set[tuple[Any, Any]]]:
    given = [draft for draft in drafts if draft.event_id is not None]
    known: set[tuple[Any, Any]] = set()
    rest = iter(given)
    while part := list(islice(rest, _CONTEXTS_A_QUERY)):
        pairs = [{"context": draft.context, "event_id": draft.event_id} for draft in part]
        for collection in (log.events, log.archive):
            found = yield from aggregated(
                collection,
                [{"$match": {"$or": pairs}}, {"$project": {"_id": 0, "context": 1, "event_id": 1}}],
            )
            known |= {(log.documents.key(one["context"]), bytes(one["event_id"])) for one in found}
    return known


def _fresh(key: tuple[Any, ...], stream: Iterable[Draft], known: set[tuple[Any, Any]]) -> list[Draft]:
    fresh = []
    for draft in stream:
        if draft.event_id is not None:
            identity = (key, bytes(draft.event_id))
            if identity in known:
                continue
            known.add(identity)
        fresh.append(draft)
    return fresh


def _in_place(log: Log, key: tuple[Any, ...], drafts: Sequence[Draft], head: Head) -> _Placed:
    latest, documents = max(head.now, head.recorded_at), []
    seq = head.seq
    for draft in drafts:
        seq += 1
        document = log.documents.event_document(draft, seq, latest)
        documents.append(document)
        latest = max(latest, document["recorded_at"])
    ended = documents[-1].get("ends", False)
    after = Head(seq, documents[-1]["recorded_at"], head.now, live=not ended, moved=head.moved)
    return _Placed(key, drafts[0].context, documents, head, after)


def _insert_in_transaction(log: Log, placed: list[_Placed]) -> Steps[list[_Placed]]:
    documents = [document for stream in placed for document in stream.documents]
    session = yield log.database.client.start_session
    try:
        yield lambda: session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority"))
        yield lambda: log.events.insert_many(documents, session=session)
        yield from _commit(session)
    except (DocumentTooLarge, PyMongoError) as error:
        if session.in_transaction:
            yield session.abort_transaction
        if _lost_race(error):
            return []
        if is_too_large(error):
            raise log.too_large(_largest(placed)) from error
        raise
    finally:
        yield session.end_session
    return placed


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
        return all(failure["code"] == DUPLICATE for failure in error.details["writeErrors"])
    return isinstance(error, PyMongoError) and is_transient(error)


def _insert_commits(log: Log, placed: list[_Placed]) -> Steps[list[_Placed]]:
    commits = [packed(stream.documents) for stream in placed]
    lost: set[int] = set()
    try:
        yield lambda: log.events.insert_many(commits, ordered=False)
    except BulkWriteError as error:
        if is_too_large(error):
            raise log.too_large(_largest(placed)) from error
        if not _lost_race(error):
            raise
        lost = {failure["index"] for failure in error.details["writeErrors"]}
    except (DocumentTooLarge, OperationFailure) as error:
        if is_too_large(error):
            raise log.too_large(_largest(placed)) from error
        raise
    kept = [commit for place, commit in enumerate(commits) if place not in lost and "batch" in commit]
    if kept:
        yield from unpack_all(log.events, kept)
    return [stream for place, stream in enumerate(placed) if place not in lost]


def _largest(placed: list[_Placed]) -> Any:
    return max(placed, key=lambda stream: max(len(str(document)) for document in stream.documents)).context


def _snapshots(log: Log, done: Sequence[_Placed]) -> Steps[None]:
    interval = snapshot_interval(log.stream)
    if not interval:
        return
    due = iter(
        [stream.context for stream in done if stream.after.seq // interval > stream.before.seq // interval]
    )
    while contexts := list(islice(due, _CONTEXTS_A_QUERY)):
        yield from snapshots_due(log, contexts)
