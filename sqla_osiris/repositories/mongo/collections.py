"""Where a model's log is, and at which seq a stream stands.

A writer guesses the next slot of a stream from the head that it saw last. A guess cannot be too high: a head is seen only
once the majority of the servers has it, so that none can take it back, and no seq is ever given up. A guess that is too
low meets the slot's occupant, whose ``_id`` is the slot's: the occupant is an event, a vacated slot or a tombstone.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from random import uniform
from typing import Any, Final, TypeVar

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, ReadPreference
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from sqla_osiris.errors import ContextErased, InvalidValue, OsirisError
from sqla_osiris.repositories.arriving import Take
from sqla_osiris.repositories.mongo import pipelines
from sqla_osiris.repositories.mongo.commits import unpack
from sqla_osiris.repositories.mongo.documents import Document, Documents
from sqla_osiris.repositories.mongo.keys import MongoKeys
from sqla_osiris.repositories.mongo.pipelines import LEASE, VACATED_FOR
from sqla_osiris.repositories.remembering import Remembered
from sqla_osiris.repositories.retrying import backoff, retry
from sqla_osiris.schema.checks import refuse_constrained, refuse_upcasts
from sqla_osiris.schema.log import whole_log_of
from sqla_osiris.steps import Steps

__all__ = ["ATTEMPTS", "CONTEXTS_A_PART", "Collections", "Head", "aggregated"]

T = TypeVar("T")

ATTEMPTS: Final = 200
"""How often a race is entered. The second time follows at once, the others after a pause."""

CONTEXTS_A_PART: Final = 500

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05
_LONGEST_LATE_PAUSE: Final = 0.5

_LEASE_MICROSECONDS: Final = int(LEASE.total_seconds()) * 1_000_000
_SLOT: Final = "osiris_context_seq"


@dataclass(frozen=True, slots=True)
class Head:
    """The place at which a stream stood at ``now`` (the server's microseconds). ``moved``: some of it may be in the archive.

    ``lost``: there are events in the archive, and neither slots in the log nor the snapshot that says where it stands.
    """

    seq: int
    recorded_at: int
    now: int
    live: bool
    moved: bool = False
    erased: bool = False
    lost: bool = False

    @property
    def found(self) -> int:
        """The seq that an ``expected_seq`` is compared with."""
        return self.seq if self.live else 0

    @property
    def until(self) -> int:
        """The moment after which the head is too old to append to."""
        return self.now + _LEASE_MICROSECONDS

    def followed(self, recorded_at: int) -> "Head":
        """The head after an event that we wrote, recorded at that moment."""
        # A moment beyond the last one is the server's own clock.
        now = recorded_at if recorded_at > self.recorded_at else self.now
        return Head(self.seq + 1, max(recorded_at, self.recorded_at), now, live=True, moved=self.moved)


class Collections:
    """One model's collections in one database, of pymongo's blocking or of its asynchronous client."""

    def __init__(self, model: type[Any], database: Any, sleep: Callable[[float], Any]) -> None:
        self.model = model
        log = whole_log_of(model)
        self.log: Final = log
        refuse_constrained(log, "MongoDB")
        refuse_upcasts(log, "MongoDB")
        self.documents: Final = Documents(log)
        self.sleep = sleep
        # Whatever the client's own options are: what has been acknowledged is neither lost nor read too late.
        options = {
            "codec_options": CodecOptions(),
            "read_preference": ReadPreference.PRIMARY,
            "write_concern": WriteConcern("majority"),
            "read_concern": ReadConcern("majority"),
        }
        self.database: Any = database.with_options(**options)
        self.events: Any = self.database[log.events.fullname]
        self.snapshots: Any = self.database[log.heads.fullname]
        self.archive: Any = self.database[f"{log.events.fullname}_archive"]
        self.feed: Any = self.database[f"{log.events.fullname}_feed"]
        self.keys: Final = MongoKeys(self.documents, self.database, self.retry, self.heads)
        self.seen: Final = Remembered[tuple[Any, ...], Head]()
        self._has_indexes = False
        self._transactions: bool | None = None

    def retry(self, attempt: Callable[[int], Steps[T | None]], *, patience: float = 0.0) -> Steps[T | None]:
        """As :func:`retry`: 200 attempts, and more for `patience` seconds beyond them."""
        pauses = islice(backoff(_FIRST_PAUSE, _LONGEST_PAUSE), ATTEMPTS - 2)
        return retry(attempt, chain([0.0], pauses, _late(patience)), self.sleep)

    # Collections

    def create(self) -> Steps[None]:
        """Create the indexes where they are missing, and with them the collections."""
        events, archive = self.events, self.archive
        given = {"event_id": {"$exists": True}}
        by_seq, by_id = (
            [("context", ASCENDING), ("seq", ASCENDING)],
            [("context", ASCENDING), ("event_id", ASCENDING)],
        )
        yield lambda: events.create_index(by_seq, name=_SLOT)
        yield lambda: events.create_index(
            by_id, name="osiris_event_id", unique=True, partialFilterExpression=given
        )
        yield lambda: events.create_index("unsequenced", name="osiris_unsequenced", sparse=True)
        yield lambda: events.create_index("position", name="osiris_position", sparse=True)
        yield lambda: events.create_index(
            "vacated",
            name="osiris_vacated",
            sparse=True,
            expireAfterSeconds=int(VACATED_FOR.total_seconds()),
        )
        yield lambda: archive.create_index(by_seq, name=_SLOT)
        yield lambda: archive.create_index(by_id, name="osiris_event_id", partialFilterExpression=given)
        yield lambda: archive.create_index("position", name="osiris_position")
        yield lambda: self.snapshots.create_index("moved", name="osiris_moved", sparse=True)
        self._has_indexes = True

    def ready(self) -> Steps[None]:
        """Raise OsirisError where :meth:`create` never ran: without its indexes an event_id could come twice."""
        if self._has_indexes:
            return
        found = yield self.events.index_information
        if _SLOT not in found:
            raise OsirisError(
                f"{self.log.model}: the collection {self.events.name!r} has no index {_SLOT!r} in the database "
                f"{self.database.name!r}. Call repository(...).create() once; it is safe to call again."
            )
        self._has_indexes = True

    def transactional(self) -> Steps[bool]:
        """Whether the deployment has transactions: a replica set or a sharded cluster, no standalone server."""
        if self._transactions is not None:
            return self._transactions
        hello = yield lambda: self.database.client.admin.command("hello")
        found = "setName" in hello or hello.get("msg") == "isdbgrid"
        self._transactions = found
        return found

    def context(self, context: Any) -> Any:
        """A context as documents hold it. Raises InvalidValue."""
        return self.documents.context(self.log.key_of(context))

    def taking_all(self) -> Take[Any]:
        """Return what takes the contexts of all streams, as documents hold them."""
        cursor: Any = None

        def take(most: int) -> Steps[list[Any]]:
            nonlocal cursor
            if cursor is None:
                yield from self.ready()
                pipeline = pipelines.all_contexts(self.snapshots.name)
                cursor = yield partial(self.events.aggregate, pipeline, allowDiskUse=True, batchSize=most)
            return [document["c"] for document in (yield partial(cursor.to_list, most))]

        return take

    # Heads

    def heads(self, contexts: Sequence[Any]) -> Steps[list[Head]]:
        """The heads of these streams, in their order, in one round trip. Unpacks what a batch left packed."""
        pipeline = pipelines.heads(self.events.name, self.snapshots.name, self.archive.name, contexts)
        while True:
            (found,) = yield from aggregated(self.database, pipeline)
            packed = [slot["_id"] for slot in found["heads"] if slot["packed"]]
            if not packed:
                slots, bases = self.by_key(found["heads"]), self.by_key(found["bases"])
                lost = self.by_key(found["archived"]).keys() - slots.keys() - bases.keys()
                keys, now = map(self.documents.key, contexts), int(found["now"])
                return [_head(slots.get(key), bases.get(key), now, lost=key in lost) for key in keys]
            for context in packed:
                yield from unpack(self.events, context)

    def by_key(self, found: Iterable[Document]) -> dict[tuple[Any, ...], Document]:
        """Documents by the key of the context that is their ``_id``."""
        return {self.documents.key(document["_id"]): document for document in found}

    def head(self, context: Any) -> Steps[Head]:
        """The stream's head, remembered. Raises ContextErased."""
        head = yield from self.usable_head(context)
        self.seen.put(self.documents.key(context), head)
        return head

    def usable_head(self, context: Any) -> Steps[Head]:
        """The stream's head. Raises ContextErased, and OsirisError where it cannot be known."""
        head: Head = (yield from self.heads([context]))[0]
        self.refuse(context, head)
        return head

    def refuse(self, context: Any, head: Head) -> None:
        """Raise where no event can follow: ContextErased, and OsirisError where it is not known where the stream stands."""
        if head.erased:
            raise self.erased(context)
        if head.lost:
            raise self.without_snapshot(context)

    # Errors

    def erased(self, context: Any) -> ContextErased:
        return ContextErased(
            f"{self.log.model} {self.documents.context_of(context)!r} was erased for good. Choose another context."
        )

    def without_snapshot(self, stored: Any) -> OsirisError:
        """The error of a stream that would begin anew: its events are archived, and its snapshot, which says so, is gone."""
        context = self.documents.context_of(stored)
        return OsirisError(
            f"{self.log.model} {context!r} has events in {self.archive.name!r} and no snapshot in "
            f"{self.snapshots.name!r}, which was dropped or left out of a restored dump. Call restore({context!r}), or "
            "restore() for all streams, which brings the events back into the log."
        )

    def too_large(self, context: Any) -> InvalidValue:
        return InvalidValue(
            f"{self.log.model} {self.documents.context_of(context)!r}: the event is larger than the 16 MB of a MongoDB "
            "document. Keep what is large elsewhere and its address in the event."
        )


def _late(patience: float) -> Iterator[float]:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        yield uniform(0, _LONGEST_LATE_PAUSE)  # noqa: S311  (no secret)


def aggregated(source: Any, pipeline: list[dict[str, Any]], **options: Any) -> Steps[list[dict[str, Any]]]:
    """All results of a pipeline over a collection or a database."""
    cursor = yield lambda: source.aggregate(pipeline, **options)
    found: list[dict[str, Any]] = yield cursor.to_list
    return found


def _head(slot: Document | None, base: Document | None, now: int, *, lost: bool) -> Head:
    folded = int(base["seq"]) if base else 0
    recorded_at = int(base["recorded_at"]) if base else 0
    moved = bool(base and base.get("moved"))
    if slot is None or folded > slot["seq"]:
        # The log's last slots were vacated long ago: the snapshot says where the stream stands.
        return Head(folded, recorded_at, now, live=folded > 0, moved=moved, lost=lost)
    seq = int(slot["seq"])
    if slot["erased"]:
        return Head(seq, 0, now, live=False, erased=True)
    if slot["recorded_at"] is not None:
        recorded_at = int(slot["recorded_at"])
    return Head(seq, recorded_at, now, live=not slot["ends"], moved=moved)
