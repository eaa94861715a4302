"""How is a state read? By one query from the newest event down to the snapshot, folded in Python.

The snapshot up to event n lies at n - 0.5: right behind event n on the way down. Where it is known where the snapshot
was, the query ends there; else it asks for few items first. Reads are strongly consistent: 1 read unit for 4 KB.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqla_osiris import fold as folds
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.arriving import Take, in_pages
from sqla_osiris.repositories.dynamo.items import Item, Snapshot, place_of
from sqla_osiris.repositories.dynamo.requests import ATTEMPTS
from sqla_osiris.repositories.dynamo.tables import EARLIEST, NEWEST, Tables
from sqla_osiris.repositories.results import state_from, touching
from sqla_osiris.schema.moments import Moment
from sqla_osiris.schema.policies import Every, Inline
from sqla_osiris.steps import Pages, Steps

__all__ = [
    "history",
    "instances",
    "snapshot",
    "state",
    "states_of",
    "store_snapshot",
    "stored_history",
]

_INLINE: Final = Every(20)
"""What ``Inline()`` means here: a snapshot whenever a read folds a tail of so many events."""

_FIRST_PAGE, _NEXT_PAGES = _INLINE.n + 1, 8

_logger = logging.getLogger("sqla_osiris.dynamodb")


@dataclass(slots=True)
class _Walked:
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


def state(tables: Tables, context: str, at: Moment | None = None) -> Steps[Any]:
    """The state as an instance of the model, None where no stream lives. Takes the snapshot that is due."""
    when = at if isinstance(at, datetime) else None
    newest = min(at, NEWEST) if isinstance(at, int) else NEWEST
    walked = yield from _walk(tables, context, newest, when)
    if walked.erased:
        return None
    now = _folded(tables, walked, when)
    policy = _INLINE if isinstance(tables.log.policy, Inline) else tables.log.policy
    if at is None and policy.is_due(now.folded.seq - walked.folded) and not now.folded.ended:
        try:
            yield from store_snapshot(tables, context, now, walked.older, redactions=walked.redactions)
        except tables.requests.errors as error:
            # A snapshot is a favour to later readers: this one must not fail for it.
            _logger.warning("%s: a snapshot could not be stored: %s", tables.log.model, type(error).__name__)
    found = yield from instances(tables, {context: now.folded})
    return found[0] if found else None


def instances(tables: Tables, folded: Mapping[str, folds.Folded]) -> Steps[list[Any]]:
    """The states as instances of the model; none of an empty or ended stream. Raises InvalidValue."""
    alive = {tables.items.key(c): each for c, each in folded.items() if each.seq and not each.ended}
    opened = yield from tables.keys.opened_folds(alive)
    return [state_from(tables.model, key, each) for key, each in opened.items()]


def states_of(tables: Tables, take: Take[Any]) -> Pages[Any]:
    """The states of these contexts in their order, without those where no stream lives."""

    def answer(contexts: list[Any]) -> Steps[list[Any]]:
        found = yield from state(tables, tables.context(contexts[0]))
        return [] if found is None else [found]

    return in_pages(take, 1, answer)


def snapshot(tables: Tables, context: str) -> Steps[int | None]:
    """Store one stream's fold. Returns its seq, None where no stream lives."""
    for _ in range(ATTEMPTS):
        walked = yield from _walk(tables, context, NEWEST, None)
        now = _folded(tables, walked, None)
        if walked.erased or now.folded.ended or not now.folded.seq:
            return None
        if now.folded.seq == walked.folded:
            return now.folded.seq
        if (yield from store_snapshot(tables, context, now, walked.older, redactions=walked.redactions)):
            return now.folded.seq
    raise OsirisError(
        f"{tables.log.model}: a stream was redacted {ATTEMPTS} times while its snapshot was taken. "
        "Nothing was stored; take it later."
    )


def store_snapshot(
    tables: Tables, context: str, snapshot: Snapshot, older: list[Item], *, redactions: int = 0
) -> Steps[bool]:
    """Store a snapshot, unless its stream was erased meanwhile, and remove the older ones.

    False, and nothing is stored, where the stream was redacted since so many redactions were known of: the fold may
    hold what is gone.
    """
    item, seq = tables.items.snapshot_item(context, snapshot), snapshot.folded.seq
    there = {
        "TableName": tables.events,
        "Key": {"context": context, "seq": seq},
        "ConditionExpression": "attribute_exists(seq) AND attribute_not_exists(erased)",
    }
    same = _not_redacted_since(tables, context, redactions)
    put = {"TableName": tables.events, "Item": item}
    lost = yield from tables.requests.transact(
        [{"Put": put}, {"ConditionCheck": there}, {"ConditionCheck": same}]
    )
    if lost and lost[2]:
        count = yield from tables.requests.get(tables.index, same["Key"])
        tables.redactions.put(context, int((count or {}).get("redactions", 0)))
        return False
    if lost:
        return True
    tables.snapshots.put(context, seq)
    for old in older:
        if old["seq"] != item["seq"]:
            key = {"context": context, "seq": old["seq"]}
            yield from tables.requests.call("delete_item", TableName=tables.events, Key=key)
    return True


