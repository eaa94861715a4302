"""JSON documents and rows in a form that can be compared."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, cast, func
from sqlalchemy.dialects.postgresql import JSONB

from sqla_osiris.databases.literals import number

__all__ = ["comparable_document", "row_hash"]


def comparable_document(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a JSON document as a type that has an operator for equality: JSON itself has none."""
    return cast(cast(value, Text), JSONB)


def row_hash(values: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return the 64 bits of a row's hash as a number that can be summed up. A type without a hash is an error."""
    return cast(func.hash_record_extended(func.row(*values), number(0)), Numeric)
