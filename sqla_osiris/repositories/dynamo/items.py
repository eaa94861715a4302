"""Events and snapshots as DynamoDB items, and back."""

import json
import secrets
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from sqla_osiris import fold as folds
from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import NewEvent
from sqla_osiris.reducers import Count, First, Last, Max, Min, Sum
from sqla_osiris.reducers.base import accumulator_text
from sqla_osiris.repositories.dynamo.values import Codec, codec, from_moment, item_size, to_moment
from sqla_osiris.repositories.event_documents import EventDocuments, Forms
from sqla_osiris.repositories.keys import sealed_content
from sqla_osiris.repositories.results import refuse_outgrown
from sqla_osiris.schema.checks import refuse_upcasts
from sqla_osiris.schema.defaults import begun
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.types.encrypted import ContextKey

__all__ = ["CONTENT", "PENDING", "UNSEQUENCED", "Draft", "Item", "Items", "Snapshot", "place_of"]

Item = dict[str, Any]

UNSEQUENCED: Final = "unsequenced"
"""The sparse index of events without a position, and the attribute that puts them into it."""

SHARDS: Final = 4
"""The partitions of the index of unsequenced events: each takes some 1,000 appends a second."""

CONTENT: Final = ("fields", "event_id", "event_type", "event_meta", "redacted")
"""The attributes that an archived or erased event's slot loses."""

PENDING: Final = "pending"
"""Begins the attribute, in the item of a context's redactions, that names one which has begun and not ended."""

