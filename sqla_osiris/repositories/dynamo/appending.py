"""How is an event appended? By one conditional put into the slot behind the head, which decides every race.

Cost: 1 write unit for the event and 1 for its entry in the index of unsequenced events, each per KB begun; 1 read unit
where the head is not remembered. An ``event_id`` needs a second item, so a transaction: 5 write units.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqla_osiris.conflicts import ConcurrentAppend, misplaced
from sqla_osiris.errors import ContextErased, OsirisError
from sqla_osiris.records import CopiedEvent, Event, NewEvent
from sqla_osiris.repositories.arriving import Take
from sqla_osiris.repositories.dynamo.items import Draft, Item
from sqla_osiris.repositories.dynamo.requests import ATTEMPTS, Action
from sqla_osiris.repositories.dynamo.tables import NOTHING, Head, Tables
from sqla_osiris.repositories.keys import Context
from sqla_osiris.repositories.results import stored_event
from sqla_osiris.schema.checks import refuse_expectation, refuse_no_event
from sqla_osiris.steps import Steps
from sqla_osiris.types.encrypted import ContextKey

__all__ = ["append", "append_chunk", "chunks"]

_ACTIONS_A_TRANSACTION: Final = 100
_BYTES_A_TRANSACTION: Final = 3_500_000
"""DynamoDB takes 4 MB; our sizes are estimates."""

Heads = dict[str, Head | None]
ContextKeys = dict[Context, ContextKey]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A draft with its place: the item, the actions of a transaction, and the head that follows."""

    draft: Draft
    item: Item
    actions: list[Action]
    head: Head


def append(tables: Tables, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
    """Append one event. Raises ConcurrentAppend, ContextErased, InvalidValue."""
    refuse_expectation(expected_seq)
    draft = tables.items.draft(new)
    remembered = tables.heads.get(draft.context)
    if remembered is None and expected_seq == 0:
        remembered = NOTHING  # the first slot is never too far, and the put says whether it is free

    def attempt(_: int) -> Steps[Event | None]:
        nonlocal remembered
        head, remembered = remembered, None
        if head is None or _is_refused(draft, head, expected_seq):
            head = yield from tables.head(draft.context)
        known = yield from _refuse(tables, draft, head, expected_seq)
        if known is not None:
            return known
        placed = tables.items.begun(draft) if draft.lacks and not head.live else draft
        keys = yield from tables.keys.stored([placed])
        return (yield from _put(tables, placed, head, keys))

    event = yield from tables.requests.retry(attempt)
    if event is None:
        raise OsirisError(
            f"{tables.log.model} {new.context!r}: {ATTEMPTS} other writers took the next place first. Nothing was "
            "written. Append to this context from fewer processes, or many events at once by append_many()."
        )
    return event


def _is_refused(draft: Draft, head: Head, expected_seq: int | None) -> bool:
    """Whether the event cannot follow this head, which may be too old a one."""
    return (draft.lacks and not head.live) or expected_seq not in {None, head.found}


def _refuse(tables: Tables, draft: Draft, head: Head, expected_seq: int | None) -> Steps[Event | None]:
    """Return the event that is there already, by its id; raise where this one cannot follow the head."""
    if head.erased:
        raise _erased(tables, draft)
    if not _is_refused(draft, head, expected_seq):
        return None
    known = yield from _known(tables, draft)
    if known is not None:
        return known
    if expected_seq in {None, head.found}:
        return None
    raise ConcurrentAppend(
        context=draft.new.context,
        expected_seq=expected_seq,
        found_seq=head.found or None,
        model=tables.log.model,
    )


def _known(tables: Tables, draft: Draft) -> Steps[Event | None]:
    """The event that has this draft's event_id already."""
    if draft.new.event_id is None:
        return None
    where = yield from tables.requests.get(
        tables.index, tables.items.identifier(draft.context, draft.new.event_id)
    )
    if where is None:
        return None
    key = {"context": draft.context, "seq": int(where["seq"])}
    item = yield from tables.requests.get(tables.events, key)
    for _ in range(ATTEMPTS):
        if item is None or "archived" not in item:
            break
        # One that is not there any more was restored meanwhile, or erased.
        item = (yield from tables.requests.get(tables.archive, key)) or (
            yield from tables.requests.get(tables.events, key)
        )
    if item is None or "fields" not in item:
        raise _erased(tables, draft)
    (event,) = yield from tables.keys.opened([tables.items.event(item)])
    return event


def _erased(tables: Tables, draft: Draft) -> ContextErased:
    return ContextErased(
        f"{tables.log.model} {draft.new.context!r} was erased for good and takes no more events. Use another context."
    )


def _put(tables: Tables, draft: Draft, head: Head, keys: ContextKeys) -> Steps[Event | None]:
    """The event as stored, or None where the slot is lost; the known event where its event_id has one."""
    placed = _place(tables, draft, head, keys)
    if draft.new.event_id is None:
        lost = [not (yield from tables.requests.put_new(tables.events, placed.item))]
    else:
        lost = yield from tables.requests.transact(placed.actions)
    if any(lost[1:]):
        return (yield from _known(tables, draft))
    if any(lost):
        return None
    tables.heads.put(draft.context, placed.head)
    return stored_event(tables.log, draft.key, draft.new, placed.head.seq, placed.head.recorded_at)


def _place(tables: Tables, draft: Draft, head: Head, keys: ContextKeys) -> _Placed:
    """A draft in the slot behind the head. Our clock may differ from the last writer's: time never goes back."""
    seq, now = head.seq + 1, max(tables.clock(), head.recorded_at)
    if isinstance(draft.new, CopiedEvent) and draft.new.seq != seq:
        raise misplaced(tables.log.model, draft.new.context, draft.new.seq, seq)
    recorded_at = draft.new.recorded_at or now
    item = tables.items.event_item(draft, seq, recorded_at, keys.get(draft.key))
    free = {"ConditionExpression": "attribute_not_exists(seq)"}
    actions: list[Action] = [{"Put": {"TableName": tables.events, "Item": item, **free}}]
    if draft.new.event_id is not None:
        identifier = tables.items.identifier(draft.context, draft.new.event_id)
        of_seq = {**identifier, "context": draft.context, "seq": seq}
        unknown = {
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": "key"},
        }
        actions.append({"Put": {"TableName": tables.index, "Item": of_seq, **unknown}})
    return _Placed(draft, item, actions, Head(seq, live=not draft.new.ends, recorded_at=recorded_at))


def append_chunk(tables: Tables, chunk: Sequence[Draft]) -> Steps[int]:
    """Append at most one transaction's drafts: all of them, or none. Returns how many were new."""
    pending = _each_once(chunk)
    heads: Heads = {draft.context: tables.heads.get(draft.context) for draft in pending}

    def attempt(_: int) -> Steps[int | None]:
        nonlocal pending
        for context in {draft.context for draft in pending}:
            heads[context] = heads[context] or (yield from tables.head(context))
        begun = yield from _beginning(tables, pending, heads)
        if not begun:
            return 0
        _refuse_erased(tables, begun, heads)
        placed = _all_placed(tables, begun, heads, (yield from tables.keys.stored(begun)))
        lost = yield from tables.requests.transact([a for place in placed for a in place.actions])
        if lost:
            pending = _still_new(placed, lost, heads)
            return None
        for place in placed:
            tables.heads.put(place.draft.context, place.head)
        return len(begun)

    written = yield from tables.requests.retry(attempt)
    if written is None:
        raise OsirisError(
            f"{tables.log.model}: {ATTEMPTS} times other writers took the next places of a chunk's contexts "
            "first. Nothing of this chunk was written. Append to these contexts from fewer processes."
        )
    return written


def _each_once(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts without those whose event_id was met before."""
    seen: set[tuple[str, UUID]] = set()
    first: list[Draft] = []
    for draft in drafts:
        if draft.new.event_id is not None:
            identity = draft.context, draft.new.event_id
            if identity in seen:
                continue
            seen.add(identity)
        first.append(draft)
    return first


def _beginning(tables: Tables, drafts: list[Draft], heads: Heads) -> Steps[list[Draft]]:
    """The drafts, each that begins a life with its defaults; heads that were too old are read again.

    Left out are those that were written already, and would begin one. Raises ContextErased, and InvalidValue for one that
    lacks what it must touch.
    """
    if not tables.log.opening:
        return drafts
    firsts = {draft.context: draft for draft in reversed(drafts)}
    for context, first in firsts.items():
        if first.lacks and not _of(heads, context).live:
            heads[context] = yield from tables.head(context)
    live = {context: _of(heads, context).live for context in firsts}
    kept: list[Draft] = []
    for draft in drafts:
        if draft.lacks and not live[draft.context]:
            if _of(heads, draft.context).erased:
                raise _erased(tables, draft)
            if (yield from _known(tables, draft)) is not None:
                continue
            kept.append(tables.items.begun(draft))
        else:
            kept.append(draft)
        live[draft.context] = not draft.new.ends
    return kept


def _of(heads: Heads, context: str) -> Head:
    return heads[context] or NOTHING


def _refuse_erased(tables: Tables, drafts: list[Draft], heads: Heads) -> None:
    for draft in drafts:
        if _of(heads, draft.context).erased:
            raise _erased(tables, draft)


def _all_placed(tables: Tables, drafts: list[Draft], heads: Heads, keys: ContextKeys) -> list[_Placed]:
    """The drafts one behind the other, each in its own stream."""
    placed: list[_Placed] = []
    after = {context: head or NOTHING for context, head in heads.items()}
    for draft in drafts:
        placed.append(_place(tables, draft, after[draft.context], keys))
        after[draft.context] = placed[-1].head
    return placed


def _still_new(placed: list[_Placed], lost: list[bool], heads: Heads) -> list[Draft]:
    """The drafts whose event_id is not there yet; heads that were too low are forgotten."""
    outcomes = iter(lost)
    still_new = []
    for place in placed:
        taken, *known = [next(outcomes) for _ in place.actions]
        if taken:
            heads[place.draft.context] = None
        if not any(known):
            still_new.append(place.draft.without_defaults or place.draft)
    return still_new


def chunks(tables: Tables, take: Take[NewEvent]) -> Callable[[], Steps[list[Draft]]]:
    """Return what cuts the events that are taken into lists of drafts that each fit one transaction."""
    chunk, actions, size = list[Draft](), 0, 0

    def next_chunk() -> Steps[list[Draft]]:
        nonlocal chunk, actions, size
        while new := (yield from take(1)):
            draft = _draft(tables, new[0])
            more = 1 if draft.new.event_id is None else 2
            bytes_more = draft.size + (more - 1) * (len(draft.context.encode()) + 200)
            done = chunk
            if actions + more > _ACTIONS_A_TRANSACTION or size + bytes_more > _BYTES_A_TRANSACTION:
                chunk, actions, size = [], 0, 0
            chunk.append(draft)
            actions, size = actions + more, size + bytes_more
            if done and done is not chunk:
                return done
        done, chunk = chunk, []
        return done

    return next_chunk


def _draft(tables: Tables, new: NewEvent) -> Draft:
    try:
        return tables.items.draft(new)
    except AttributeError as error:
        refuse_no_event(new, error)
        raise
