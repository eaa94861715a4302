"""Where is a model's log in DynamoDB, and where does a stream stand? In these tables, behind the newest item.

========================  =================  ===============================================================
table                     key                items
========================  =================  ===============================================================
``<prefix><name>_event``    context, seq       events at their seq; the snapshot up to event n at n - 0.5
``<prefix><name>_archive``  context, seq       what :meth:`archive` took out of the events of old
``<prefix><name>_index``    key, position      the pages of the feed (key "feed"); one item for each event_id
``<prefix><name>_key``      context            the keys of encrypted fields, where the model has any
========================  =================  ===============================================================
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.dynamo.items import UNSEQUENCED, Item, Items
from sqla_osiris.repositories.dynamo.keys import DynamoKeys
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.dynamo.values import from_moment
from sqla_osiris.repositories.remembering import Remembered
from sqla_osiris.schema.checks import refuse_constrained
from sqla_osiris.schema.log import Log, whole_log_of
from sqla_osiris.steps import Steps

__all__ = ["EARLIEST", "NEWEST", "NOTHING", "Head", "Tables", "create"]

NEWEST: Final = 10**15
"""Beyond every seq."""

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)

_CREATION_POLLS: Final = 600
_CREATION_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event of a stream: ``live`` unless it ended the stream; ``erased`` under a tombstone.

    A head is only ever taken from an item that was there, and a slot that was taken stays taken (archiving and erasing
    leave it occupied). So the slot behind a remembered head is free or lost to somebody: never a gap.
    """

    seq: int
    live: bool
    erased: bool = False
    recorded_at: datetime = EARLIEST

    @property
    def found(self) -> int:
        """The seq that an ``expected_seq`` is compared with."""
        return self.seq if self.live else 0


NOTHING: Final = Head(0, live=False)


class Tables:
    """One model's tables, what reads and writes them, and what was seen there last. ``clock`` returns the aware time."""

    def __init__(
        self,
        model: type[Any],
        target: Any,
        prefix: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Any],
    ) -> None:
        self.model = model
        self.log: Final = whole_log_of(model)
        refuse_constrained(self.log, "DynamoDB")
        self.items: Final = Items(self.log)
        base = _base_name(self.log, prefix)
        self.events: str = f"{base}_event"
        self.archive: str = f"{base}_archive"
        self.index: str = f"{base}_index"
        self.requests: Final = Requests(target, sleep)
        self.retry: Final = self.requests.retry
        self.keys: Final = DynamoKeys(self.items, self.requests, f"{base}_key", self.head)
        self.clock = clock
        self.heads: Final = Remembered[str, Head]()
        self.snapshots: Final = Remembered[str, int]()
        self.redactions: Final = Remembered[str, int]()

    def context(self, context: Any) -> str:
        """A context as its items hold it: their partition. Raises InvalidValue."""
        return self.items.context(self.log.key_of(context))

    def of_context(
        self, context: str, seqs: str = "", *, table: str | None = None, **values: Any
    ) -> dict[str, Any]:
        """Return what asks for a context's items of these seqs, of the events' table where no other is named.

        ``seqs`` is a condition of seqs, such as ``<= :last``, and ``values`` what it names. The answer is strongly
        consistent.
        """
        return {
            "TableName": table or self.events,
            "KeyConditionExpression": f"#context = :context AND seq {seqs}"
            if seqs
            else "#context = :context",
            "ExpressionAttributeNames": {"#context": "context"},
            "ExpressionAttributeValues": {":context": context} | {f":{n}": v for n, v in values.items()},
            "ConsistentRead": True,
        }

    def head(self, context: str) -> Steps[Head]:
        """The stream's head, read; remembered."""
        newest = self.of_context(context, "<= :newest", newest=NEWEST)
        items, _ = yield from self.requests.page("query", **newest, ScanIndexForward=False, Limit=1)
        head = _head_of(items[0]) if items else NOTHING
        self.heads.put(context, head)
        return head

    def missing(self, table: str) -> OsirisError:
        """The error of an archived event whose content is not there."""
        return OsirisError(
            f"{self.log.model}: the table {table} lacks the content of events that are archived, or they are moved all "
            "the time. Run verify() and restore it from a backup."
        )


