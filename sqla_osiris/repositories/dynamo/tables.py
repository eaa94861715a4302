"""Which tables hold a model's log in DynamoDB? Their names, keys and indexes.

========================  =================  ===============================================================
table                     key                items
========================  =================  ===============================================================
``<prefix><name>_event``    context, seq       events at their seq; the snapshot up to event n at n - 0.5
``<prefix><name>_archive``  context, seq       what :meth:`archive` took out of the events of old
``<prefix><name>_index``    key, position      the pages of the feed (key "feed"); one item for each event_id
========================  =================  ===============================================================
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.dynamo.items import UNSEQUENCED, Items
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.schema.log import Log
from sqla_osiris.steps import Steps

__all__ = ["TableNames", "Tables", "create", "table_names"]

_CREATION_POLLS: Final = 600
_CREATION_PAUSE: Final = 0.5


@dataclass(frozen=True, slots=True)
class TableNames:
    """The three tables of one model."""

    events: str
    archive: str
    index: str


def table_names(log: Log, prefix: str) -> TableNames:
    """Return the names of a model's tables. Raises OsirisError where DynamoDB does not take them."""
    schema = f"{log.folded.schema}." if log.folded.schema else ""
    base = f"{prefix}{schema}{log.folded.name}"
    names = TableNames(f"{base}_event", f"{base}_archive", f"{base}_index")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,247}", base):
        raise OsirisError(
            f"{log.model}: DynamoDB does not take {names.events!r} for a table's name: letters, digits, '_', '-' "
            "and '.', at most 255. Give the model another __tablename__, or another table_prefix."
        )
    return names


@dataclass(frozen=True, slots=True)
class Tables:
    """One model's tables and what reads and writes them. ``clock`` returns the aware moment of now."""

    log: Log
    items: Items
    names: TableNames
    requests: Requests
    clock: Callable[[], datetime]

    def missing(self, table: str) -> OsirisError:
        """The error of an archived event whose content is not there."""
        return OsirisError(
            f"{self.log.model}: the table {table} lacks the content of events that are archived, or they are moved all "
            "the time. Run verify() and restore it from a backup."
        )


def create(tables: Tables) -> Steps[None]:
    """Create the tables that are missing, and wait until all can be used."""
    wanted = _definitions(tables.names)
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


def _definitions(names: TableNames) -> list[dict[str, Any]]:
    """The arguments of ``create_table``, one for each table; paid by request."""
    unsequenced = {
        "IndexName": UNSEQUENCED,
        "KeySchema": _key(UNSEQUENCED, "recorded_at"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    return [
        _definition(
            names.events,
            _key("context", "seq"),
            {"context": "S", "seq": "N", UNSEQUENCED: "N", "recorded_at": "S"},
            GlobalSecondaryIndexes=[unsequenced],
        ),
        _definition(
            names.archive,
            _key("context", "seq"),
            {"context": "S", "seq": "N"},
            TableClass="STANDARD_INFREQUENT_ACCESS",
        ),
        _definition(names.index, _key("key", "position"), {"key": "S", "position": "N"}),
    ]


def _key(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _definition(name: str, key: list[dict[str, str]], types: dict[str, str], **more: Any) -> dict[str, Any]:
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return {
        "TableName": name,
        "KeySchema": key,
        "AttributeDefinitions": attributes,
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }
