"""How do events leave the log's table? Their content goes, their slot stays.

A writer that was held up may still aim at a slot of long ago: were it free, its event would become a second one of
that seq. So an archived or erased event leaves its key behind, some 50 bytes.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from typing import Any, Final
from uuid import UUID

from sqla_osiris.repositories.dynamo.appending import Appending
from sqla_osiris.repositories.dynamo.items import CONTENT, Item
from sqla_osiris.repositories.dynamo.requests import Action
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.repositories.dynamo.values import item_size, to_moment
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.steps import Steps

__all__ = ["Removing", "as_read", "count_read", "delete_snapshots"]

_EVENTS_A_TRANSACTION: Final = 50
_BYTES_A_TRANSACTION: Final = 3_000_000

Progress = Callable[[int], object]
Moving = Callable[[Item], tuple[Action, Action]]


class Removing:
    """Archives, restores and erases one model's events."""

    def __init__(self, tables: Tables, appending: Appending) -> None:
        self._tables = tables
        self._appending = appending

    def archive(self, limits: ArchiveLimits, progress: Progress | None) -> Steps[int]:
        """Move what a snapshot has folded, within these limits: content and slot change in one transaction."""
        moved = 0
        snapshots = self._tables.requests.pages(
            "scan",
            TableName=self._tables.names.events,
            FilterExpression="fingerprint = :fingerprint",
            ExpressionAttributeValues={":fingerprint": self._tables.log.fingerprint},
            ProjectionExpression="#context, folded",
            ExpressionAttributeNames={"#context": "context"},
            ConsistentRead=True,
        )
        for page in snapshots:
            for item in (yield from page):
                upto = yield from self._movable(item["context"], int(item["folded"]), limits.keep)
                for events in self._folded(item["context"], upto):
                    old, all_old = _recorded_before((yield from events), limits.before)
                    moved += yield from self._move_all(old, self._archiving)
                    if progress is not None:
                        progress(moved)
                    if not all_old:
                        break
        return moved

    def _movable(self, context: str, folded: int, keep: int) -> Steps[int]:
        """The last seq that may go: the newest ``keep`` events of the context stay, which the head must say."""
        if not keep:
            return folded
        head = yield from self._appending.head(context)
        return min(folded, head.seq - keep)

    def _folded(self, context: str, upto: int) -> Any:
        if upto < 1:
            return ()
        return self._tables.requests.pages(
            "query",
            TableName=self._tables.names.events,
            KeyConditionExpression="#context = :context AND seq BETWEEN :first AND :upto",
            FilterExpression="attribute_exists(nonce) AND attribute_not_exists(archived)",
            ExpressionAttributeNames={"#context": "context"},
            ExpressionAttributeValues={":context": context, ":first": 1, ":upto": upto},
            ConsistentRead=True,
        )

    def _move_all(self, items: list[Item], moving: Moving) -> Steps[int]:
        moved = 0
        part: list[Item] = []
        for item in items:
            part.append(item)
            if len(part) == _EVENTS_A_TRANSACTION or sum(map(item_size, part)) > _BYTES_A_TRANSACTION:
                moved += yield from self._move(part, moving)
                part = []
        return moved + (yield from self._move(part, moving))

    def _move(self, items: list[Item], moving: Moving) -> Steps[int]:
        """Move these events, but those that another call archives, restores, redacts or erases; return how many."""
        while items:
            lost = yield from self._tables.requests.transact([a for item in items for a in moving(item)])
            if not lost:
                return len(items)
            gone = [any(pair) for pair in zip(lost[::2], lost[1::2], strict=True)]
            items = [item for item, one in zip(items, gone, strict=True) if not one]
        return 0

    def _archiving(self, item: Item) -> tuple[Action, Action]:
        names = {f"#c{i}": name for i, name in enumerate(CONTENT)}
        # What the feed knows stays with the slot, where the feed changes it.
        copied = {name: value for name, value in item.items() if name not in {"unsequenced", "position"}}
        put = {"TableName": self._tables.names.archive, "Item": copied}
        update = {
            "TableName": self._tables.names.events,
            "Key": {"context": item["context"], "seq": item["seq"]},
            "UpdateExpression": f"SET archived = :archived REMOVE {', '.join(names)}",
            "ConditionExpression": f"attribute_exists(nonce) AND attribute_not_exists(archived) AND {as_read(item)}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {":archived": True} | count_read(item),
        }
        return {"Put": put}, {"Update": update}

    def restore(self, context: str | None, progress: Progress | None) -> Steps[int]:
        """Move archived content back into its slots: of one stream, or of all."""
        restored = 0
        for page in self._archived(context):
            restored += yield from self._move_all((yield from page), self._restoring)
            if progress is not None:
                progress(restored)
        return restored

    def _archived(self, context: str | None) -> Any:
        if context is None:
            return self._tables.requests.pages(
                "scan", TableName=self._tables.names.archive, ConsistentRead=True
            )
        return self._tables.requests.pages(
            "query",
            TableName=self._tables.names.archive,
            KeyConditionExpression="#context = :context",
            ExpressionAttributeNames={"#context": "context"},
            ExpressionAttributeValues={":context": context},
            ConsistentRead=True,
        )

    def _restoring(self, item: Item) -> tuple[Action, Action]:
        key = {"context": item["context"], "seq": item["seq"]}
        content = [(f"#c{i}", f":c{i}", name) for i, name in enumerate(CONTENT) if name in item]
        # The slot says which of those who archive, restore and erase comes first.
        delete: dict[str, Any] = {
            "TableName": self._tables.names.archive,
            "Key": key,
            "ConditionExpression": as_read(item),
        }
        if count_read(item):
            delete["ExpressionAttributeValues"] = count_read(item)
        update = {
            "TableName": self._tables.names.events,
            "Key": key,
            "UpdateExpression": f"SET {', '.join(f'{n} = {v}' for n, v, _ in content)} REMOVE archived",
            "ConditionExpression": "attribute_exists(archived)",
            "ExpressionAttributeNames": {n: name for n, _, name in content},
            "ExpressionAttributeValues": {v: item[name] for _, v, name in content},
        }
        return {"Delete": delete}, {"Update": update}

    def erased(self) -> Steps[list[str]]:
        """The contexts of erased streams."""
        contexts: list[str] = []
        pages = self._tables.requests.pages(
            "scan",
            TableName=self._tables.names.events,
            # Below the tombstone slots are erased, too, without a time.
            FilterExpression="erased = :true AND attribute_exists(recorded_at)",
            ProjectionExpression="#context",
            ExpressionAttributeNames={"#context": "context"},
            ExpressionAttributeValues={":true": True},
            ConsistentRead=True,
        )
        for page in pages:
            contexts += [item["context"] for item in (yield from page)]
        return contexts

    def erase(self, context: str, *, anyway: bool = False) -> Steps[int]:
        """Put the tombstone into the next slot, then remove everything below it. A crash is taken up by the next call.

        ``anyway`` puts it there though no stream is.

        The order matters: once every slot is erased, neither a snapshot nor an archived copy can be written any more,
        as both ask for their event's slot in the same transaction. So what is removed after that stays removed.
        """
        tombstone = yield from self._lay_tombstone(context, anyway=anyway)
        if not tombstone:
            return 0
        erased = 0
        for table in (self._tables.names.events, self._tables.names.archive):
            pages = self._tables.requests.pages(
                "query",
                TableName=table,
                KeyConditionExpression="#context = :context AND seq < :tombstone",
                FilterExpression="attribute_not_exists(erased)",
                ExpressionAttributeNames={"#context": "context"},
                ExpressionAttributeValues={":context": context, ":tombstone": tombstone},
                ConsistentRead=True,
            )
            for page in pages:
                erased += yield from self._erase_page(table, page)
        before = {":context": context, ":tombstone": tombstone}
        yield from delete_snapshots(self._tables, "#context = :context AND seq < :tombstone", before)
        return erased

    def _lay_tombstone(self, context: str, *, anyway: bool) -> Steps[int]:
        """Return the tombstone's seq; 0 where there never was a stream."""

        def attempt(_: int) -> Steps[int | None]:
            head = yield from self._appending.head(context)
            if head.erased or not (head.seq or anyway):
                return head.seq
            tombstone = {
                "context": context,
                "seq": head.seq + 1,
                "recorded_at": to_moment(self._tables.clock()),
                "erased": True,
            }
            yield from self._tables.requests.try_call(
                "ConditionalCheckFailedException",
                "put_item",
                TableName=self._tables.names.events,
                Item=tombstone,
                ConditionExpression="attribute_not_exists(seq)",
            )
            return None  # the head says what came there

        return (yield from self._tables.requests.retry(attempt, attempts=None)) or 0

    def _erase_page(self, table: str, page: Steps[list[Item]]) -> Steps[int]:
        events = [item for item in (yield from page) if "folded" not in item]
        identifiers = [
            self._tables.items.identifier(item["context"], UUID(item["event_id"]))
            for item in events
            if "event_id" in item
        ]
        # While the event is there, its event_id says where the identifier is.
        yield from self._tables.requests.write_many(
            self._tables.names.index, [{"DeleteRequest": {"Key": key}} for key in identifiers]
        )
        keys = [{"context": item["context"], "seq": item["seq"]} for item in events]
        if table == self._tables.names.archive:
            yield from self._tables.requests.write_many(
                table, [{"DeleteRequest": {"Key": key}} for key in keys]
            )
        else:
            slots = [{"PutRequest": {"Item": {**key, "erased": True}}} for key in keys]
            yield from self._tables.requests.write_many(table, slots)
        return sum("fields" in item for item in events)


