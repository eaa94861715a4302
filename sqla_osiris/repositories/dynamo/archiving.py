"""How do events leave the log's table for the archive, and come back? Their content moves, their slot stays.

Content and slot change in one transaction, under the condition that the event is as it was read: another call may
archive, restore, redact or erase it at the same time. :mod:`.erasing` says why slots stay.
"""

from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Any, Final

from sqla_osiris.repositories.dynamo.items import CONTENT, Item
from sqla_osiris.repositories.dynamo.requests import Action
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.repositories.dynamo.values import item_size, to_moment
from sqla_osiris.repositories.protocol import Report
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.steps import Pages, Steps

__all__ = ["archive", "as_read", "count_read", "restore"]

_EVENTS_A_TRANSACTION: Final = 50
_BYTES_A_TRANSACTION: Final = 3_000_000

Moving = Callable[[Tables, Item], tuple[Action, Action]]


def archive(tables: Tables, limits: ArchiveLimits, report: Report) -> Steps[int]:
    """Move what a snapshot has folded, within these limits. Returns how many events."""
    moved = 0
    before = None if limits.before is None else to_moment(limits.before)
    snapshots = tables.requests.pages(
        "scan",
        TableName=tables.events,
        FilterExpression="fingerprint = :fingerprint",
        ExpressionAttributeValues={":fingerprint": tables.log.fingerprint_in_documents},
        ProjectionExpression="#context, folded",
        ExpressionAttributeNames={"#context": "context"},
        ConsistentRead=True,
    )
    for page in snapshots:
        for item in (yield from page):
            for events in (yield from _movable(tables, item["context"], int(item["folded"]), limits.keep)):
                found = yield from events
                # An archive takes a beginning: what was recorded at the moment or later stays, with all behind it.
                old = [*takewhile(lambda event: before is None or event["recorded_at"] < before, found)]
                moved += yield from _move_all(tables, old, _archiving)
                report(moved)
                if len(old) < len(found):
                    break
    return moved


def _movable(tables: Tables, context: str, folded: int, keep: int) -> Steps[Iterable[Steps[list[Item]]]]:
    """Return the pages of a stream's events that may go: of the newest, the head says which stay."""
    upto = min(folded, (yield from tables.head(context)).seq - keep) if keep else folded
    if upto < 1:
        return ()
    return tables.requests.pages(
        "query",
        **tables.of_context(context, "BETWEEN :first AND :upto", first=1, upto=upto),
        FilterExpression="attribute_exists(nonce) AND attribute_not_exists(archived)",
    )


def _archiving(tables: Tables, item: Item) -> tuple[Action, Action]:
    names = {f"#c{i}": name for i, name in enumerate(CONTENT)}
    # What the feed knows stays with the slot, where the feed changes it.
    copied = {name: value for name, value in item.items() if name not in {"unsequenced", "position"}}
    put = {"TableName": tables.archive, "Item": copied}
    update = {
        "TableName": tables.events,
        "Key": {"context": item["context"], "seq": item["seq"]},
        "UpdateExpression": f"SET archived = :archived REMOVE {', '.join(names)}",
        "ConditionExpression": f"attribute_exists(nonce) AND attribute_not_exists(archived) AND {as_read(item)}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {":archived": True} | count_read(item),
    }
    return {"Put": put}, {"Update": update}


def restore(tables: Tables, context: str | None, report: Report) -> Steps[int]:
    """Move archived content back into its slots: of one stream, or of all. Returns how many events."""
    restored = 0
    for page in _archived(tables, context):
        restored += yield from _move_all(tables, (yield from page), _restoring)
        report(restored)
    return restored


def _archived(tables: Tables, context: str | None) -> Pages[Item]:
    if context is None:
        return tables.requests.pages("scan", TableName=tables.archive, ConsistentRead=True)
    return tables.requests.pages("query", **tables.of_context(context, table=tables.archive))


def _restoring(tables: Tables, item: Item) -> tuple[Action, Action]:
    key = {"context": item["context"], "seq": item["seq"]}
    content = [(f"#c{i}", f":c{i}", name) for i, name in enumerate(CONTENT) if name in item]
    # The slot says which of those who archive, restore and erase comes first.
    delete: dict[str, Any] = {"TableName": tables.archive, "Key": key, "ConditionExpression": as_read(item)}
    if count_read(item):
        delete["ExpressionAttributeValues"] = count_read(item)
    update = {
        "TableName": tables.events,
        "Key": key,
        "UpdateExpression": f"SET {', '.join(f'{n} = {v}' for n, v, _ in content)} REMOVE archived",
        "ConditionExpression": "attribute_exists(archived)",
        "ExpressionAttributeNames": {n: name for n, _, name in content},
        "ExpressionAttributeValues": {v: item[name] for _, v, name in content},
    }
    return {"Delete": delete}, {"Update": update}


def _move_all(tables: Tables, items: list[Item], moving: Moving) -> Steps[int]:
    moved = 0
    part: list[Item] = []
    for item in items:
        part.append(item)
        if len(part) == _EVENTS_A_TRANSACTION or sum(map(item_size, part)) > _BYTES_A_TRANSACTION:
            moved += yield from _move(tables, part, moving)
            part = []
    return moved + (yield from _move(tables, part, moving))


def _move(tables: Tables, items: list[Item], moving: Moving) -> Steps[int]:
    """Move these events, but those that another call archives, restores, redacts or erases; return how many."""
    while items:
        lost = yield from tables.requests.transact(
            [action for item in items for action in moving(tables, item)]
        )
        if not lost:
            return len(items)
        gone = [any(pair) for pair in zip(lost[::2], lost[1::2], strict=True)]
        items = [item for item, one in zip(items, gone, strict=True) if not one]
    return 0


def as_read(item: Item) -> str:
    """The condition that the event was not redacted since it was read; ``:read`` is :func:`count_read`'s."""
    return "redacted = :read" if "redacted" in item else "attribute_not_exists(redacted)"


def count_read(item: Item) -> Item:
    """The number of times the event had been redacted when it was read."""
    return {":read": item["redacted"]} if "redacted" in item else {}
