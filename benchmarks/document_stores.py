"""MongoDB and DynamoDB beside their floors: the same documents, written and read by hand with the bare driver.

    python benchmarks/run.py --only mongodb dynamodb   # starts its own servers; prints, writes nothing

MongoDB is a replica set of one and a standalone server, both with their journal. The floors write the same payload under a
unique (context, seq) index, their seqs known beforehand, with the library's write concern: the majority's acknowledgement.
DynamoDB is DynamoDB Local: its units are AWS's, its speed is not, so the units have bars and the rate is for orientation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from uuid import uuid4

import boto3
from cases import Result, Size, interleaved, rates
from pymongo import MongoClient, WriteConcern
from stores import Account, new_events

from sqla_osiris import DynamoRepository, MongoRepository
from sqla_osiris.repositories.dynamo.target import client_and_prefix
from tests.dynamodb_local import dynamodb_local
from tests.repositories.dynamo.fixtures import Costs
from tests.servers import mongodb_server

__all__ = ["MEASUREMENTS", "VERSIONS"]

VERSIONS = "MongoDB 6.0.5, DynamoDB Local 1.25.1"
"""Of the servers that the tests install."""

CACHE_GIGABYTES = 1.0
NO_BAR = 0.0
EVENTS_A_CONTEXT = 10


def on_mongodb(size: Size) -> Iterator[Result]:
    """On a replica set and on a standalone server, which has no transactions."""
    for name, replica_set in (("MongoDB", True), ("MongoDB, standalone", False)):
        with (
            mongodb_server(replica_set=replica_set, cache_gigabytes=CACHE_GIGABYTES, durable=True) as url,
            MongoClient[dict[str, Any]](url) as client,
        ):
            database = client["benchmark"].with_options(write_concern=WriteConcern("majority"))
            yield append(name, database, size)
            yield append_many(name, database, size)
            if replica_set:
                yield states(name, database, size)
                yield from feed(name, database, size)


def document(context: str, seq: int, fields: dict[str, Any]) -> dict[str, Any]:
    """An event by hand."""
    return {"context": context, "seq": seq, "recorded_at": 1_700_000_000_000_000, "fields": fields}


@contextmanager
def opened(database: Any) -> Iterator[tuple[MongoRepository[Account], Any]]:
    """Empty collections: the library's, and one of hand-written events."""
    accounts = MongoRepository(Account, database)
    accounts.create()
    raw = database[f"raw_{uuid4().hex}"]
    raw.create_index([("context", 1), ("seq", 1)], unique=True)
    yield accounts, raw
    for collection in database.list_collection_names():
        database.drop_collection(collection)


def append(name: str, database: Any, size: Size) -> Result:
    """One event a call, to a hundred contexts in turn."""
    written = {"company": "company", "title": "title", "salary": 3}
    with opened(database) as (accounts, raw):
        accounts.append_many(new_events(100, 1))

        def floor(turn: int) -> float:
            start = perf_counter()
            raw.insert_one(document(f"c{turn % 100:06}", turn + 1_000, written))
            return perf_counter() - start

        def ours(turn: int) -> float:
            start = perf_counter()
            accounts.append(f"c{turn % 100:06}", **written)
            return perf_counter() - start

        measured = rates(interleaved(floor, ours, 3 * size.commits))
    return Result("append / insert_one of a known event", name, *measured, "/s", 0.5)