_LONGEST_CONTEXT: Final = 2048
_LARGEST_ITEM: Final = 400 * 1024
_OVERHEAD: Final = 200
"""More than the bytes of an event's own attributes beside its content."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked event without a seq: ``context`` is the partition's key, ``content`` what the item holds of it."""

    new: NewEvent
    key: tuple[Any, ...]
    context: str
    content: Item
    nonce: bytes
    lacks: bool
    """Whether it touches too little to begin a life as it is."""
    without_defaults: "Draft | None" = None
    """What it was before it was given the defaults of a new life."""

    @property
    def size(self) -> int:
        return item_size(self.content) + len(self.context.encode()) + _OVERHEAD


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Accumulators up to seq ``folded.seq``; ``latest`` is the greatest recorded_at among those events."""

    folded: folds.Folded
    latest: datetime


class Items(EventDocuments):
    """Turns one model's events and snapshots into items and back."""

    def __init__(self, log: Log) -> None:
        refuse_upcasts(log, "DynamoDB")
        super().__init__(log, codec, Forms(str, str, UUID, from_moment))

    @cached_property
    def _accumulators(self) -> dict[str, "_Accumulator"]:
        return {name: _Accumulator(field) for name, field in self.log.folded_fields.items()}

    @cached_property
    def _contexts(self) -> list[Codec]:
        return [codec(column.type) for column in self.log.contexts]

    def context(self, key: tuple[Any, ...]) -> str:
        """The partition's key: the context's text, a JSON list of texts for a composite one. Raises InvalidValue."""
        parts = self.parts(key, [codec.to_text for codec in self._contexts])
        text = parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        names, size = ", ".join(self.log.context_names), len(text.encode())
        if not text:
            raise InvalidValue(f"{self.log.model}.{names}: DynamoDB takes no empty context. Give it a name.")
        if size > _LONGEST_CONTEXT:
            raise InvalidValue(
                f"{self.log.model}.{names}: a context of {size} bytes, DynamoDB takes "
                f"{_LONGEST_CONTEXT}. Shorten it, or use a hash of it."
            )
        return text

    def key(self, context: str) -> tuple[Any, ...]:
        parts = [context] if len(self._contexts) == 1 else json.loads(context)
        return tuple(codec.from_text(part) for codec, part in zip(self._contexts, parts, strict=True))

    def draft(self, new: NewEvent) -> Draft:
        """Check an event. Raises UnknownField and InvalidValue."""
        key = self.log.key_of(new.context)
        context = self.context(key)
        content, lacking = self.content(new)
        draft = Draft(new, key, context, content, secrets.token_bytes(8), lacking)
        if draft.size > _LARGEST_ITEM:
            raise InvalidValue(
                f"{self.log.model} {new.context!r}: an event of some {draft.size} bytes; a DynamoDB item takes "
                f"{_LARGEST_ITEM}. Keep what is large elsewhere and its address in the event."
            )
        return draft

    def begun(self, draft: Draft) -> Draft:
        """Return the draft as the first one of a life, with its defaults. Raises InvalidValue where it lacks others."""
        return replace(self.draft(begun(self.log, draft.key, draft.new)), without_defaults=draft)

    def event_item(self, draft: Draft, seq: int, recorded_at: datetime, key: ContextKey | None) -> Item:
        """``nonce`` tells our own event from another's where the SDK repeats a request whose answer was lost."""
        return {
            "context": draft.context,
            "seq": seq,
            "recorded_at": to_moment(recorded_at),
            "nonce": draft.nonce,
            UNSEQUENCED: zlib.crc32(draft.context.encode()) % SHARDS,
            **sealed_content(draft.content, key, seq),
        }

    def identifier(self, context: str, event_id: UUID) -> Item:
        """The key of the item that holds the place of an event_id: a hash, so that a long context fits."""
        digest = blake2b(event_id.bytes + context.encode(), digest_size=24).hexdigest()
        return {"key": f"id {digest}", "position": 0}

    def redactions(self, context: str) -> Item:
        """The key of the item that counts a context's redactions, and says which have begun."""
        digest = blake2b(context.encode(), digest_size=24).hexdigest()
        return {"key": f"redactions {digest}", "position": 0}

    def snapshot_item(self, context: str, snapshot: Snapshot) -> Item:
        """Return a snapshot's item. Raises InvalidValue where the accumulators do not fit an item, or no column."""
        log = self.log
        refuse_outgrown(log, self.key(context), snapshot.folded)
        try:
            accumulators = {
                name: written
                for name, form in self._accumulators.items()
                for written in form.write(snapshot.folded.accumulators[form.field.key])
            }
        except ValueError as error:
            raise InvalidValue(f"{log.model} {context!r}: no snapshot: {error}.") from error
        item = {
            "context": context,
            "seq": place_of(snapshot.folded.seq),
            "folded": snapshot.folded.seq,
            "fingerprint": log.fingerprint_in_documents,
            "recorded_at": to_moment(snapshot.latest),
            "accumulators": accumulators,
        }
        if item_size(item) > _LARGEST_ITEM:
            raise InvalidValue(
                f"{log.model} {context!r}: a snapshot of some {item_size(item)} bytes; a DynamoDB item takes "
                f"{_LARGEST_ITEM}. Declare __snapshot__ = Never(), or a reducer that grows less."
            )
        return item

    def snapshot(self, item: Item) -> Snapshot | None:
        """The snapshot of an item, None where another model's fingerprint is on it."""
        if int(item["fingerprint"]) != self.log.fingerprint_in_documents:
            return None
        held = item["accumulators"]
        accumulators = {
            form.field.key: form.read([held[name]] if name in held else [])
            for name, form in self._accumulators.items()
        }
        return Snapshot(folds.Folded(int(item["folded"]), accumulators), from_moment(item["recorded_at"]))


class _Accumulator:
    """One field's accumulator as an attribute: a list of one, or of none where it is its reducer's identity."""

    def __init__(self, field: Field) -> None:
        self.field = field
        (form, *_) = field.sql.accumulators(field.name).values()
        self._codec = codec(form.accumulator_type) if type(field.reducer) in _VALUES else None
        self._identity = field.reducer.identity()

    def write(self, accumulator: Any) -> list[Any]:
        if accumulator is self._identity:
            return []
        if self._codec is not None:
            return [self._codec.write(accumulator)]
        # A snapshot begins at the stream's first event.
        return [accumulator_text(self.field.reducer, self.field.reducer.settled(accumulator))]

    def read(self, attributes: list[Any]) -> Any:
        if not attributes:
            return self._identity
        if self._codec is not None:
            return self._codec.read(attributes[0])
        return self.field.reducer.load(json.loads(attributes[0]))


_VALUES = frozenset({Last, First, Max, Min, Sum, Count})
"""The reducers whose accumulator is a value of its column."""


def place_of(folded: int) -> Decimal:
    """The sort key of the snapshot up to this seq: right before that event, so that the newest item is always an event."""
    return Decimal(folded) - Decimal("0.5")
