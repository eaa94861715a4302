"""The place of an event in the feed: which column values make it, and how they are said as one opaque token.

SQLite has one writer at a time, so its positions are the order of commits. On PostgreSQL a sequence's numbers become
visible out of order; there an event carries its transaction's id too, and the feed reads only ids that no running
transaction can still precede. A head hands its last id on to its next event where that is the greater one, so that the
events of one context keep their order even if an older transaction writes the later one.

Transaction ids begin anew in a server that a dump was restored into. ``sqla_osiris.epoch``, a setting of the database
that its owner raises then, stands before them.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from sqla_osiris.databases.literals import number
from sqla_osiris.errors import InvalidValue

__all__ = [
    "EPOCH",
    "POSITION",
    "POSITIONS_A_BLOCK",
    "XID",
    "free_positions",
    "horizon",
    "next_xid",
    "position_expression",
    "position_of",
    "position_parts",
    "positions_of",
    "transaction_id",
]

XID: Final = "osiris_xid"
"""The column of the writing transaction's id: in an event, and in a head that of its last event."""

POSITION: Final = "position"

POSITIONS_A_BLOCK: Final = 2**17
"""How many positions PostgreSQL's sequence gives at once: a batch counts its own in there, which costs COPY less."""

_TOKEN = re.compile("[0-7][0-9a-f]{15}[0-7][0-9a-f]{15}")
"""Both numbers are a BIGINT's."""

_PLACE = "%016x%016x"
"""Of a transaction id and a position. It is a third faster than an f-string, once for each event that is read."""

EPOCH: Final = "sqla_osiris.epoch"
"""PostgreSQL's setting of the database."""

_EPOCH = f"coalesce(nullif(current_setting('{EPOCH}', true), ''), '0')::bigint << 48"


class _TransactionId(FunctionElement[int]):
    inherit_cache = True
    name = "osiris_xid"
    type = BigInteger()
    _of = "pg_current_xact_id()"


class _Horizon(_TransactionId):
    inherit_cache = True
    _of = "pg_snapshot_xmin(pg_current_snapshot())"


class _NextXid(_TransactionId):
    inherit_cache = True
    # The snapshot ends before the own transaction's id where no later one has ended.
    _of = (
        "greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
        "pg_current_xact_id_if_assigned()::text::bigint + 1)"
    )


@compiles(_TransactionId)
@compiles(_Horizon)
@compiles(_NextXid)
def _nothing(_element: _TransactionId, _compiler: Any, **_: Any) -> str:
    return "0"


@compiles(_TransactionId, "postgresql")
@compiles(_Horizon, "postgresql")
@compiles(_NextXid, "postgresql")
def _on_postgresql(element: _TransactionId, _compiler: Any, **_: Any) -> str:
    # Texts of our own: an xid8 has no cast to a number, and a setting no construct.
    return f"(({_EPOCH}) + {element._of}::text::bigint)"  # noqa: SLF001  (the element is our own)


def transaction_id() -> ColumnElement[int]:
    """The id of the transaction that runs, on PostgreSQL; 0 elsewhere."""
    return _TransactionId()


def horizon() -> ColumnElement[int]:
    """The least id that a transaction which runs may have: all smaller ones are complete."""
    return _Horizon()


def next_xid() -> ColumnElement[int]:
    """An id that no row which this transaction sees can have, unless another server wrote it."""
    return _NextXid()


@lru_cache(maxsize=256)
def free_positions(name: str) -> Select[Any]:
    """The first of a block of positions that nobody else gives, on PostgreSQL, in the event table of that quoted name.

    No row where the table's sequence counts otherwise, as an older migration made it, or may not be asked: an INSERT
    needs no privilege on it.
    """
    sequences = table("pg_sequence", column("seqrelid"), column("seqincrement"), schema="pg_catalog").c
    own = func.pg_get_serial_sequence(literal(name, Text()), literal_column("'position'"))
    return select(func.nextval(cast(sequences.seqrelid, REGCLASS), type_=BigInteger())).where(
        sequences.seqrelid == cast(own, REGCLASS),
        sequences.seqincrement == number(POSITIONS_A_BLOCK),
        func.has_sequence_privilege(sequences.seqrelid, literal_column("'USAGE'")),
    )


def position_of(dialect: str, xid: Any, position: Any) -> Any:
    """The token of these values: an int, or on PostgreSQL a str of 32 hexadecimal digits; both are ordered."""
    return _PLACE % (xid, position) if dialect == "postgresql" else position


def positions_of(dialect: str, xids: Sequence[Any], positions: Sequence[Any]) -> Sequence[Any]:
    """As :func:`position_of`, of many."""
    if dialect != "postgresql":
        return positions
    return [_PLACE % pair for pair in zip(xids, positions, strict=True)]


def position_expression(columns: Any, dialect: str) -> ColumnElement[Any]:
    """As :func:`position_of`, by the database."""
    if dialect != "postgresql":
        return columns[POSITION]  # type: ignore[no-any-return]
    padded = (
        func.lpad(func.to_hex(columns[name]), number(16), literal_column("'0'"), type_=Text())
        for name in (XID, POSITION)
    )
    return func.concat(*padded, type_=Text()).label(POSITION)


def position_parts(dialect: str, token: Any) -> tuple[int, int]:
    """The values of a token: transaction id and position. Raises InvalidValue for one of another store."""
    if dialect == "postgresql":
        if isinstance(token, str) and _TOKEN.fullmatch(token):
            return int(token[:16], 16), int(token[16:], 16)
    elif type(token) is int and 0 <= token < 2**63:
        return 0, token
    expected = "a text of 32 hexadecimal digits" if dialect == "postgresql" else "an int"
    raise InvalidValue(
        f"feed(after={token!r}): not a position of this store, which is {expected}. "
        "Give the position of an event that this store returned, or None for the beginning."
    )
