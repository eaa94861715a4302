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
from dataclasses import dataclass
from typing import Any, Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream

__all__ = ["UNSEQUENCED", "TableNames", "definitions", "table_names"]

UNSEQUENCED: Final = "unsequenced"
"""The sparse index of events without a position, and the attribute that puts them into it."""


@dataclass(frozen=True, slots=True)
class TableNames:
    """The three tables of one model."""

    events: str
    archive: str
    index: str


def table_names(stream: Stream, prefix: str) -> TableNames:
    """Raises OsirisError where DynamoDB does not take the names."""
    schema = f"{stream.folded.schema}." if stream.folded.schema else ""
    base = f"{prefix}{schema}{stream.folded.name}"
    names = TableNames(f"{base}_event", f"{base}_archive", f"{base}_index")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,247}", base):
        raise OsirisError(
            f"{stream.model}: DynamoDB does not take {names.events!r} for a table's name: letters, digits, '_', '-' "
            "and '.', at most 255. Give the model another __tablename__, or another table_prefix."
        )
    return names


def definitions(names: TableNames) -> list[dict[str, Any]]:
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
