"""Which events of a batch begin a life, and what do they need? What their model requires, and defaults of what they lack.

Behind an end in the batch itself a life begins. Whether one begins with a stream's first event here, its head says: it is
locked before defaults are given, and looked at again where it was not there to lock.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from sqla_osiris.databases.plan import BatchColumns, Key
from sqla_osiris.errors import InvalidValue
from sqla_osiris.schema.checks import incomplete
from sqla_osiris.schema.defaults import completed
from sqla_osiris.schema.log import END, Log
from sqla_osiris.writing.snapshots import living

__all__ = ["Beginnings", "BegunMeanwhile", "beginnings", "with_defaults"]


class BegunMeanwhile(Exception):
    """Another writer's event was the first of a stream: this batch's must not be given a beginning's defaults."""


@dataclass(frozen=True, slots=True)
class Beginnings:
    """What the owners of a batch must be before it."""

    to_live: Mapping[int, int]
    """Those that must live, by the place of their first event, which lacks what a beginning needs."""
    begun: Collection[int]
    """Those that must not, as their first event was given defaults."""

    def check(
        self, log: Log, batch: BatchColumns, heads: Mapping[Key, Sequence[int]], counts: Sequence[int]
    ) -> None:
        """Raise InvalidValue, or BegunMeanwhile, where a stream is not as it must be; ``heads`` are raised by ``counts``."""
        for owner, place in self.to_live.items():
            if not _lived(heads[batch.keys[owner]], counts[owner]):
                raise _incomplete(log, batch, place)
        if any(_lived(heads[batch.keys[owner]], counts[owner]) for owner in self.begun):
            raise BegunMeanwhile


def _lived(head: Sequence[int], count: int) -> bool:
    seq, *_, origin = head
    return seq - count > origin


def beginnings(log: Log, batch: BatchColumns, begun: Collection[int]) -> Beginnings:
    """Return what the batch's owners must be; ``begun`` were given defaults.

    Events of another log are taken as they are. Raises InvalidValue for an event that follows an end in the batch itself.
    """
    if batch.seqs is not None or _is_complete(batch, log.required):
        return Beginnings({}, begun)
    lacks = _lacking(batch, log.required)
    for place in filter(lacks, _behind_ends(batch)):
        raise _incomplete(log, batch, place)
    return Beginnings({owner: place for owner, place in _firsts(batch).items() if lacks(place)}, begun)


def with_defaults(
    connection: Connection, log: Log, batch: BatchColumns, *, again: bool
) -> tuple[BatchColumns, Collection[int]]:
    """Return the batch with its beginnings' defaults, and the owners whose streams do not live; heads are locked.

    ``again`` says that there are some which a first look did not see.
    """
    if _is_complete(batch, log.opening):
        return batch, ()
    lacks = _lacking(batch, log.opening)
    lacking = {owner: place for owner, place in _firsts(batch).items() if lacks(place)}
    keys = [batch.keys[owner] for owner in lacking]
    alive = living(connection, log, keys, again=again) if keys else set()
    begun = {owner: place for owner, place in lacking.items() if batch.keys[owner] not in alive}
    behind = filter(lacks, _behind_ends(batch))
    touches = {name: list(column) for name, column in batch.touches.items()}
    for place in (*begun.values(), *behind):
        given = _touches_at(batch, place)
        for name, touch in completed(log, batch.keys[batch.owners[place]], given).items():
            if name not in given:
                touches.setdefault(name, [None] * len(batch.owners))[place] = touch
    in_order = {name: touches[name] for name in log.fields if name in touches}
    return replace(batch, touches=in_order), begun


def _is_complete(batch: BatchColumns, names: Collection[str]) -> bool:
    return all(name in batch.touches and None not in batch.touches[name] for name in names)


def _lacking(batch: BatchColumns, names: Collection[str]) -> Callable[[int], bool]:
    """Return whether an event, by its place, leaves one of these fields alone; one that ends its stream may."""
    columns = [(f",{name},", batch.touches.get(name)) for name in names]
    cleared = batch.cleared

    def lacks(place: int) -> bool:
        without = [named for named, column in columns if column is None or column[place] is None]
        nones = None if cleared is None else cleared[place]
        if not without or nones is None:
            return bool(without)
        return nones != END and any(named not in nones for named in without)

    return lacks


def _touches_at(batch: BatchColumns, place: int) -> dict[str, Any]:
    held = {name: column[place] for name, column in batch.touches.items() if column[place] is not None}
    cleared = (batch.cleared[place] or "") if batch.cleared is not None else ""
    return held | dict.fromkeys(cleared.split(",")[1:-1])


def _firsts(batch: BatchColumns) -> dict[int, int]:
    """The place of each owner's first event."""
    places = range(len(batch.owners) - 1, -1, -1)
    return dict(zip(reversed(batch.owners), places, strict=True))


def _behind_ends(batch: BatchColumns) -> Iterator[int]:
    """The places of events that follow one that ends their stream."""
    if batch.cleared is None or END not in batch.cleared:
        return
    ended: set[int] = set()
    for place, (owner, cleared) in enumerate(zip(batch.owners, batch.cleared, strict=True)):
        if owner in ended:
            yield place
        (ended.add if cleared == END else ended.discard)(owner)


def _incomplete(log: Log, batch: BatchColumns, place: int) -> InvalidValue:
    touched = _touches_at(batch, place)
    return incomplete(log, log.context_of(batch.keys[batch.owners[place]]), touched)