def _base_name(log: Log, prefix: str) -> str:
    """Return how the names of a model's tables begin. Raises OsirisError where DynamoDB does not take them."""
    schema = f"{log.folded.schema}." if log.folded.schema else ""
    base = f"{prefix}{schema}{log.folded.name}"
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,247}", base):
        raise OsirisError(
            f"{log.model}: DynamoDB does not take {f'{base}_event'!r} for a table's name: letters, digits, '_', '-' "
            "and '.', at most 255. Give the model another __tablename__, or another table_prefix."
        )
    return base


def _head_of(item: Item) -> Head:
    """The head in an event's item, an archived or erased one's too."""
    erased, recorded_at = "erased" in item, item.get("recorded_at")
    moment = EARLIEST if recorded_at is None else from_moment(recorded_at)
    live = not erased and not item.get("ends", False)
    return Head(int(item["seq"]), live=live, erased=erased, recorded_at=moment)


def create(tables: Tables) -> Steps[None]:
    """Create the tables that are missing, and wait until all can be used."""
    wanted = _definitions(tables)
    for definition in wanted:
        yield from tables.requests.try_call("ResourceInUseException", "create_table", **definition)
    for definition in wanted:
        yield from _wait_until_active(tables, definition)


def _wait_until_active(tables: Tables, definition: Mapping[str, Any]) -> Steps[None]:
    name = definition["TableName"]
    for _ in range(_CREATION_POLLS):
        described = yield from tables.requests.try_call(
            "ResourceNotFoundException", "describe_table", TableName=name
        )
        table = {} if described is None else described["Table"]
        if table.get("TableStatus") == "ACTIVE":
            _refuse_other(tables, definition, table)
            return
        yield from tables.requests.wait(_CREATION_PAUSE)
    raise OsirisError(
        f"{tables.log.model}: DynamoDB's table {name} did not become active. Look at it in the console."
    )


def _refuse_other(tables: Tables, definition: Mapping[str, Any], table: Mapping[str, Any]) -> None:
    """Raise OsirisError where the table that is there is not the one that was to be created."""
    indexes = {index["IndexName"] for index in definition.get("GlobalSecondaryIndexes", ())}
    there = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
    if table["KeySchema"] != definition["KeySchema"] or not indexes <= there:
        raise OsirisError(
            f"{tables.log.model}: DynamoDB's table {definition['TableName']} is there with another key or without its "
            "index; it is somebody else's. Use another table_prefix."
        )


def _definitions(tables: Tables) -> list[dict[str, Any]]:
    """The arguments of ``create_table``, one for each table; paid by request."""
    unsequenced = {
        "IndexName": UNSEQUENCED,
        "KeySchema": _key(UNSEQUENCED, "recorded_at"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    definitions = [
        _definition(
            tables.events,
            _key("context", "seq"),
            {"context": "S", "seq": "N", UNSEQUENCED: "N", "recorded_at": "S"},
            GlobalSecondaryIndexes=[unsequenced],
        ),
        _definition(
            tables.archive,
            _key("context", "seq"),
            {"context": "S", "seq": "N"},
            TableClass="STANDARD_INFREQUENT_ACCESS",
        ),
        _definition(tables.index, _key("key", "position"), {"key": "S", "position": "N"}),
    ]
    if tables.log.encrypted:
        definitions.append(_definition(tables.keys.table, _key("context"), {"context": "S"}))
    return definitions


def _key(*names: str) -> list[dict[str, str]]:
    """The partition's attribute, and where there is one that which sorts."""
    kinds = zip(names, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds]


def _definition(name: str, key: list[dict[str, str]], types: dict[str, str], **more: Any) -> dict[str, Any]:
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return {
        "TableName": name,
        "KeySchema": key,
        "AttributeDefinitions": attributes,
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }
