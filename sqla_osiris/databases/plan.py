"""One event to write and where it came to stand; and what a writer reads of the heads, for all databases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.names import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.checks import context_erased
from sqla_osiris.schema.log import Stream
from sqla_osiris.schema.required import incomplete, lacks
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.writing.head_changes import Expect, Shape
from sqla_osiris.writing.snapshots import keys_to_bind

__all__ = [
    "Write",
    "Written",
    "begins_incomplete",
    "bind_columns",
    "cleared_names",
    "conflict_of",
    "heads_of",
]

_KEYS_A_QUERY = 500


@dataclass(slots=True)
class Write:
    """One event to write: ``touches`` by column name, checked; ``metadata`` by column name, without None."""

    key: tuple[Any, ...]
    touches: Mapping[str, Any]
    expect: Expect = Expect.ANYTHING
    expected_seq: int | None = None
    ends: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def binds(self, shape: Shape) -> dict[str, Any]:
        binds = {f"k{i}": part for i, part in enumerate(self.key)}
        binds |= {f"f{i}": self.touches[name] for i, name in enumerate(shape.touched)}
        binds |= {name: self.metadata[name] for name in shape.metadata}
        if shape.clears:
            binds["cleared"] = cleared_names(self.touches)
        if shape.expect is Expect.SEQ:
            binds["expected"] = self.expected_seq
        return binds


class Written(NamedTuple):
    """Where an event came to stand. A batch on SQLite does not say position and recorded_at."""

    seq: int
    position: Any = None
    recorded_at: datetime | None = None


def cleared_names(touches: Mapping[str, Any]) -> str | None:
    """What ``osiris_cleared`` says of these touches: names between commas, or NULL for none."""
    names = [name for name, touch in touches.items() if touch is None]
    return f",{','.join(names)}," if names else None


def bind_columns(shape: Shape, writes: Sequence[Write]) -> dict[str, Sequence[Any]]:
    """What ``Write.binds`` gives, as a column for each bind."""
    keys = zip(*[write.key for write in writes], strict=True)
    columns: dict[str, Sequence[Any]] = {f"k{i}": list(parts) for i, parts in enumerate(keys)}
    for i, name in enumerate(shape.touched):
        columns[f"f{i}"] = [write.touches[name] for write in writes]
    for name in shape.metadata:
        columns[name] = [write.metadata[name] for write in writes]
    if shape.clears:
        columns["cleared"] = [cleared_names(write.touches) for write in writes]
    if shape.expect is Expect.SEQ:
        columns["expected"] = [write.expected_seq for write in writes]
    return columns


def heads_of(
    connection: Connection,
    stream: Stream,
    keys: Sequence[tuple[Any, ...]],
    said: tuple[str, ...] = ("seq", "osiris_folded", "osiris_fingerprint"),
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """What the heads say by context."""
    found: dict[tuple[Any, ...], tuple[int, ...]] = {}
    width = len(stream.contexts)
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        query = _heads_query(stream, database_of(connection.dialect), said)
        for row in connection.execute(query, {"keys": keys_to_bind(stream, part)}):
            found[tuple(row[:width])] = tuple(row[width:])
    return found


@lru_cache(maxsize=256)
def _heads_query(stream: Stream, database: Database, said: tuple[str, ...]) -> Select[Any]:
    heads = stream.heads.c
    columns = [heads[name] for name in stream.context_names]
    return select(*columns, *(heads[name] for name in said)).where(database.in_contexts(columns))


def begins_incomplete(stream: Stream, write: Write) -> bool:
    """Whether the write is to begin a life without what its first event must touch."""
    return write.expect is Expect.NOT_LIVE and lacks(stream, write.touches)


def conflict_of(connection: Connection, stream: Stream, write: Write) -> OsirisError:
    """The error of a write whose head was not as it expects: an erased stream, a lost race, or no life to follow."""
    heads = stream.heads.c
    here = [heads[name] == part for name, part in zip(stream.context_names, write.key, strict=True)]
    query = select(heads.seq, heads.osiris_origin).where(*here)
    head = connection.execute(database_of(connection.dialect).newest(query)).one_or_none()
    if head is not None and head.seq == TOMBSTONE:
        return context_erased(stream, stream.context_of(write.key))
    live = head is not None and head.seq > head.osiris_origin
    if write.expect is Expect.LIVE or (not live and begins_incomplete(stream, write)):
        return incomplete(stream, stream.context_of(write.key), write.touches)
    return ConcurrentAppend(
        context=stream.context_of(write.key),
        expected_seq=0 if write.expect is Expect.NOT_LIVE else write.expected_seq,
        found_seq=head.seq if head is not None and live else None,
        model=stream.model,
    )
