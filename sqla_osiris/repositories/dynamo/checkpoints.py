"""Checkpoints in the model's index table: an item for each subscription, under the key ``subscription/<name>``."""

import json
import time
from email.utils import parsedate_to_datetime
from typing import Final

from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.steps import Run
from sqla_osiris.subscriptions.checkpoints import Document, DocumentCheckpoints

__all__ = ["DynamoCheckpoints"]

_KEY: Final = "subscription"

_TOLERANCE: Final = 2.0
"""Seconds by which a worker's clock may differ from the server's, which says whole seconds."""


class DynamoCheckpoints(DocumentCheckpoints):
    """The checkpoint is JSON text in the item; ``version`` is an attribute, for the condition of its put."""

    def __init__(self, tables: Tables, run: Run) -> None:
        self._run = run
        self._table = tables.index
        self._requests = tables.requests

    def load(self, name: str) -> Document | None:
        document, _ = self.dated(name)
        return document

    def dated(self, name: str) -> tuple[Document | None, float]:
        key = {"key": f"{_KEY}/{name}", "position": 0}
        item, date = self._run(self._requests.get_dated(self._table, key))
        return (None if item is None else json.loads(item["document"])), _time(date)

    def replace(self, name: str, document: Document, expected: int) -> bool:
        item = {
            "key": f"{_KEY}/{name}",
            "position": 0,
            "version": document["version"],
            "document": json.dumps(document),
        }
        unchanged = "version = :expected" if expected else "attribute_not_exists(version)"
        values = {"ExpressionAttributeValues": {":expected": expected}} if expected else {}
        return self._run(self._requests.put_if(unchanged, self._table, item, **values))

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


def _time(date: str | None) -> float:
    """The worker's own time, or the server's where the two differ."""
    own = time.time()
    if date is None:
        return own
    server = parsedate_to_datetime(date).timestamp()
    return own if abs(own - server) < _TOLERANCE else server
