"""How a SELECT of the library's stays one that a database merges into the query around it.

So that the outer query's conditions and joins find its rows, and what it does not ask for is not computed. MySQL computes
for itself what has a subquery in its list. There, such columns stand in a LATERAL beside the rows that are found.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import SelectBase, select, true
from sqlalchemy.sql import visitors

from sqla_osiris.databases.base import Database

__all__ = ["merged_select"]


def merged_select(database: Database, rows: Any, source: Any, columns: Sequence[Any]) -> Any:
    """Return the SELECT of these labelled columns of ``rows``, which stand in ``source``."""
    apart = [] if database.merges_subqueries else [each for each in columns if _has_subquery(each)]
    if not apart:
        return select(*columns).select_from(source)
    beside = select(*apart).correlate(rows).lateral("folded")
    named = {each.name for each in apart}
    placed = [beside.c[each.name] if each.name in named else each for each in columns]
    return select(*placed).select_from(source.join(beside, true()))


def _has_subquery(column: Any) -> bool:
    return any(isinstance(each, SelectBase) for each in visitors.iterate(column))
