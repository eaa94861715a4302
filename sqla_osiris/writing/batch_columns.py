"""Reads a chunk of a long batch into columns, checked, and folds it per context where Python folds as SQL does.

A list per column costs a tenth of a dict per event, and is what drivers and ``zip`` take. The events themselves are read
a piece at a time and let go, so that a chunk may be long: each context's head is written once a chunk.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from operator import attrgetter
from types import NoneType
from typing import Any, cast

from sqlalchemy import Date, Float, Integer, String

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import METADATA, BatchColumns, FoldedBatch, Key, cleared_names
from sqla_osiris.records import CopiedEvent, NewEvent
from sqla_osiris.reducers import Count, First, Last, Max, Min, Sum
from sqla_osiris.schema.checks import refuse_no_event, refuse_touching_end
from sqla_osiris.schema.log import END, Field, Log
from sqla_osiris.schema.metadata import METADATA_CHECKS
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["fold_batch", "next_page", "read_columns"]

_EVENTS_A_PIECE = 5_000
_EVENTS_A_CHUNK = 100_000
CONTEXTS_A_CHUNK = 25_000
"""A context takes several times the memory of an event: its key, its head before and after, its accumulators."""
_SPARSE = 4
"""A piece with that many places for each touch is read by event: most places would be looked up in vain."""
_PLAIN: tuple[set[type], ...] = (set(), {str}, {int})
_INT64 = range(-(2**63), 2**63)


def read_columns(log: Log, events: Iterator[NewEvent]) -> BatchColumns:
    """Read the next chunk of the events, empty when they are at their end. Raises InvalidValue and UnknownField."""
    batch = BatchColumns()
    numbers: dict[Key, int] = {}
    known: dict[Any, int] = {}
    cleared: dict[int, str | None] = {}
    while len(batch.owners) < _EVENTS_A_CHUNK and len(numbers) < CONTEXTS_A_CHUNK:
        piece = list(islice(events, _EVENTS_A_PIECE))
        if not piece:
            break
        before = len(batch.owners)
        try:
            batch.owners += _owners(log, piece, numbers, known)
            touches, names = _touches(log, piece)
            metadata = _metadata(log, piece)
        except AttributeError as error:
            for event in piece:
                refuse_no_event(event, error)
            raise
        cleared |= {before + i: each for i, each in names.items()}
        _extend(batch.touches, touches, before, len(piece))
        _extend(batch.metadata, metadata, before, len(piece))
        if isinstance(piece[0], CopiedEvent):
            batch.seqs = (batch.seqs or []) + [event.seq for event in cast(list[CopiedEvent], piece)]
    if cleared:
        batch.cleared = [cleared.get(i) for i in range(len(batch.owners))]
    batch.keys = list(numbers)
    # In the order of declaration: batches that touch the same fields share their statements.
    batch.touches = {name: batch.touches[name] for name in log.fields if name in batch.touches}
    return batch


def _extend(columns: dict[str, list[Any]], more: dict[str, list[Any]], before: int, length: int) -> None:
    for name in more:
        columns.setdefault(name, [None] * before)
    for name, column in columns.items():
        column.extend(more.get(name) or repeat(None, length))


def _owners(
    log: Log, events: Sequence[NewEvent], numbers: dict[Key, int], known: dict[Any, int]
) -> list[int]:
    contexts = [event.context for event in events]
    # Other types are not looked up: 1 == True == Decimal(1), and only one of them may be a context.
    if set(map(type, contexts)) not in ({str}, {int}):
        return [numbers.setdefault(log.new_key(context), len(numbers)) for context in contexts]
    new = [context for context in dict.fromkeys(contexts) if context not in known]
    for context, key in zip(new, log.keys_of(new), strict=True):
        known[context] = numbers.setdefault(key, len(numbers))
    return list(map(known.__getitem__, contexts))


def _metadata(log: Log, events: Sequence[NewEvent]) -> dict[str, list[Any]]:
    given = [
        event
        for event in events
        if event.event_id is not None
        or event.event_type is not None
        or event.event_meta is not None
        or event.recorded_at is not None
    ]
    if not given:
        return {}
    metadata = {}
    for name in METADATA:
        values = list(map(attrgetter(name), events))
        if values.count(None) < len(values):
            metadata[name] = _checked_metadata(log, name, values)
    return metadata


def _checked_metadata(log: Log, name: str, values: list[Any]) -> list[Any]:
    check = METADATA_CHECKS[name]
    try:
        return [None if value is None else check(value) for value in values]
    except ValueError:
        # The slow way says what is wrong.
        for value in values:
            log.metadata(**{name: value})
        raise


def _touches(log: Log, events: Sequence[NewEvent]) -> tuple[dict[str, list[Any]], dict[int, str | None]]:
    """The touches by column name, and by the place of an event what ``osiris_cleared`` says of it, if anything."""
    fields = log.by_key
    columns = _by_column(log, events)
    cleared: dict[int, str | None] = {}
    check = _checked_once
    if columns is None:
        columns, cleared = _by_event(log, events)
        check = _checked_touches
    try:
        return {fields[key].name: check(fields[key], column) for key, column in columns.items()}, cleared
    except ValueError:
        # The slow way says of which event, and what is wrong.
        for event in events:
            log.touches(event.fields)
        raise


def _by_column(log: Log, events: Sequence[NewEvent]) -> dict[str, list[Any]] | None:
    """The touches by field, unchecked, where each field's are of one plain type.

    None for events that must be looked at one by one, or are quicker so.
    """
    given: Any = [event.fields for event in events if not event.ends]
    if len(given) < len(events) or set(map(type, given)) != {dict}:
        return None
    left = sum(map(len, given))
    if len(log.by_key) * len(events) > _SPARSE * left:
        return None
    columns = {}
    for key in log.by_key:
        touches = list(map(dict.get, given, repeat(key)))
        types = set(map(type, touches)) - {NoneType}
        if types not in _PLAIN:
            return None
        if types:
            columns[key] = touches
            left -= len(touches) - touches.count(None)
    # What is left are touches with None, and fields that the model has not.
    return None if left else columns


def _by_event(log: Log, events: Sequence[NewEvent]) -> tuple[dict[str, list[Any]], dict[int, str | None]]:
    """As :func:`_by_column`, and with it what ``osiris_cleared`` says. Raises UnknownField and InvalidValue."""
    fields = log.by_key
    columns: dict[str, list[Any]] = {}
    cleared: dict[int, str | None] = {}
    for i, event in enumerate(events):
        if event.ends:
            refuse_touching_end(log, event)
            cleared[i] = END
        for key, touch in event.fields.items():
            column = columns.get(key)
            if touch is None or key not in fields:
                # The slow way says what is wrong, or that None is a value of this field.
                cleared[i] = cleared_names(log.touches(event.fields))
                continue
            if column is None:
                columns[key] = column = [None] * len(events)
            column[i] = touch
    return columns, cleared


def next_page(log: Log, pieces: Iterator[Sequence[Sequence[Any]]], limit: int) -> BatchColumns:
    """The next ``limit`` events or a few more, or fewer that have many contexts, of pieces of the event table's columns.

    Empty when the pieces are at their end. Raises InvalidValue for what no field holds.
    """
    columns: dict[str, list[Any]] = {column.name: [] for column in log.events.c}
    contexts = [columns[name] for name in log.context_names]
    numbers: dict[Key, int] = {}
    owners: list[int] = []
    while len(owners) < limit and len(numbers) < CONTEXTS_A_CHUNK and (piece := next(pieces, None)):
        for column, values in zip(columns.values(), piece, strict=True):
            column.extend(values)
        keys = list(zip(*(values[len(owners) :] for values in contexts), strict=True))
        for key in dict.fromkeys(keys):
            numbers.setdefault(key, len(numbers))
        owners += map(numbers.__getitem__, keys)
    touches = {name: columns[name] for name in log.fields if _given(columns[name])}
    cleared = columns["osiris_cleared"]
    return BatchColumns(
        keys=list(numbers),
        owners=owners,
        touches={name: _checked_touches(log.fields[name], values) for name, values in touches.items()},
        metadata={name: columns[name] for name in METADATA if _given(columns[name])},
        cleared=cleared if _given(cleared) else None,
        seqs=columns["seq"],
    )


def _given(values: list[Any]) -> bool:
    return values.count(None) < len(values)


def _checked_touches(field: Field, touches: list[Any]) -> list[Any]:
    """Raises ValueError."""
    if set(map(type, touches)) - {NoneType} in _PLAIN:
        return _checked_once(field, touches)
    check = field.check
    return [None if touch is None else check(touch) for touch in touches]


def _checked_once(field: Field, touches: list[Any]) -> list[Any]:
    """Raises ValueError. Equal values of one plain type are one value, and are checked once."""
    checked = {touch: field.check(touch) for touch in set(touches) if touch is not None}
    if all(touch is found for touch, found in checked.items()):
        return touches
    return [None if touch is None else checked[touch] for touch in touches]


def fold_batch(log: Log, batch: BatchColumns, database: Database) -> FoldedBatch:
    """Number the events within their contexts, and fold them where the heads can take the result."""
    counts = [0] * len(batch.keys)
    places = []
    for owner in batch.owners:
        counts[owner] = place = counts[owner] + 1
        places.append(place)
    accumulators = _accumulators(log, batch) if log.merges_inline(database) else None
    return FoldedBatch(batch.keys, counts, batch.owners, places, accumulators)


def _accumulators(log: Log, batch: BatchColumns) -> dict[str, list[Any]] | None:
    # An accumulator that is None says "untouched", so a touch with None leaves the fold to the database.
    if batch.cleared is not None:
        return None
    if not all(_folds_alike(log.fields[name]) for name in batch.touches):
        return None
    folded = {
        name: _folded(log.fields[name], touches, batch.owners, len(batch.keys))
        for name, touches in batch.touches.items()
    }
    fits = all(_fits(log.fields[name], accumulators) for name, accumulators in folded.items())
    return folded if fits else None


def _folds_alike(field: Field) -> bool:
    """Whether Python's fold is surely the database's: decimals and users' types may round or order otherwise."""
    reducer, declared = type(field.reducer), field.sql.declared
    if len(field.sql.accumulators(field.name)) > 1:
        return False
    if reducer in (Last, First):
        # An array among arrays would be unnested with them.
        return isinstance(declared, Integer | Float | String | Date | UTCDateTime)
    if reducer is Count:
        return True
    if reducer is Sum:
        return isinstance(declared, Integer)
    return reducer in (Max, Min) and isinstance(declared, Integer | Date | String)


def _folded(field: Field, touches: list[Any], owners: list[int], contexts: int) -> list[Any]:
    reducer = field.reducer
    untouched = field.sql.accumulators(field.name)[field.name].identity
    accumulators: list[Any] = [untouched] * contexts
    # The pairs that zip gives are let go at once: a list of them would have the garbage collector look at each.
    touched = zip(owners, touches, strict=True)
    if type(reducer) is Last:
        for owner, touch in touched:
            if touch is not None:
                accumulators[owner] = touch
    elif type(reducer) is Sum:
        for owner, touch in touched:
            if touch is not None:
                accumulators[owner] += touch
    else:
        merge, lift = reducer.merge, reducer.lift
        for owner, touch in touched:
            if touch is not None:
                accumulators[owner] = merge(accumulators[owner], lift(touch))
    return accumulators


def _fits(field: Field, accumulators: list[Any]) -> bool:
    if type(field.reducer) is not Sum:
        return True
    return min(accumulators) in _INT64 and max(accumulators) in _INT64