def _recorded_before(items: list[Item], before: datetime | None) -> tuple[list[Item], bool]:
    """The items up to the first one of that moment or later, and whether those are all: an archive takes a beginning."""
    if before is None:
        return items, True
    moment = to_moment(before)
    old = list(takewhile(lambda item: item["recorded_at"] < moment, items))
    return old, len(old) == len(items)


def delete_snapshots(tables: Tables, where: str, values: Item) -> Steps[bool]:
    """Delete the snapshots whose keys this condition picks; ``#context`` stands for the context. Whether there was one."""
    deleted = False
    pages = tables.requests.pages(
        "query",
        TableName=tables.names.events,
        KeyConditionExpression=where,
        FilterExpression="attribute_exists(folded)",
        ProjectionExpression="#context, seq",
        ExpressionAttributeNames={"#context": "context"},
        ExpressionAttributeValues=values,
        ConsistentRead=True,
    )
    for page in pages:
        keys = [{"context": item["context"], "seq": item["seq"]} for item in (yield from page)]
        deletes = [{"DeleteRequest": {"Key": key}} for key in keys]
        yield from tables.requests.write_many(tables.names.events, deletes)
        deleted = deleted or bool(keys)
    return deleted


def as_read(item: Item) -> str:
    """The condition that the event was not redacted since it was read; ``:read`` is :func:`count_read`'s."""
    return "redacted = :read" if "redacted" in item else "attribute_not_exists(redacted)"


def count_read(item: Item) -> Item:
    """The number of times the event had been redacted when it was read."""
    return {":read": item["redacted"]} if "redacted" in item else {}
