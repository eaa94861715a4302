"""Checkpoints in the model's index table: an item for each subscription, under the key ``subscription/<name>``."""

import json
from collections.abc import Callable
from typing import Any, Final

from sqla_osiris.repositories.checkpoints import Document, DocumentCheckpoints
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.steps import Steps

__all__ = ["DynamoCheckpoints"]

_KEY: Final = "subscription"


class DynamoCheckpoints(DocumentCheckpoints):
    """The checkpoint is JSON text in the item; ``version`` is an attribute, for the condition of its put."""

    def __init__(self, table: str, requests: Requests, run: Callable[[Steps[Any]], Any]) -> None:
        super().__init__()
        self._run = run
        self._table = table
        self._requests = requests

    def load(self, name: str) -> Document | None:
        item = self._run(self._requests.get(self._table, {"key": f"{_KEY}/{name}", "position": 0}))
        if item is None:
            return None
        document: Document = json.loads(item["document"])
        return document

    def replace(self, name: str, document: Document, expected: int) -> bool:
        item = {
            "key": f"{_KEY}/{name}",
            "position": 0,
            "version": document["version"],
            "document": json.dumps(document),
        }
        unchanged = "version = :expected" if expected else "attribute_not_exists(version)"
        values = {"ExpressionAttributeValues": {":expected": expected}} if expected else {}
        put = self._requests.try_call(
            "ConditionalCheckFailedException",
            "put_item",
            TableName=self._table,
            Item=item,
            ConditionExpression=unchanged,
            **values,
        )
        return self._run(put) is not None

    def names(self) -> list[str]:
        """A scan for the few items of this kind: it serves an error's message."""
        pages = self._requests.pages(
            "scan",
            TableName=self._table,
            FilterExpression="begins_with(#key, :of)",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":of": f"{_KEY}/"},
        )
        return sorted(item["key"].removeprefix(f"{_KEY}/") for page in pages for item in self._run(page))
