"""Pages of a few events in all that a store reads and moves in pages, so that a few events have many edges."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sqla_osiris.databases import base, postgresql
from sqla_osiris.repositories import copying, exporting
from sqla_osiris.repositories.dynamo import appending, archiving, requests, scanning
from sqla_osiris.repositories.dynamo import feeding as dynamo_feed
from sqla_osiris.repositories.mongo import archiving as mongo_archiving
from sqla_osiris.repositories.mongo import batches, feeding, reading, snapshots
from sqla_osiris.repositories.mongo import verifying as mongo_verifying
from sqla_osiris.repositories.sql import reading as sql_reading
from sqla_osiris.repositories.sql import upkeep as sql_upkeep
from sqla_osiris.writing import batch_columns
from tests.repositories.dynamo.fixtures import Client

__all__ = ["small_pages", "with_small_answers"]

_SIZES: tuple[tuple[Any, str], ...] = (
    (copying, "_EVENTS_A_PAGE"),
    (copying, "_ROWS_A_PAGE"),
    (copying, "_STATES_A_PAGE"),
    (copying, "_STATE_ROWS_A_PAGE"),
    (exporting, "_EVENTS_A_PAGE"),
    (sql_reading, "_ROWS_A_CHUNK"),
    (sql_upkeep, "_CONTEXTS_A_PAGE"),
    (batch_columns, "CONTEXTS_A_CHUNK"),
    (batch_columns, "_EVENTS_A_CHUNK"),
    (batch_columns, "_EVENTS_A_PIECE"),
    (base, "CONTEXTS_A_STATEMENT"),
    (postgresql, "CONTEXTS_AN_ARRAY"),
    (reading, "_EVENTS_A_PART"),
    (reading, "CONTEXTS_A_PART"),
    (snapshots, "CONTEXTS_A_PART"),
    (mongo_verifying, "CONTEXTS_A_PART"),
    (mongo_archiving, "CONTEXTS_A_PART"),
    (mongo_archiving, "_EVENTS_A_MOVE"),
    (batches, "_CONTEXTS_A_QUERY"),
    (batches, "_EVENTS_A_CHUNK"),
    (dynamo_feed, "_PAGE"),
    (dynamo_feed, "_PAGES_A_QUERY"),
    (requests, "_KEYS_A_GET"),
    (scanning, "_EVENTS_A_FOLD"),
    (archiving, "_EVENTS_A_TRANSACTION"),
)


@contextmanager
def small_pages(size: int) -> Iterator[None]:
    """Pages of this many events, contexts or keys, whatever the store."""
    with pytest.MonkeyPatch.context() as patched:
        for module, name in _SIZES:
            patched.setattr(module, name, size)
        for name in ("_LEAST_BATCH", "_GREATEST_BATCH"):
            patched.setattr(feeding, name, size + 4)  # each takes some seven round trips
        patched.setattr(appending, "_ACTIONS_A_TRANSACTION", size + 1)  # an event with an id takes two
        yield


def with_small_answers(client: Any, size: Callable[[], int]) -> Any:
    """The boto3 client, whose queries and scans end after so many items, as DynamoDB's end after 1 MB."""

    def limited(operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            return getattr(client, operation)(**({"Limit": size()} | arguments))

        return call

    return Client(client, query=limited("query"), scan=limited("scan"))
