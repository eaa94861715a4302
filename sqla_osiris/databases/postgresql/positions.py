"""Positions on PostgreSQL: a transaction's id and a sequence's number, said as one text that is ordered as they are.

Transaction ids begin anew in a server that a dump was restored into. ``sqla_osiris.epoch``, a setting of the database
that its owner raises then, stands before them.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Final

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

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITION, POSITIONS_A_BLOCK, XID, no_position

__all__ = ["EPOCH", "Positions", "free_positions", "position_expression"]

_TOKEN = re.compile("[0-7][0-9a-f]{15}[0-7][0-9a-f]{15}")
"""Both numbers are a BIGINT's."""

_PLACE = "%016x%016x"
"""Of a transaction id and a position. It is a third faster than an f-string, once for each event that is read."""

EPOCH: Final = "sqla_osiris.epoch"
"""The setting of the database."""

_EPOCH = f"coalesce(nullif(current_setting('{EPOCH}', true), ''), '0')::bigint << 48"

_ID = f"(({_EPOCH}) + %s::text::bigint)"
"""Texts of our own: an xid8 has no cast to a number, and a setting no construct."""


class Positions(Database):
    """Both numbers make the token."""

    position_columns: ClassVar[tuple[str, ...]] = (XID, POSITION)
    transaction_id = _ID % "pg_current_xact_id()"
    horizon = _ID % "pg_snapshot_xmin(pg_current_snapshot())"
    # The snapshot ends before the own transaction's id where no later one has ended.
    next_xid = _ID % (
        "greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
        "pg_current_xact_id_if_assigned()::text::bigint + 1)"
    )

    def positions_of(self, xids: Sequence[Any], places: Sequence[Any]) -> list[str]:
        return [_PLACE % pair for pair in zip(xids, places, strict=True)]

    def position_parts(self, token: Any) -> tuple[int, int]:
        if isinstance(token, str) and _TOKEN.fullmatch(token):
            return int(token[:16], 16), int(token[16:], 16)
        raise no_position(token, "a text of 32 hexadecimal digits")


@lru_cache(maxsize=256)
def free_positions(name: str) -> Select[Any]:
    """The first of a block of positions that nobody else gives, in the event table of that quoted name.

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


def position_expression(columns: Any) -> ColumnElement[Any]:
    """Return the token of these columns."""
    padded = (
        func.lpad(func.to_hex(columns[name]), number(16), literal_column("'0'"), type_=Text())
        for name in (XID, POSITION)
    )
    return func.concat(*padded, type_=Text()).label(POSITION)
