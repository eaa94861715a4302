"""Where are the keys of encrypted fields? In a table of their own: an item a context, with its ``key`` or ``erased``."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqla_osiris.repositories.dynamo.items import Item, Items
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.keys import Change, Context, Keys
from sqla_osiris.steps import Pages, Steps

__all__ = ["DynamoKeys"]

_ACTIONS_A_TRANSACTION: Final = 100


class DynamoKeys(Keys):
    """The keys in one table. ``head`` reads the head of a stream."""

    def __init__(
        self, items: Items, requests: Requests, table: str, head: Callable[[str], Steps[Any]]
    ) -> None:
        super().__init__(items.log, requests.retry)
        self._items = items
        self._requests = requests
        self.table = table
        self._head = head

    def find(self, contexts: Sequence[Context]) -> Steps[dict[Context, str | None]]:
        found = yield from self._requests.get_many(self.table, [self._key(each) for each in contexts])
        return {self._items.key(item["context"]): item.get("key") for item in found}

    def insert(self, keys: Mapping[Context, str]) -> Steps[bool]:
        free = {
            "ConditionExpression": "attribute_not_exists(#context)",
            "ExpressionAttributeNames": {"#context": "context"},
        }
        lost: list[bool] = []
        left = iter(keys.items())
        while part := [*islice(left, _ACTIONS_A_TRANSACTION)]:
            items = [{**self._key(context), "key": key} for context, key in part]
            puts = [{"Put": {"TableName": self.table, "Item": item, **free}} for item in items]
            lost += yield from self._requests.transact(puts)
        return not lost

    def destroy(self, context: Context) -> Steps[None]:
        self.forget(context)
        mark = {**self._key(context), "erased": True}
        yield from self._requests.call("put_item", TableName=self.table, Item=mark)

    def pages(self) -> Pages[tuple[Context, str]]:
        def found(page: Steps[list[Item]]) -> Steps[list[tuple[Context, str]]]:
            items = yield from page
            return [(self._items.key(item["context"]), item["key"]) for item in items if "key" in item]

        scan = self._requests.pages("scan", TableName=self.table, ConsistentRead=True)
        return (found(page) for page in scan)

    def replace(self, changes: Sequence[Change]) -> Steps[int]:
        replaced = 0
        for start in range(0, len(changes), _ACTIONS_A_TRANSACTION):
            replaced += yield from self._replace(changes[start : start + _ACTIONS_A_TRANSACTION])
        return replaced

    def _replace(self, changes: Sequence[Change]) -> Steps[int]:
        while changes:
            lost = yield from self._requests.transact([self._replacement(*change) for change in changes])
            if not lost:
                break
            changes = [change for change, gone in zip(changes, lost, strict=True) if not gone]
        return len(changes)

    def _replacement(self, context: Context, before: str, after: str) -> dict[str, Any]:
        update = {
            "TableName": self.table,
            "Key": self._key(context),
            "UpdateExpression": "SET #key = :after",
            "ConditionExpression": "#key = :before",
            "ExpressionAttributeNames": {"#key": "key"},
            "ExpressionAttributeValues": {":before": before, ":after": after},
        }
        return {"Update": update}

    def erased(self, contexts: Sequence[Context]) -> Steps[set[Context]]:
        found = set()
        for context in contexts:
            if (yield from self._head(self._items.context(context))).erased:
                found.add(context)
        return found

    def _key(self, context: Context) -> Item:
        return {"context": self._items.context(context)}