def append_many(name: str, database: Any, size: Size) -> Result:
    """An import into empty collections, ten events a context, as a live system writes them."""
    contexts = max(1, size.imported // EVENTS_A_CONTEXT)
    events = list(new_events(contexts, EVENTS_A_CONTEXT))

    def floor(_turn: int) -> float:
        with opened(database) as (_, raw):
            documents = [
                document(event.context, number // contexts + 1, dict(event.fields))
                for number, event in enumerate(events)
            ]
            start = perf_counter()
            raw.insert_many(documents)
            return perf_counter() - start

    def ours(_turn: int) -> float:
        with opened(database) as (accounts, _):
            start = perf_counter()
            assert accounts.append_many(events) == len(events)
            return perf_counter() - start

    measured = rates(interleaved(floor, ours, max(3, size.rounds // 2)), len(events))
    case = f"append_many of {len(events):,} events / insert_many of known events"
    return Result(case, name, *measured, "/s", 0.5)


def states(name: str, database: Any, size: Size) -> Result:
    """All states as objects, folded from a log without snapshots, and a hand-written $group over the same log."""
    contexts = max(1, size.contexts)
    by_hand = [
        {"$sort": {"context": 1, "seq": 1}},
        {
            "$group": {
                "_id": "$context",
                "company": {"$last": "$fields.company"},
                "title": {"$last": "$fields.title"},
                "salary": {"$sum": "$fields.salary"},
            }
        },
    ]
    with opened(database) as (accounts, _):
        accounts.append_many(new_events(contexts, EVENTS_A_CONTEXT))

        def floor(_turn: int) -> float:
            start = perf_counter()
            assert len(list(database["account_event"].aggregate(by_hand, allowDiskUse=True))) == contexts
            return perf_counter() - start

        def ours(_turn: int) -> float:
            start = perf_counter()
            assert sum(1 for _ in accounts.states()) == contexts
            return perf_counter() - start

        measured = interleaved(floor, ours, max(3, size.rounds // 2))
    case = f"states() of {contexts:,} contexts, {EVENTS_A_CONTEXT} events each / a $group by hand"
    return Result(case, name, *measured, "s", 4.0)


def feed(name: str, database: Any, size: Size) -> Iterator[Result]:
    """The whole feed once it was read, and the first reading, which gives the positions; beside a cursor by ``_id``."""
    events = size.folded // 5
    with opened(database) as (accounts, _):
        accounts.append_many(new_events(max(1, events // EVENTS_A_CONTEXT), EVENTS_A_CONTEXT))

        def floor(_turn: int) -> float:
            start = perf_counter()
            assert sum(1 for _ in database["account_event"].find().sort("_id", 1)) == events
            return perf_counter() - start

        def ours(_turn: int) -> float:
            start = perf_counter()
            read, after = 0, None
            while part := accounts.feed(after=after, limit=10_000):
                read, after = read + len(part), part[-1].position
            assert read == events
            return perf_counter() - start

        first = ours(0)
        measured = rates(interleaved(floor, ours, max(3, size.rounds // 3)), events)
    yield Result(f"feed of {events:,} events / a cursor in the order of _id", name, *measured, "/s", 0.5)
    note = "its reader gives the positions; no bar"
    case = f"first feed of {events:,} events / the same cursor"
    yield Result(case, name, measured[0], events / first, "/s", NO_BAR, note)


def on_dynamodb(size: Size) -> Iterator[Result]:
    """Units a call, and appends a second."""
    name, written = "DynamoDB Local", {"company": "company", "title": "title", "salary": 3}
    with dynamodb_local() as url:
        client, _ = client_and_prefix(url)
        costs = Costs(client)
        accounts = DynamoRepository(Account, client, table_prefix="benchmark_")
        accounts.create()
        resource = boto3.resource(
            "dynamodb",
            endpoint_url=client.meta.endpoint_url,
            region_name=client.meta.region_name,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        hand = resource.create_table(
            TableName="by_hand",
            KeySchema=[
                {"AttributeName": "context", "KeyType": "HASH"},
                {"AttributeName": "seq", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "context", "AttributeType": "S"},
                {"AttributeName": "seq", "AttributeType": "N"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )

        def floor(turn: int) -> float:
            item = document(f"c{turn % 100:06}", turn + 1_000, written)
            start = perf_counter()
            hand.put_item(Item=item, ConditionExpression="attribute_not_exists(seq)")
            return perf_counter() - start

        def ours(turn: int) -> float:
            start = perf_counter()
            accounts.append(f"c{turn % 100:06}", **written)
            return perf_counter() - start

        for turn in range(100):
            ours(turn)
        _, writes = costs.of(lambda: accounts.append("c000000", **written))
        note = "the second is its entry in the index that the feed reads"
        yield Result(
            "append of an event below 1 KB / a bare put_item", name, 1.0, writes, "write units", 2.0, note
        )
        accounts.snapshot("c000000")
        reads, _ = costs.of(lambda: accounts.state("c000000"))
        case = "state with a snapshot / a get_item of 4 KB"
        yield Result(case, name, 1.0, reads, "read units", 1.0)
        measured = rates(interleaved(floor, ours, size.commits))
        note = "for orientation, no bar"
        yield Result("append / a bare put_item of a known event", name, *measured, "/s", NO_BAR, note)
        client.close()


MEASUREMENTS: dict[str, Callable[[Size], Iterator[Result]]] = {"mongodb": on_mongodb, "dynamodb": on_dynamodb}
"""By the name that ``run.py --only`` knows; each starts its own servers."""
