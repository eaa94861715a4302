"""Whether a SELECT … FOR UPDATE asks for locks of a model's states: these are folded, and no database would lock anything.

PostgreSQL refuses it with an error of its own, MariaDB and SQLite say nothing and lock nothing.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CompoundSelect, Select
from sqlalchemy.sql.util import surface_selectables_only

__all__ = ["is_locked"]


def is_locked(table: Any, compiler: Any) -> bool:
    """Whether a SELECT around this table or alias, as it is being compiled, locks what it reads of it.

    Those count that read it in their FROM, by subqueries or not; not those whose conditions ask about it.
    """
    read = table
    for entry in reversed(compiler.stack):
        select = entry.get("selectable")
        if isinstance(select, Select):
            if not any(_is(source, read) for source in entry["asfrom_froms"]):
                return False
        elif not isinstance(select, CompoundSelect):
            return False
        if _locks(select, read):
            return True
        state = entry["compile_state"]
        # The ORM compiles another statement than the one that a subquery names.
        read = getattr(state, "select_statement", None)
        if read is None:
            read = state.statement
    return False


def _locks(select: Any, read: Any) -> bool:
    asked = select._for_update_arg  # noqa: SLF001  (what every dialect's compiler reads)
    if asked is None:
        return False
    named = (surface for each in asked.of or () for surface in surface_selectables_only(each))
    return not asked.of or any(_is(source, read) for source in named)


def _is(source: Any, read: Any) -> bool:
    # An annotated copy has its original's hash.
    return any(hash(each) == hash(read) for each in _layers(source))


def _layers(source: Any) -> Iterator[Any]:
    """A FROM and what it is an alias of."""
    while source is not None:
        yield source
        source = getattr(source, "element", None)
