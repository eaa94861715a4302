"""What is to be written, in a database's own terms: tables, names and values. No model and no session."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from itertools import compress, repeat
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Table, Text, bindparam, func

from sqla_osiris.databases.literals import number

__all__ = [
    "METADATA",
    "STALE",
    "UNCHECKED",
    "BatchColumns",
    "Expect",
    "FoldedBatch",
    "Key",
    "NewKey",
    "NotAsExpected",
    "Plan",
    "Shape",
    "Write",
    "Written",
    "bind_columns",
    "cleared_names",
    "keys_to_bind",
]

Key = tuple[Any, ...]
Expression = ColumnElement[Any]
Given = Any
"""What is given of a row by the name of its bind: a mapping of binds, or the columns of a FROM."""


class NewKey:
    """Stands in a context for what the database is to give: a stream of its own each."""

    def __repr__(self) -> str:
        return "None"


STALE: Final = 0
"""The fingerprint of a head whose accumulators no version of the model may use."""

UNCHECKED: Final = -1
"""The ``osiris_folded`` of a head that a batch has begun, and that no CHECK has seen yet."""

METADATA: Final = ("event_id", "event_type", "event_meta", "recorded_at")


class Expect(Enum):
    """What a write expects of its stream; anything else is a lost race."""

    ANYTHING = auto()
    NOT_LIVE = auto()
    SEQ = auto()
    LIVE = auto()
    """A life that has begun, at any seq."""
    FRESH = auto()
    """One whose accumulators are this version's: its event needs no fold in a transaction of its own."""
    NEW = auto()
    """None of its key, which is a :class:`NewKey`: the head's column gives it."""

    @property
    def updates(self) -> bool:
        """Whether the head must be there: it is updated, else inserted or updated."""
        return self in {Expect.SEQ, Expect.LIVE, Expect.FRESH}

    @property
    def begins(self) -> bool:
        """Whether the event must be the first of a life."""
        return self in {Expect.NOT_LIVE, Expect.NEW}


class Shape(NamedTuple):
    """What decides a statement's text: the fields touched (by column name), and what comes along."""

    touched: tuple[str, ...]
    expect: Expect
    ends: bool = False
    clears: bool = False
    metadata: tuple[str, ...] = ()

    def names(self, width: int) -> list[str]:
        """Return the names of the binds, in order; the context has so many parts."""
        names = [
            *(f"k{i}" for i in range(0 if self.expect is Expect.NEW else width)),
            *(f"f{i}" for i in range(len(self.touched))),
            *self.metadata,
        ]
        if self.clears:
            names.append("cleared")
        return [*names, "expected"] if self.expect is Expect.SEQ else names


@dataclass(slots=True)
class Write:
    """One event to write: ``touches`` by column name, checked; ``metadata`` by column name, without None.

    A LIVE write that is a flush's has an ``expected_seq`` too, 0 where it is not known: a conflict names it.
    """

    key: Key
    touches: Mapping[str, Any]
    expect: Expect = Expect.ANYTHING
    expected_seq: int | None = None
    ends: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def values(self, shape: Shape) -> list[Any]:
        """Return the values of a write of this shape, in the order of :meth:`Shape.names`."""
        values = [*(() if shape.expect is Expect.NEW else self.key), *self.touches.values()]
        if shape.metadata:
            values += [self.metadata[name] for name in shape.metadata]
        if shape.clears:
            values.append(cleared_names(self.touches))
        if shape.expect is Expect.SEQ:
            values.append(self.expected_seq)
        return values


class Written(NamedTuple):
    """Where an event came to stand, and how far its head's accumulators are folded, by which version of the model.

    What writes many on SQLite or MariaDB does not say position and recorded_at. ``key`` is there if the database gave it.
    """

    seq: int
    folded: int
    fingerprint: int
    position: Any = None
    recorded_at: datetime | None = None
    key: Key | None = None


class NotAsExpected(Exception):
    """Heads were not as some of these writes expect. Nothing was written for those.

    ``lost`` says of a write whether it is one, its stream standing at a seq, or not living (None). Where a driver's error
    is the cause, it may have had another reason.
    """

    def __init__(
        self, writes: Sequence[Write], lost: Callable[[Write, int | None], bool] = lambda *_: True
    ) -> None:
        super().__init__()
        self.writes = writes
        self.lost = lost


def cleared_names(touches: Mapping[str, Any]) -> str | None:
    """Return what ``osiris_cleared`` says of these touches: names between commas, or NULL for none."""
    names = [name for name, touch in touches.items() if touch is None]
    return f",{','.join(names)}," if names else None


