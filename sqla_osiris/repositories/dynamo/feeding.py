"""How does the feed get an order into which no event can slip? Its readers give the positions.

An event is written without one and found by the sparse index ``unsequenced``. A reader that has run out of positions
writes the next *page*: the (context, seq) of up to 100 events, under the first of their positions, where no page may
be yet. So of two readers one wins, and the other reads the winner's page. Two rules make a position unique:

* a page is written only after the marks of all earlier pages' events are gone (*settled*); a crash leaves that to the
  next reader;
* the marks of a page's events were read strongly consistently, after the page before was found.

Whoever is in a page has lost its mark before the next page is begun, so no event is in two. Pages are only ever
added behind the last one, so nothing appears behind a position already read. The index lags by moments: an event
may miss a page, and is in a later one. In a context positions follow seq: an event waits for the one before it.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.dynamo.items import SHARDS, UNSEQUENCED, Item
from sqla_osiris.repositories.dynamo.requests import ATTEMPTS
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.schema.checks import refuse_limit, refuse_unreached
from sqla_osiris.steps import Steps

__all__ = ["feed"]

_PAGE: Final = 100
"""The events of a page: as many as one transaction settles."""

_BYTES_A_PAGE: Final = 350_000
"""Of an item's 400 KB: contexts may be long, and JSON writes some characters as six."""

_PAGES_A_QUERY: Final = 150

_GREATEST: Final = 2**63 - 1

Place = tuple[str, int]
"""Context and seq."""


def feed(tables: Tables, after: Any, limit: int) -> Steps[list[Event]]:
    """The events behind position ``after``, at most ``limit``. Raises OsirisError for a position that was never given."""
    refuse_limit(limit)
    if after is not None and (
        isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= _GREATEST
    ):
        raise InvalidValue(f"feed(after={after!r}): give the position of an event of this feed, or None.")
    position = int(after or 0)
    events: list[Event] = []
    while len(events) < limit:
        entries = yield from _entries(tables, position, limit - len(events))
        if entries:
            events += yield from _events(tables, entries)
            position = entries[-1][0]
        elif not (yield from _sequence(tables, position)):
            break
    return (yield from tables.keys.opened(events))


def _entries(tables: Tables, after: int, limit: int) -> Steps[list[tuple[int, Place]]]:
    """The next positions after this one and what is there."""
    pages, _ = yield from tables.requests.page(
        "query",
        TableName=tables.index,
        KeyConditionExpression="#key = :feed AND #position > :before",
        ExpressionAttributeNames={"#key": "key", "#position": "position"},
        # The page that holds the next position begins less than a page before it.
        ExpressionAttributeValues={":feed": "feed", ":before": after + 1 - _PAGE},
        ConsistentRead=True,
        Limit=_PAGES_A_QUERY,
    )
    entries = [entry for page in pages for entry in _positions(page) if entry[0] > after]
    return entries[:limit]


def _events(tables: Tables, entries: list[tuple[int, Place]]) -> Steps[list[Event]]:
    """The events at these places, without those erased."""
    found: dict[Place, Item] = {}
    asked = [place for _, place in entries]
    for _ in range(ATTEMPTS):
        slots = yield from tables.requests.get_many(tables.events, [_key(place) for place in asked])
        archived = [_key(_place(item)) for item in slots if "archived" in item]
        contents = yield from tables.requests.get_many(tables.archive, archived)
        found |= {_place(item): item for item in (*slots, *contents)}
        # What is in neither was restored meanwhile, or erased.
        asked = [_place(key) for key in archived if "archived" in found[_place(key)]]
        if not asked:
            break
    else:
        raise tables.missing(tables.archive)
    held = ((position, found.get(place, {})) for position, place in entries)
    return [tables.items.event(item, position) for position, item in held if "fields" in item]


def _sequence(tables: Tables, read: int) -> Steps[bool]:
    """Give the next positions to what has none. Whether there is more to read now, behind the position ``read``."""
    last = yield from _last_page(tables)
    start = 1
    if last is None:
        if (yield from _has_come_to_begin(tables)):
            return True
    else:
        yield from _settle(tables, last)
        start = _end(last) + 1
    refuse_unreached(tables.log.model, read, start - 1)
    places = yield from _unsequenced(tables, start)
    if places is None:
        return True
    if not places:
        # Another reader may have given what was still without one a moment ago.
        return start - 1 > read
    count, entries = _fitting(places)
    page = {"key": "feed", "position": start, "count": count, "entries": entries}
    free = "attribute_not_exists(#key)"
    names = {"ExpressionAttributeNames": {"#key": "key"}}
    if (yield from tables.requests.put_if(free, tables.index, page, **names)):
        yield from _settle(tables, page)
    return True


def _last_page(tables: Tables) -> Steps[Item | None]:
    pages, _ = yield from tables.requests.page(
        "query",
        TableName=tables.index,
        KeyConditionExpression="#key = :feed",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={":feed": "feed"},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=1,
    )
    return pages[0] if pages else None


