"""How is an event appended? By one conditional put into the slot behind the head, which decides every race.

Cost: 1 write unit for the event and 1 for its entry in the index of unsequenced events, each per KB begun; 1 read unit
where the head is not remembered. An ``event_id`` needs a second item, so a transaction: 5 write units.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqla_osiris.conflicts import ConcurrentAppend, misplaced
from sqla_osiris.errors import ContextErased, InvalidValue, OsirisError
from sqla_osiris.records import CopiedEvent, Event, NewEvent
from sqla_osiris.repositories.dynamo.heads import NOTHING, Head, Remembered, head_of
from sqla_osiris.repositories.dynamo.items import Draft, Item
from sqla_osiris.repositories.dynamo.requests import ATTEMPTS, Action
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.schema.checks import incomplete, refuse_expectation
from sqla_osiris.steps import Steps

__all__ = ["Appending", "Chunks"]

_ACTIONS_A_TRANSACTION: Final = 100
_BYTES_A_TRANSACTION: Final = 3_500_000
"""DynamoDB takes 4 MB; our sizes are estimates."""

NEWEST: Final = 10**15
"""Beyond every seq."""


class Appending:
    """Appends to one model's log."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._heads: Remembered[Head] = Remembered()

    def append(self, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
        refuse_expectation(expected_seq)
        draft = self._tables.items.draft(new)
        remembered = self._heads.get(draft.context)
        if remembered is None and expected_seq == 0:
            remembered = NOTHING  # the first slot is never too far, and the put says whether it is free

        def attempt(_: int) -> Steps[Event | None]:
            nonlocal remembered
            head, remembered = remembered, None
            if head is None or _is_refused(draft, head, expected_seq):
                head = yield from self.head(draft.context)
            known = yield from self._refuse(draft, head, expected_seq)
            return known or (yield from self._put(draft, head))

        event = yield from self._tables.requests.retry(attempt)
        if event is None:
            raise OsirisError(
                f"{self._tables.log.model} {new.context!r}: {ATTEMPTS} other writers took the next place first. Nothing was "
                "written. Append to this context from fewer processes, or many events at once by append_many()."
            )
        return event

    def append_chunk(self, chunk: list[Draft]) -> Steps[int]:
        """Append at most one transaction's drafts: all of them, or none. Returns how many were new."""
        pending = _each_once(chunk)
        heads = {draft.context: self._heads.get(draft.context) for draft in pending}

        def attempt(_: int) -> Steps[int | None]:
            nonlocal pending
            for context in {draft.context for draft in pending}:
                heads[context] = heads[context] or (yield from self.head(context))
            pending = yield from self._beginning(pending, heads)
            if not pending:
                return 0
            placed = self._placed(pending, heads)
            lost = yield from self._tables.requests.transact([a for place in placed for a in place.actions])
            if lost:
                pending = _still_new(placed, lost, heads)
                return None
            for place in placed:
                self._heads.put(place.draft.context, place.head)
            return len(pending)

        written = yield from self._tables.requests.retry(attempt)
        if written is None:
            raise OsirisError(
                f"{self._tables.log.model}: {ATTEMPTS} times other writers took the next places of a chunk's contexts "
                "first. Nothing of this chunk was written. Append to these contexts from fewer processes."
            )
        return written

    def head(self, context: str) -> Steps[Head]:
        """The stream's head, read; remembered."""
        items, _ = yield from self._tables.requests.page(
            "query",
            TableName=self._tables.names.events,
            KeyConditionExpression="#context = :context AND seq <= :newest",
            ExpressionAttributeNames={"#context": "context"},
            ExpressionAttributeValues={":context": context, ":newest": NEWEST},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )
        head = head_of(items[0]) if items else NOTHING
        self._heads.put(context, head)
        return head

    def known(self, draft: Draft) -> Steps[Event | None]:
        """The event that has this draft's event_id already."""
        if draft.event_id is None:
            return None
        requests, names = self._tables.requests, self._tables.names
        where = yield from requests.get(
            names.index, self._tables.items.identifier(draft.context, draft.event_id)
        )
        if where is None:
            return None
        key = {"context": draft.context, "seq": int(where["seq"])}
        item = yield from requests.get(names.events, key)
        for _ in range(ATTEMPTS):
            if item is None or "archived" not in item:
                break
            # One that is not there any more was restored meanwhile, or erased.
            item = (yield from requests.get(names.archive, key)) or (
                yield from requests.get(names.events, key)
            )
        if item is None or "fields" not in item:
            raise self._erased(draft)
        return self._tables.items.event(item)

    def _refuse(self, draft: Draft, head: Head, expected_seq: int | None) -> Steps[Event | None]:
        if head.erased:
            raise self._erased(draft)
        if not _is_refused(draft, head, expected_seq):
            return None
        known = yield from self.known(draft)
        if known is not None:
            return known
        if expected_seq in {None, head.found}:
            raise self._incomplete(draft)
        raise ConcurrentAppend(
            context=draft.new.context,
            expected_seq=expected_seq,
            found_seq=head.found or None,
            model=self._tables.log.model,
        )

    def _erased(self, draft: Draft) -> ContextErased:
        return ContextErased(
            f"{self._tables.log.model} {draft.new.context!r} was erased for good and takes no more events. "
            "Use another context."
        )

    def _incomplete(self, draft: Draft) -> InvalidValue:
        return incomplete(self._tables.log, draft.new.context, draft.touches)

    def _put(self, draft: Draft, head: Head) -> Steps[Event | None]:
        """The event as stored, or None where the slot is lost; the known event where its event_id has one."""
        placed = self._place(draft, head)
        if draft.event_id is None:
            stored = yield from self._tables.requests.put_new(self._tables.names.events, placed.item)
            lost = [not stored]
        else:
            lost = yield from self._tables.requests.transact(placed.actions)
        if any(lost[1:]):
            return (yield from self.known(draft))
        if any(lost):
            return None
        self._heads.put(draft.context, placed.head)
        return self._tables.items.stored(draft, placed.head.seq, placed.recorded_at)

    def _placed(self, drafts: list[Draft], heads: dict[str, Head | None]) -> list["_Placed"]:
        """The drafts one behind the other, each in its own stream."""
        placed: list[_Placed] = []
        after = {context: head or NOTHING for context, head in heads.items()}
        for draft in drafts:
            if after[draft.context].erased:
                raise self._erased(draft)
            placed.append(self._place(draft, after[draft.context]))
            after[draft.context] = placed[-1].head
        return placed

    def _beginning(self, drafts: list[Draft], heads: dict[str, Head | None]) -> Steps[list[Draft]]:
        """The drafts, of which none begins a life without what it must touch; heads that were too old are read again.

        Left out are those that were written already, and would. Raises InvalidValue and ContextErased.
        """
        if not self._tables.log.required:
            return drafts
        firsts = {draft.context: draft for draft in reversed(drafts)}
        for context, first in firsts.items():
            if first.lacks and not _lives(heads[context]):
                heads[context] = yield from self.head(context)
        live = {context: _lives(heads[context]) for context in firsts}
        kept: list[Draft] = []
        for draft in drafts:
            if draft.lacks and not live[draft.context]:
                if (heads[draft.context] or NOTHING).erased:
                    raise self._erased(draft)
                if (yield from self.known(draft)) is None:
                    raise self._incomplete(draft)
                continue
            kept.append(draft)
            live[draft.context] = not draft.new.ends
        return kept

    def _place(self, draft: Draft, head: Head) -> "_Placed":
        """A draft in the slot behind the head. Our clock may differ from the last writer's: time never goes back."""
        seq, now = head.seq + 1, self._tables.clock()
        if head.recorded_at is not None and head.recorded_at > now:
            now = head.recorded_at
        if isinstance(draft.new, CopiedEvent) and draft.new.seq != seq:
            raise misplaced(self._tables.log.model, draft.new.context, draft.new.seq, seq)
        recorded_at = draft.recorded_at or now
        item = self._tables.items.event_item(draft, seq, recorded_at)
        actions: list[Action] = [
            {
                "Put": {
                    "TableName": self._tables.names.events,
                    "Item": item,
                    "ConditionExpression": "attribute_not_exists(seq)",
                }
            }
        ]
        if draft.event_id is not None:
            identifier = self._tables.items.identifier(draft.context, draft.event_id)
            actions.append(
                {
                    "Put": {
                        "TableName": self._tables.names.index,
                        "Item": {**identifier, "context": draft.context, "seq": seq},
                        "ConditionExpression": "attribute_not_exists(#key)",
                        "ExpressionAttributeNames": {"#key": "key"},
                    }
                }
            )
        head = Head(seq, live=not draft.new.ends, recorded_at=recorded_at)
        return _Placed(draft, item, actions, head, recorded_at)


def _lives(head: Head | None) -> bool:
    return head is not None and head.live


def _is_refused(draft: Draft, head: Head, expected_seq: int | None) -> bool:
    """Whether the event cannot follow this head, which may be too old a one."""
    return (draft.lacks and not head.live) or expected_seq not in {None, head.found}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A draft with its place: the item, the actions of a transaction, and the head that follows."""

    draft: Draft
    item: Item
    actions: list[Action]
    head: Head
    recorded_at: datetime


def _each_once(drafts: list[Draft]) -> list[Draft]:
    """The drafts without those whose event_id was met before."""
    seen: set[tuple[str, UUID]] = set()
    first: list[Draft] = []
    for draft in drafts:
        identity = None if draft.event_id is None else (draft.context, draft.event_id)
        if identity is None or identity not in seen:
            first.append(draft)
        if identity is not None:
            seen.add(identity)
    return first


def _still_new(placed: list[_Placed], lost: list[bool], heads: dict[str, Head | None]) -> list[Draft]:
    """The drafts whose event_id is not there yet; heads that were too low are forgotten."""
    outcomes = iter(lost)
    still_new = []
    for place in placed:
        taken, *known = [next(outcomes) for _ in place.actions]
        if taken:
            heads[place.draft.context] = None
        if not any(known):
            still_new.append(place.draft)
    return still_new


class Chunks:
    """Cuts drafts into lists that each fit one transaction."""

    def __init__(self) -> None:
        self._chunk: list[Draft] = []
        self._actions = 0
        self._bytes = 0

    def add(self, draft: Draft) -> list[Draft]:
        """Take one more; return the chunk that it no longer fits into, else nothing."""
        actions = 1 if draft.event_id is None else 2
        size = draft.size + (actions - 1) * (len(draft.context.encode()) + 200)
        full = self._actions + actions > _ACTIONS_A_TRANSACTION or self._bytes + size > _BYTES_A_TRANSACTION
        done = self.rest() if full else []
        self._chunk.append(draft)
        self._actions += actions
        self._bytes += size
        return done

    def rest(self) -> list[Draft]:
        """Return what is left, at the end."""
        done, self._chunk, self._actions, self._bytes = self._chunk, [], 0, 0
        return done
