"""How is a state read? By one query from the newest event down to the snapshot, folded in Python.

The snapshot up to event n lies at n - 0.5: right behind event n on the way down. Where it is known where the snapshot
was, the query ends there; else it asks for few items first. Reads are strongly consistent: 1 read unit for 4 KB.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from sqla_osiris import fold as folds
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.dynamo.appending import NEWEST
from sqla_osiris.repositories.dynamo.heads import Remembered
from sqla_osiris.repositories.dynamo.items import Item, Snapshot, place_of
from sqla_osiris.repositories.dynamo.requests import ATTEMPTS
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.repositories.results import state_from
from sqla_osiris.schema.moments import checked_after, checked_moment
from sqla_osiris.schema.policies import Every, Never
from sqla_osiris.steps import Steps

__all__ = ["EARLIEST", "INLINE_EVERY", "Reading", "Walked"]

ModelT = TypeVar("ModelT")

INLINE_EVERY: Final = 20
"""What ``Inline()`` means here: a snapshot whenever a read folds a tail of so many events."""

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_FIRST_PAGE, _NEXT_PAGES = INLINE_EVERY + 1, 8

_logger = logging.getLogger("sqla_osiris.dynamodb")


@dataclass(slots=True)
class Walked:
    """The finds of a walk down a stream: the snapshot that ended it, the events above it in order of seq.

    ``redactions`` is how many were known of before it.
    """

    snapshot: Snapshot | None = None
    items: list[Item] = field(default_factory=list)
    older: list[Item] = field(default_factory=list)
    erased: bool = False
    redactions: int = 0

    @property
    def folded(self) -> int:
        """The seq up to which the snapshot spares the events."""
        return self.snapshot.folded.seq if self.snapshot else 0


class Reading(Generic[ModelT]):
    """Reads one model's streams and takes their snapshots."""

    def __init__(self, model: type[ModelT], tables: Tables) -> None:
        self._model = model
        self._tables = tables
        self._snapshots: Remembered[int] = Remembered()
        self._redactions: Remembered[int] = Remembered()

    def state(self, context: Any, at: datetime | int | None) -> Steps[ModelT | None]:
        key = self._tables.log.key_of(context)
        return (yield from self.state_of(key, self._tables.items.context(key), at))

    def state_of(
        self, key: tuple[Any, ...], context: str, at: datetime | int | None = None
    ) -> Steps[ModelT | None]:
        when = _moment(at)
        newest = NEWEST if at is None or when else min(int(at), NEWEST)  # type: ignore[arg-type]  # a seq
        walked = yield from self._walk(context, newest, when)
        if walked.erased:
            return None
        folded, latest = self.folded(walked, when)
        if at is None and self.is_due(folded.seq - walked.folded) and not folded.ended:
            yield from self._take_quietly(context, Snapshot(folded, latest), walked)
        return self.instance(key, folded)

    def snapshot(self, context: Any) -> Steps[int | None]:
        key = self._tables.log.key_of(context)
        return (yield from self.snapshot_of(self._tables.items.context(key)))

    def snapshot_of(self, context: str) -> Steps[int | None]:
        for _ in range(ATTEMPTS):
            walked = yield from self._walk(context, NEWEST, None)
            folded, latest = self.folded(walked, None)
            if walked.erased or folded.ended or not folded.seq:
                return None
            if folded.seq == walked.folded:
                return folded.seq
            snapshot = Snapshot(folded, latest)
            if (yield from self.take(context, snapshot, walked.older, redactions=walked.redactions)):
                return folded.seq
        raise OsirisError(
            f"{self._tables.log.model}: a stream was redacted {ATTEMPTS} times while its snapshot was taken. "
            "Nothing was stored; take it later."
        )

    def take(
        self, context: str, snapshot: Snapshot, older: list[Item], *, redactions: int = 0
    ) -> Steps[bool]:
        """Store a snapshot, unless its stream was erased meanwhile, and remove the older ones.

        False, and nothing is stored, where the stream was redacted since so many redactions were known of: the fold may
        hold what is gone.
        """
        item = self._tables.items.snapshot_item(context, snapshot)
        there = {
            "TableName": self._tables.names.events,
            "Key": {"context": context, "seq": snapshot.folded.seq},
            "ConditionExpression": "attribute_exists(seq) AND attribute_not_exists(erased)",
        }
        put = {"TableName": self._tables.names.events, "Item": item}
        same = self._not_redacted_since(context, redactions)
        lost = yield from self._tables.requests.transact(
            [{"Put": put}, {"ConditionCheck": there}, {"ConditionCheck": same}]
        )
        if lost and lost[2]:
            count = yield from self._tables.requests.get(self._tables.names.index, same["Key"])
            self._redactions.put(context, int((count or {}).get("redactions", 0)))
            return False
        if lost:
            return True
        self._snapshots.put(context, snapshot.folded.seq)
        for old in older:
            if old["seq"] != item["seq"]:
                key = {"context": context, "seq": old["seq"]}
                yield from self._tables.requests.call(
                    "delete_item", TableName=self._tables.names.events, Key=key
                )
        return True

    def _not_redacted_since(self, context: str, redactions: int) -> dict[str, Any]:
        check: dict[str, Any] = {
            "TableName": self._tables.names.index,
            "Key": self._tables.items.redactions(context),
            "ConditionExpression": "attribute_not_exists(redactions)",
        }
        if redactions:
            check["ConditionExpression"] = "redactions = :known"
            check["ExpressionAttributeValues"] = {":known": redactions}
        return check

    def is_due(self, tail: int) -> bool:
        """Whether the policy wants a snapshot of a stream with so many events beyond its last one."""
        policy = self._tables.log.policy
        if isinstance(policy, Never):
            return False
        return tail >= (policy.n if isinstance(policy, Every) else INLINE_EVERY)

    def folded(self, walked: Walked, when: datetime | None) -> tuple[folds.Folded, datetime]:
        """The fold of what was walked, and the latest moment in it."""
        base, start = walked.snapshot, walked.folded
        events = [self._tables.items.event(item) for item in walked.items if item["seq"] > start]
        if when is not None:
            # Up to the last one of then, whatever the times before it: the past is a prefix.
            last = max((event.seq for event in events if event.recorded_at <= when), default=0)
            events = [event for event in events if event.seq <= last]
        latest = max([base.latest if base else EARLIEST, *(event.recorded_at for event in events)])
        return folds.fold(self._tables.log.reducers, events, onto=base.folded if base else None), latest

    def instance(self, key: tuple[Any, ...], folded: folds.Folded) -> ModelT | None:
        """The state as an instance of the model; None of an empty or ended stream. Raises InvalidValue."""
        if not folded.seq or folded.ended:
            return None
        self._tables.items.refuse_outgrown(key, folded)
        return state_from(self._model, key, folded)

    def history(self, context: Any, after: int) -> Iterator[Steps[list[Event]]]:
        """The pages of a history."""
        stream = self._tables.items.context(self._tables.log.key_of(context))
        return self.history_of(stream, min(checked_after(after), NEWEST - 1))

    def history_of(self, context: str, after: int, upto: int = NEWEST) -> Iterator[Steps[list[Event]]]:
        pages = self._tables.requests.pages(
            "query", **self._range(context, after + 1, upto), ScanIndexForward=True, ConsistentRead=True
        )
        for page in pages:
            yield self._events(context, page)

    def kept(self, context: str) -> Steps[list[Item]]:
        """The stream's snapshots, and whatever of it is erased, in order of seq."""
        found: list[Item] = []
        where = "attribute_exists(folded) OR attribute_exists(erased)"
        for page in self._tables.requests.pages(
            "query", **self._range(context, 0, NEWEST), FilterExpression=where, ConsistentRead=True
        ):
            found += yield from page
        return found

    def _events(self, context: str, page: Steps[list[Item]]) -> Steps[list[Event]]:
        items = [item for item in (yield from page) if "folded" not in item and "erased" not in item]
        return [self._tables.items.event(item) for item in (yield from self.with_content(context, items))]

    def with_content(self, context: str, items: list[Item]) -> Steps[list[Item]]:
        """The same events' items, those of archived ones out of the archive, in order of seq."""
        found = {item["seq"]: item for item in items}
        for _ in range(ATTEMPTS):
            archived = {seq: item for seq, item in found.items() if "archived" in item}
            if not archived:
                return [found[seq] for seq in sorted(found)]
            # What the feed knows of an event stays in its slot.
            for item in (yield from self._archived(context, min(archived), max(archived))):
                slot = archived.pop(item["seq"], None)
                if slot is not None:
                    found[item["seq"]] = {n: v for n, v in slot.items() if n != "archived"} | item
            # What is neither here nor there was restored meanwhile, or erased.
            keys = [{"context": context, "seq": seq} for seq in archived]
            slots = yield from self._tables.requests.get_many(self._tables.names.events, keys)
            there = {item["seq"]: item for item in slots if "erased" not in item}
            found = {seq: item for seq, item in found.items() if seq not in archived} | there
        raise self._tables.missing(self._tables.names.archive)

    def _archived(self, context: str, first: int, last: int) -> Steps[list[Item]]:
        between = self._range(context, first, last)
        between["TableName"] = self._tables.names.archive
        contents: list[Item] = []
        for page in self._tables.requests.pages("query", **between, ConsistentRead=True):
            contents += yield from page
        return contents

    def _walk(self, context: str, newest: int, when: datetime | None) -> Steps[Walked]:
        """Walk down from seq ``newest`` to the first snapshot of use, or to the beginning."""
        walked = Walked(redactions=self._redactions.get(context) or 0)
        known = (self._snapshots.get(context) or 0) if when is None else 0
        if 0 < known <= newest:
            done = yield from self._descend(walked, self._range(context, place_of(known), newest), None, when)
            newest = 0 if done else known - 1
        limit: int | None = _FIRST_PAGE if not walked.items else None
        if newest > 0:
            yield from self._descend(walked, self._range(context, 0, newest), limit, when)
        if walked.snapshot is not None:
            self._snapshots.put(context, walked.folded)
        walked.items = [item for item in walked.items if item["seq"] > walked.folded]
        walked.items = yield from self.with_content(context, walked.items)
        return walked

    def _descend(
        self, walked: Walked, between: dict[str, Any], limit: int | None, when: datetime | None
    ) -> Steps[bool]:
        """Descend a range; return whether the walk is over."""
        start: Any = None
        while True:
            limited = {} if limit is None else {"Limit": limit}
            items, start = yield from self._tables.requests.page(
                "query", start, **between, **limited, ScanIndexForward=False, ConsistentRead=True
            )
            for item in items:
                if self._met(walked, item, when):
                    return True
            if start is None:
                return False
            limit = limit and limit * _NEXT_PAGES

    def _met(self, walked: Walked, item: Item, when: datetime | None) -> bool:
        """Take one item of the way down; whether it is the last that is needed."""
        if "erased" in item:
            walked.erased = True
            return True
        if "folded" not in item:
            walked.items.append(item)
            return False
        snapshot = self._tables.items.snapshot(item)
        walked.older.append(item)
        if snapshot is not None and (when is None or snapshot.latest <= when):
            walked.snapshot = snapshot
        return walked.snapshot is not None

    def _range(self, context: str, least: Any, greatest: Any) -> dict[str, Any]:
        return {
            "TableName": self._tables.names.events,
            "KeyConditionExpression": "#context = :context AND seq BETWEEN :least AND :greatest",
            "ExpressionAttributeNames": {"#context": "context"},
            "ExpressionAttributeValues": {":context": context, ":least": least, ":greatest": greatest},
        }

    def _take_quietly(self, context: str, snapshot: Snapshot, walked: Walked) -> Steps[None]:
        """Store a snapshot, which is a favour to later readers: this one must not fail for it."""
        try:
            yield from self.take(context, snapshot, walked.older, redactions=walked.redactions)
        except self._tables.requests.errors as error:
            _logger.warning(
                "%s: a snapshot could not be stored: %s", self._tables.log.model, type(error).__name__
            )


def _moment(at: Any) -> datetime | None:
    """The moment that ``at`` means; None for a seq or no limit. Raises InvalidValue."""
    moment = None if at is None else checked_moment(at)
    return moment if isinstance(moment, datetime) else None