def _not_redacted_since(tables: Tables, context: str, redactions: int) -> dict[str, Any]:
    check: dict[str, Any] = {
        "TableName": tables.index,
        "Key": tables.items.redactions(context),
        "ConditionExpression": "attribute_not_exists(redactions)",
    }
    if redactions:
        check["ConditionExpression"] = "redactions = :known"
        check["ExpressionAttributeValues"] = {":known": redactions}
    return check


def _walk(tables: Tables, context: str, newest: int, when: datetime | None) -> Steps[_Walked]:
    """Walk down from seq ``newest`` to the first snapshot of use, or to the beginning."""
    walked = _Walked(redactions=tables.redactions.get(context) or 0)
    known = (tables.snapshots.get(context) or 0) if when is None else 0
    if 0 < known <= newest:
        above = _between(tables, context, place_of(known), newest)
        done = yield from _descend(tables, walked, above, None, when)
        newest = 0 if done else known - 1
    limit: int | None = _FIRST_PAGE if not walked.items else None
    if newest > 0:
        yield from _descend(tables, walked, _between(tables, context, 0, newest), limit, when)
    if walked.snapshot is not None:
        tables.snapshots.put(context, walked.folded)
    walked.items = [item for item in walked.items if item["seq"] > walked.folded]
    walked.items = yield from _with_content(tables, context, walked.items)
    return walked


def _descend(
    tables: Tables, walked: _Walked, between: dict[str, Any], limit: int | None, when: datetime | None
) -> Steps[bool]:
    """Descend a range; return whether the walk is over."""
    start: Any = None
    while True:
        limited = {} if limit is None else {"Limit": limit}
        items, start = yield from tables.requests.page(
            "query", start, **between, **limited, ScanIndexForward=False
        )
        for item in items:
            if _met(tables, walked, item, when):
                return True
        if start is None:
            return False
        limit = limit and limit * _NEXT_PAGES


def _met(tables: Tables, walked: _Walked, item: Item, when: datetime | None) -> bool:
    """Take one item of the way down; whether it is the last that is needed."""
    if "erased" in item:
        walked.erased = True
        return True
    if "folded" not in item:
        walked.items.append(item)
        return False
    snapshot = tables.items.snapshot(item)
    walked.older.append(item)
    if snapshot is not None and (when is None or snapshot.latest <= when):
        walked.snapshot = snapshot
    return walked.snapshot is not None


def _folded(tables: Tables, walked: _Walked, when: datetime | None) -> Snapshot:
    """The fold of what was walked, and the latest moment in it."""
    base, start = walked.snapshot, walked.folded
    events = [tables.items.event(item) for item in walked.items if item["seq"] > start]
    if when is not None:
        # Up to the last one of then, whatever the times before it: the past is a prefix.
        last = max((event.seq for event in events if event.recorded_at <= when), default=0)
        events = [event for event in events if event.seq <= last]
    latest = max([base.latest if base else EARLIEST, *(event.recorded_at for event in events)])
    folded = folds.fold(tables.log.reducers, touching(tables.log, events), onto=base.folded if base else None)
    return Snapshot(folded, latest)


def history(tables: Tables, context: str, after: int = 0) -> Pages[Event]:
    """The pages of a history."""
    return tables.keys.opened_pages(stored_history(tables, context, after))


def stored_history(tables: Tables, context: str, after: int = 0) -> Pages[Event]:
    """The same with encrypted touches as they are stored."""
    beyond = _between(tables, context, min(after, NEWEST - 1) + 1, NEWEST)
    for page in tables.requests.pages("query", **beyond, ScanIndexForward=True):
        yield _events(tables, context, page)


def _events(tables: Tables, context: str, page: Steps[list[Item]]) -> Steps[list[Event]]:
    items = [item for item in (yield from page) if "folded" not in item and "erased" not in item]
    return [tables.items.event(item) for item in (yield from _with_content(tables, context, items))]


def _with_content(tables: Tables, context: str, items: list[Item]) -> Steps[list[Item]]:
    """The same events' items, those of archived ones out of the archive, in order of seq."""
    found = {item["seq"]: item for item in items}
    for _ in range(ATTEMPTS):
        archived = {seq: item for seq, item in found.items() if "archived" in item}
        if not archived:
            return [found[seq] for seq in sorted(found)]
        # What the feed knows of an event stays in its slot.
        moved = _between(tables, context, min(archived), max(archived)) | {"TableName": tables.archive}
        for page in tables.requests.pages("query", **moved):
            for item in (yield from page):
                slot = archived.pop(item["seq"], None)
                if slot is not None:
                    found[item["seq"]] = {n: v for n, v in slot.items() if n != "archived"} | item
        # What is neither here nor there was restored meanwhile, or erased.
        keys = [{"context": context, "seq": seq} for seq in archived]
        slots = yield from tables.requests.get_many(tables.events, keys)
        there = {item["seq"]: item for item in slots if "erased" not in item}
        found = {seq: item for seq, item in found.items() if seq not in archived} | there
    raise tables.missing(tables.archive)


def _between(tables: Tables, context: str, least: Any, greatest: Any) -> dict[str, Any]:
    return tables.of_context(context, "BETWEEN :least AND :greatest", least=least, greatest=greatest)