def _settle(tables: Tables, page: Item) -> Steps[None]:
    """Take the marks off a page's events, and note that on the page. Safe to repeat, by any reader."""
    if "settled" in page:
        return
    marking = [
        {
            "Update": {
                "TableName": tables.events,
                "Key": _key(place),
                "UpdateExpression": "SET #position = :position REMOVE unsequenced",
                # Another reader may have done it, or the event may have been erased.
                "ConditionExpression": "attribute_exists(unsequenced)",
                "ExpressionAttributeNames": {"#position": "position"},
                "ExpressionAttributeValues": {":position": position},
            }
        }
        for position, place in _positions(page)
    ]
    while marking:
        done = yield from tables.requests.transact(marking)
        marking = [action for action, gone in zip(marking, done, strict=False) if not gone]
    yield from tables.requests.call(
        "update_item",
        TableName=tables.index,
        Key={"key": "feed", "position": page["position"]},
        UpdateExpression="SET settled = :settled",
        ExpressionAttributeValues={":settled": True},
    )


def _has_come_to_begin(tables: Tables) -> Steps[bool]:
    """Whether another reader has written the first page since this one found none.

    Raises OsirisError where there is no page, and an event that was in one. The first part of the log tells.
    """
    found, _ = yield from tables.requests.page(
        "scan",
        TableName=tables.events,
        FilterExpression="attribute_exists(#position)",
        ProjectionExpression="#position",
        ExpressionAttributeNames={"#position": "position"},
        ConsistentRead=True,
    )
    if found and (yield from _last_page(tables)) is None:
        raise _behind(tables, 1, int(found[0]["position"]))
    return bool(found)


def _behind(tables: Tables, start: int, ahead: int) -> OsirisError:
    return OsirisError(
        f"{tables.log.model}: the next page of the feed in {tables.index} would begin at the position {start}, "
        f"but an event in {tables.events} has the position {ahead}: the table was lost, or is older than the log. "
        "Positions would be given twice, so the feed is not read. Restore all tables of the model to one moment; the "
        "table also holds the event_ids."
    )


def _unsequenced(tables: Tables, start: int) -> Steps[list[Place] | None]:
    """The places without a position, a page of them: about the oldest first, in a context by seq without a gap.

    None where another reader has written the page that begins at ``start``. Raises OsirisError
    where an event beside them has a position that would be given now.
    """
    candidates: set[Place] = set()
    for shard in range(SHARDS):
        found, _ = yield from tables.requests.page(
            "query",
            TableName=tables.events,
            IndexName=UNSEQUENCED,
            KeyConditionExpression="unsequenced = :shard",
            ExpressionAttributeValues={":shard": shard},
            Limit=_PAGE,
        )
        candidates |= {_place(item) for item in found}
    if not candidates:
        return []
    asked = candidates | {(context, seq - 1) for context, seq in candidates if seq > 1}
    # The index lags: what it showed is read again.
    items = yield from tables.requests.get_many(
        tables.events,
        [_key(place) for place in asked],
        ProjectionExpression="#context, seq, unsequenced, recorded_at, #position",
        ExpressionAttributeNames={"#context": "context", "#position": "position"},
    )
    ahead = max((int(item["position"]) for item in items if "position" in item), default=0)
    if ahead >= start:
        now = yield from _last_page(tables)
        if now is None or _end(now) < ahead:
            raise _behind(tables, start, ahead)
        return None
    marked = {_place(item): str(item["recorded_at"]) for item in items if UNSEQUENCED in item}
    for context in {context for context, _ in marked}:
        yield from _fill(tables, context, marked, candidates)
    return _in_order(marked)[:_PAGE]


def _fill(tables: Tables, context: str, marked: dict[Place, str], candidates: set[Place]) -> Steps[None]:
    """Add the unsequenced events below and between those that the index showed."""
    seqs = sorted(seq for found, seq in marked if found == context)
    first, last = seqs[0], seqs[-1]
    # The event before a candidate was read too: were it unsequenced, it would be the first.
    if len(seqs) == last - first + 1 and (first == 1 or (context, first) in candidates):
        return
    pages = tables.requests.pages(
        "query",
        **tables.of_context(context, "<= :last", last=last),
        ProjectionExpression="#context, seq, unsequenced, recorded_at, folded",
        ScanIndexForward=False,
    )
    for page in pages:
        for item in (yield from page):
            if "folded" in item:
                continue
            if UNSEQUENCED not in item:
                return
            marked[_place(item)] = str(item["recorded_at"])


def _fitting(places: list[Place]) -> tuple[int, str]:
    """The number of these places that fit into an item, and their text; halved until it fits."""
    text = json.dumps(places, ensure_ascii=False, separators=(",", ":"))
    if len(places) > 1 and len(text.encode()) > _BYTES_A_PAGE:
        return _fitting(places[: len(places) // 2])
    return len(places), text


def _end(page: Item) -> int:
    """The last position of a page."""
    return int(page["position"]) + int(page["count"]) - 1


def _positions(page: Item) -> Iterable[tuple[int, Place]]:
    entries = json.loads(page["entries"])
    return (
        (position, (context, seq)) for position, (context, seq) in enumerate(entries, int(page["position"]))
    )


def _in_order(marked: dict[Place, str]) -> list[Place]:
    """The places by time, but each context's by seq."""
    by_context: dict[str, list[int]] = {}
    for context, seq in sorted(marked):
        by_context.setdefault(context, []).append(seq)
    turns = {context: iter(seqs) for context, seqs in by_context.items()}
    return [
        (context, next(turns[context]))
        for context, _ in sorted(marked, key=lambda place: (marked[place], place))
    ]


def _place(item: Item) -> Place:
    return item["context"], int(item["seq"])


def _key(place: Place) -> Item:
    return {"context": place[0], "seq": place[1]}