def bind_columns(shape: Shape, writes: Sequence[Write]) -> dict[str, Any]:
    """Return what ``Write.values`` gives, as a list for each bind: a thousand writes are not asked one by one."""
    keys = [] if shape.expect is Expect.NEW else [write.key for write in writes]
    columns: list[Sequence[Any]] = [
        *zip(*keys, strict=True),
        *([write.touches[name] for write in writes] for name in shape.touched),
        *([write.metadata[name] for write in writes] for name in shape.metadata),
    ]
    if shape.clears:
        columns.append([cleared_names(write.touches) for write in writes])
    if shape.expect is Expect.SEQ:
        columns.append([write.expected_seq for write in writes])
    return dict(zip(shape.names(len(writes[0].key)), map(list, columns), strict=True))


def keys_to_bind(keys: Sequence[Key]) -> list[Any]:
    """Return contexts as ``Database.in_contexts`` takes them: bare values unless they are composite."""
    return list(keys) if not keys or len(keys[0]) > 1 else [key[0] for key in keys]


@dataclass(frozen=True, eq=False)
class Plan:
    """What a database is handed of a model: its tables, its context, and what it says of accumulators.

    One object for a model and a database: statements are kept by it.
    """

    model: str
    heads: Table
    events: Table
    context: tuple[str, ...]
    fingerprint: int
    merges: bool
    """Whether the statement that writes an event merges it into the accumulators."""
    checked: bool
    """Whether a CHECK holds of the present: of a head that is folded up to its seq."""
    unique: bool
    """Whether anything but the context is unique."""
    lift: Callable[[Mapping[str, Any]], dict[str, Any]]
    """The accumulators of one event's touches, by the head's column; none unless ``merges``."""
    merged: Callable[[Mapping[str, Any]], dict[str, Any]]
    """The accumulators of a head with these merged into them."""
    head_update: Callable[[Shape, Mapping[str, Any]], dict[str, Any]]
    """What an event changes in a head that exists."""
    first_chunk: Callable[[Any, Mapping[str, Any] | None], dict[str, Any]]
    """A head that begins with so many events; with no accumulators they are folded afterwards, all at once."""
    chunk_update: Callable[[Given, tuple[str, ...] | None], dict[str, Any]]
    """What a chunk of events, its values given, changes in a head that exists, with accumulators of these names."""

    def types(self, shape: Shape) -> dict[str, Any]:
        """Return the types of the binds, by name."""
        given = () if shape.expect is Expect.NEW else self.context
        types = {f"k{i}": self.heads.c[name].type for i, name in enumerate(given)}
        types |= {f"f{i}": self.events.c[name].type for i, name in enumerate(shape.touched)}
        types |= {name: self.events.c[name].type for name in shape.metadata}
        if shape.clears:
            types["cleared"] = Text()
        if shape.expect is Expect.SEQ:
            types["expected"] = BigInteger()
        return types

    def binds(self, shape: Shape) -> dict[str, Any]:
        """Return the binds, by name."""
        return {name: bindparam(name, type_=type_) for name, type_ in self.types(shape).items()}

    def first_head(self, merged: Mapping[str, Any]) -> dict[str, Any]:
        """Return a head that begins with one event, with these accumulators if the statement merges them."""
        return self.first_chunk(number(1), merged if self.merges else None)

    def keys(self, given: Given) -> dict[str, Any]:
        """Return the context's values, by column name."""
        return {name: given[f"k{i}"] for i, name in enumerate(self.context)}

    def touches(self, shape: Shape, given: Given) -> dict[str, Any]:
        """Return the touches, by column name."""
        return {name: given[f"f{i}"] for i, name in enumerate(shape.touched)}

    def here(self, given: Given) -> list[Expression]:
        """Return the conditions that a head is of the given context."""
        return [self.heads.c[name] == key for name, key in self.keys(given).items()]

    def expected(self, shape: Shape, given: Given) -> list[Expression]:
        """Return what must hold of a head that is updated for the write to win."""
        live = self.heads.c.seq > self.heads.c.osiris_origin
        if shape.expect is Expect.SEQ:
            return [self.heads.c.seq == given["expected"], live]
        if shape.expect is Expect.FRESH:
            return [live, self.heads.c.osiris_fingerprint == number(self.fingerprint)]
        return [live]

    def event(self, shape: Shape, given: Given, *, seq: Any, now: Any, cleared: Any) -> dict[str, Any]:
        """Return the event's values, by column name."""
        values = {**self.keys(given), "seq": seq, **self.touches(shape, given)}
        values |= {name: given[name] for name in shape.metadata}
        values["recorded_at"] = func.coalesce(values["recorded_at"], now) if "recorded_at" in values else now
        if shape.ends or shape.clears:
            values["osiris_cleared"] = cleared
        return values

    def columns(self, names: Sequence[str]) -> list[Any]:
        """Return the head's columns of its context and of these names."""
        return [self.heads.c[name] for name in (*self.context, *names)]

    def chunk_types(self, names: tuple[str, ...] | None) -> dict[str, Any]:
        """Return the types of the binds of a chunk's heads, by name: context, count and accumulators."""
        heads = self.heads.c
        types = {f"k{i}": heads[name].type for i, name in enumerate(self.context)}
        types["counts"] = BigInteger()
        return types | {f"f{i}": heads[name].type for i, name in enumerate(names or ())}

    def chunk_heads(self, given: Given, names: tuple[str, ...] | None) -> dict[str, Any]:
        """Return the values of heads that begin with a chunk, by column name."""
        accumulators = None if names is None else {name: given[f"f{i}"] for i, name in enumerate(names)}
        values = self.keys(given) | self.first_chunk(given["counts"], accumulators)
        if self.checked and names is not None:
            # Databases check what they would insert, also where they update instead: see UNCHECKED.
            values["osiris_folded"] = number(UNCHECKED)
        return values

    def begun(self, folded: "FoldedBatch") -> dict[Key, tuple[Any, ...]]:
        """Return :meth:`chunk_heads` as they stand in the database, by context: seq, folded, fingerprint and origin."""
        if folded.names is None:
            places: Iterable[int] = repeat(0)
        else:
            places = repeat(UNCHECKED) if self.checked else folded.counts
        stands = zip(folded.counts, places, repeat(self.fingerprint), repeat(0), strict=False)
        return dict(zip(folded.keys, stands, strict=True))


