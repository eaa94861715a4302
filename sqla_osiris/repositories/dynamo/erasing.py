"""How is a stream erased? Its key and its content go, its slots stay.

A writer that was held up may still aim at a slot of long ago: were it free, its event would become a second one of
that seq. So an erased event, as an archived one, leaves its key behind, some 50 bytes.
"""

from typing import Any
from uuid import UUID

from sqla_osiris.repositories.dynamo.items import Item
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.repositories.dynamo.values import to_moment
from sqla_osiris.steps import Steps

__all__ = ["delete_snapshots", "erase", "erased"]


def erase(tables: Tables, context: str, *, anyway: bool = False) -> Steps[int]:
    """Put the tombstone into the next slot, then remove everything below it. A crash is taken up by the next call.

    ``anyway`` puts it there though no stream is.

    The order matters: once every slot is erased, neither a snapshot nor an archived copy can be written any more,
    as both ask for their event's slot in the same transaction. So what is removed after that stays removed.
    """
    tombstone = yield from _lay_tombstone(tables, context, anyway=anyway)
    if not tombstone:
        return 0
    if tables.log.encrypted:
        yield from tables.keys.destroy(tables.items.key(context))
    removed = 0
    for table in (tables.events, tables.archive):
        below = tables.of_context(context, "< :tombstone", table=table, tombstone=tombstone)
        for page in tables.requests.pages("query", **below, FilterExpression="attribute_not_exists(erased)"):
            removed += yield from _erase_page(tables, table, page)
    yield from delete_snapshots(tables, context, "< :tombstone", tombstone=tombstone)
    return removed


def _lay_tombstone(tables: Tables, context: str, *, anyway: bool) -> Steps[int]:
    """Return the tombstone's seq; 0 where there never was a stream."""

    def attempt(_: int) -> Steps[int | None]:
        head = yield from tables.head(context)
        if head.erased or not (head.seq or anyway):
            return head.seq
        recorded_at = to_moment(tables.clock())
        tombstone = {"context": context, "seq": head.seq + 1, "recorded_at": recorded_at, "erased": True}
        yield from tables.requests.put_if("attribute_not_exists(seq)", tables.events, tombstone)
        return None  # the head says what came there

    return (yield from tables.requests.retry(attempt, attempts=None)) or 0


def _erase_page(tables: Tables, table: str, page: Steps[list[Item]]) -> Steps[int]:
    events = [item for item in (yield from page) if "folded" not in item]
    identifiers = [
        tables.items.identifier(item["context"], UUID(item["event_id"]))
        for item in events
        if "event_id" in item
    ]
    # While the event is there, its event_id says where the identifier is.
    yield from tables.requests.delete_many(tables.index, identifiers)
    keys = [{"context": item["context"], "seq": item["seq"]} for item in events]
    if table == tables.archive:
        yield from tables.requests.delete_many(table, keys)
    else:
        slots = [{"PutRequest": {"Item": {**key, "erased": True}}} for key in keys]
        yield from tables.requests.write_many(table, slots)
    return sum("fields" in item for item in events)


def delete_snapshots(tables: Tables, context: str, seqs: str, **values: Any) -> Steps[bool]:
    """Delete a context's snapshots that :meth:`Tables.of_context` finds at these seqs. Returns whether there was one."""
    deleted = False
    pages = tables.requests.pages(
        "query",
        **tables.of_context(context, seqs, **values),
        FilterExpression="attribute_exists(folded)",
        ProjectionExpression="#context, seq",
    )
    for page in pages:
        keys = [{"context": item["context"], "seq": item["seq"]} for item in (yield from page)]
        yield from tables.requests.delete_many(tables.events, keys)
        deleted = deleted or bool(keys)
    return deleted


def erased(tables: Tables) -> Steps[list[Any]]:
    """The contexts of erased streams, as their users write them."""
    contexts: list[Any] = []
    pages = tables.requests.pages(
        "scan",
        TableName=tables.events,
        # Below the tombstone slots are erased, too, without a time.
        FilterExpression="erased = :true AND attribute_exists(recorded_at)",
        ProjectionExpression="#context",
        ExpressionAttributeNames={"#context": "context"},
        ExpressionAttributeValues={":true": True},
        ConsistentRead=True,
    )
    for page in pages:
        contexts += [tables.log.context_of(tables.items.key(item["context"])) for item in (yield from page)]
    return contexts
