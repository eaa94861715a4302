"""The place of an event in the feed: which column values make it, and what of a transaction's id it needs.

SQLite has one writer at a time, so its positions are the order of commits. On PostgreSQL a sequence's numbers become
visible out of order; there an event carries its transaction's id too, and the feed reads only ids that no running
transaction can still precede. A head hands its last id on to its next event where that is the greater one, so that the
events of one context keep their order even if an older transaction writes the later one.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, func, select

from sqla_osiris.databases.literals import number
from sqla_osiris.errors import InvalidValue

__all__ = [
    "POSITION",
    "POSITIONS_A_BLOCK",
    "XID",
    "Counter",
    "Settled",
    "greatest_of",
    "greatest_position",
    "no_position",
]

XID: Final = "osiris_xid"
"""The column of the writing transaction's id: in an event, and in a head that of its last event."""

POSITION: Final = "position"

POSITIONS_A_BLOCK: Final = 2**17
"""How many positions PostgreSQL's sequence gives at once: a batch counts its own in there, which costs COPY less."""


@dataclass(frozen=True, slots=True)
class Counter:
    """The ``next`` number that it gives, or a greater one; whether the log is ``behind`` it, as it should be.

    On PostgreSQL it counts transactions; a standby's is as old as what it shows.
    """

    next: int
    behind: bool
    is_standby: bool = False


class Settled:
    """What one repository knows of its log: no row can come to stand at a position up to ``until`` any more.

    Threads share it. What it says now is true of rows that are read from now on, not of those read before.
    """

    def __init__(self) -> None:
        self.until = 0
        self.pause_from: float = 0.0
        self.awaited: tuple[int, frozenset[Any]] | None = None


def greatest_position(events: Table) -> ColumnElement[Any]:
    """Return the greatest position of a table of events, or 0."""
    return func.coalesce(select(func.max(events.c[POSITION])).scalar_subquery(), number(0))


@lru_cache(maxsize=256)
def greatest_of(tables: tuple[Table, ...]) -> Select[Any]:
    """Return the query of the greatest position of all of these."""
    found = list(map(greatest_position, tables))
    return select(func.greatest(*found) if len(found) > 1 else found[0])


def no_position(token: Any, expected: str) -> InvalidValue:
    """The error of a token that is none of this store's."""
    return InvalidValue(
        f"feed(after={token!r}): not a position of this store, which is {expected}. "
        "Give the position of an event that this store returned, or None for the beginning."
    )
