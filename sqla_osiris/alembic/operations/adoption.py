"""``adopt_table`` and ``materialise``: the parts of each operation, and its reverse.

What a mapping gives for a column is SQL over the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqla_osiris.alembic.operations.base import ModelOperation, Table, registered
from sqla_osiris.databases.plan import STALE
from sqla_osiris.errors import OsirisError

__all__ = ["ADOPTED", "AdoptTable", "Materialise"]

ADOPTED = "adopted"
"""The ``event_type`` of the events that :class:`AdoptTable` writes."""


class _BesideTable(ModelOperation):
    """An operation between an ordinary table and a model's tables."""

    table_name: str

    @property
    def table(self) -> Table:
        """The ordinary table."""
        return self.table_name, self.schema


@registered
@dataclass
class AdoptTable(_BesideTable, name="adopt_table"):
    """Write each row of a table as the first event of its stream, check it, and leave the table where it is.

    ``key`` and ``fields`` are SQL over a row for each column of the context and each field, ``state`` for what a head holds
    of it; without a state heads hold ``initial`` and are folded when they are read. Raises OsirisError where a row differs
    from its event.
    """

    table_name: str
    model: str
    key: Mapping[str, str] = field(kw_only=True)
    fields: Mapping[str, str] = field(kw_only=True)
    state: Mapping[str, str] | None = field(default=None, kw_only=True)
    initial: Mapping[str, Any] | None = field(default=None, kw_only=True)
    fingerprint: int = field(default=STALE, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)

    def reverse(self) -> "Materialise":
        state = self.state or {}
        parts = [name for name in state if name not in self.fields]
        # A state of several accumulators, such as a mean, is in none of the head's columns.
        whole = [n for n in self.fields if n in state and not any(p.endswith(f"_{n}") for p in parts)]
        back = Materialise(
            self.model,
            self.table_name,
            key={_plain(source): _quoted_like(source, name) for name, source in self.key.items()},
            columns={_plain(self.fields[name]): _quoted_like(self.fields[name], name) for name in whole},
            fingerprint=self.fingerprint,
            schema=self.schema,
        )
        back.adopted = self
        if not whole:
            back.remark = (
                f"No head holds a state to write back: {self.table_name} stays as it was when it was adopted."
            )
        return back


def _plain(source: str) -> str:
    """Return the name of a column from its SQL, quoted or not."""
    quote = source[:1]
    return source[1:-1].replace(quote * 2, quote) if _is_quoted(source) else source


def _quoted_like(source: str, name: str) -> str:
    """Return the name in SQL, quoted as the source that it stands for is."""
    quote = source[:1]
    return f"{quote}{name.replace(quote, quote * 2)}{quote}" if _is_quoted(source) else name


def _is_quoted(source: str) -> bool:
    return len(source) > 1 and source[0] in {'"', "`"} and source[-1] == source[0]


@registered
@dataclass
class Materialise(_BesideTable, name="materialise"):
    """Write the states of a model into an ordinary table: rows are changed, added, and removed where a stream has ended.

    ``key`` and ``columns`` are SQL over a head for each of the row's columns; without columns nothing is done. Raises
    OsirisError where a head is not folded by the model of this fingerprint.
    """

    model: str
    table_name: str
    key: Mapping[str, str] = field(kw_only=True)
    columns: Mapping[str, str] = field(kw_only=True)
    fingerprint: int = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    adopted: AdoptTable | None = field(default=None, init=False, repr=False)

    def reverse(self) -> AdoptTable:
        if self.adopted is None:
            raise OsirisError(
                f"materialise({self.model!r}, {self.table_name!r}) has no reverse of its own: write adopt_table(...) "
                "into the other direction."
            )
        return self.adopted