@dataclass(slots=True)
class BatchColumns:
    """A chunk's events: the contexts that they have, and a value per event of each column, else None.

    ``owners`` says which of ``keys`` an event belongs to. ``touches`` and ``metadata`` are by column name, without
    those that no event has; ``cleared`` is there if an event touches a field with None, or ends its stream; ``seqs`` if
    the events are copied ones, each to be appended at its own.
    """

    keys: list[Key] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    touches: dict[str, list[Any]] = field(default_factory=dict)
    metadata: dict[str, list[Any]] = field(default_factory=dict)
    cleared: list[str | None] | None = None
    seqs: list[int] | None = None

    def only(self, kept: list[bool]) -> "BatchColumns":
        """Return those of the events that are marked, and their contexts."""
        owners = list(compress(self.owners, kept))
        numbers = {owner: number for number, owner in enumerate(dict.fromkeys(owners))}
        return BatchColumns(
            [self.keys[owner] for owner in numbers],
            [numbers[owner] for owner in owners],
            {name: list(compress(values, kept)) for name, values in self.touches.items()},
            {name: list(compress(values, kept)) for name, values in self.metadata.items()},
            None if self.cleared is None else list(compress(self.cleared, kept)),
            None if self.seqs is None else list(compress(self.seqs, kept)),
        )

    def columns(self, context: Sequence[str], seqs: Sequence[int]) -> dict[str, Sequence[Any]]:
        """The event table's columns by name, without recorded_at and position."""
        columns: dict[str, Sequence[Any]] = {name: self._parts(i) for i, name in enumerate(context)}
        columns["seq"] = seqs
        columns |= self.touches
        columns |= {name: values for name, values in self.metadata.items() if name != "recorded_at"}
        if self.cleared is not None:
            columns["osiris_cleared"] = self.cleared
        return columns

    def _parts(self, place: int) -> list[Any]:
        parts = [key[place] for key in self.keys]
        return [parts[owner] for owner in self.owners]


@dataclass(frozen=True, slots=True)
class FoldedBatch:
    """A chunk by context: its keys, how many events each has, and each event's place among those, from 1.

    ``owners`` are the batch's. ``accumulators`` are by column name, one per key; there are none at all unless the
    heads can merge them.
    """

    keys: list[Key]
    counts: list[int]
    owners: list[int]
    places: list[int]
    accumulators: dict[str, list[Any]] | None

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the accumulators."""
        return None if self.accumulators is None else tuple(self.accumulators)

    def columns(self, order: Sequence[int] | None = None) -> list[list[Any]]:
        """The contexts' parts, the counts and the accumulators, as ``Plan.chunk_types`` names them; in this order."""
        accumulators = self.accumulators or {}
        contexts = [[key[i] for key in self.keys] for i in range(len(self.keys[0]))]
        columns = [*contexts, self.counts, *accumulators.values()]
        return columns if order is None else [[values[place] for place in order] for values in columns]
