"""How events and snapshots look as documents.

An event: ``{_id: {c: context, s: seq}, context, seq, recorded_at, fields: {column: touch}, unsequenced | position}`` and,
where given, ``event_id``, ``event_type``, ``event_meta``, ``ends``, ``restored``. Its ``_id`` is its slot in the stream's
log, so no two can take one. Three other documents hold a slot:

- a *vacated* slot, ``{_id, context, seq, event_id, restored, vacated}``: its event was archived or erased. It stays
  for a day, so that a writer who was left behind cannot take the slot, and is then removed by the server (a TTL index);
- a *tombstone*, ``{_id, context, seq, erased: true}``: the stream was erased, and nothing can follow;
- a *commit*: an event with ``batch``, the events that follow it and become documents of their own.

A snapshot: ``{_id: context, seq, fingerprint, recorded_at, moved, fields: {column: accumulator}}``, and where something was
redacted ``redactions``, how often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from bson import Binary

from sqla_osiris import fold as folds
from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import CopiedEvent, NewEvent
from sqla_osiris.repositories.event_documents import EventDocuments, Forms
from sqla_osiris.repositories.mongo.folds import FieldFold, field_fold
from sqla_osiris.repositories.mongo.values import (
    Codec,
    Conversion,
    codec,
    escaped,
    from_microseconds,
    microseconds,
)
from sqla_osiris.repositories.results import refuse_outgrown
from sqla_osiris.schema.checks import outgrown, refuse_no_event
from sqla_osiris.schema.defaults import begun
from sqla_osiris.schema.log import Field, Log

__all__ = ["BESIDE", "REDACTING", "RESTORED", "Document", "Documents", "Draft", "Place", "slot_id"]

Document = dict[str, Any]

Place = tuple[tuple[Any, ...], Any]
"""A context's key, and how documents hold it."""

RESTORED: Final = "restored"
"""How often an event came back from the archive, or lost a field to redact(); missing for never."""

BESIDE: Final = "beside"
"""Marks a copy in the archive of a redacted event that is in the log."""

REDACTING: Final = "redacting"
"""Names, in the snapshot's document, the redactions that have begun and not ended."""

_FORMAT: Final = 1
"""Part of a snapshot's fingerprint: raise it when snapshots are written in another way."""


@dataclass(slots=True)  # not frozen: that takes a batch's writer a tenth of its time
class Draft:
    """A checked event without its place: ``content`` is what its document holds beside that; a batch adds the rest to it.

    ``key`` is Python values, ``context`` and ``content`` are BSON's.
    """

    key: tuple[Any, ...]
    context: Any
    content: Document
    recorded_at: int | None
    event_id: Binary | None
    new: NewEvent
    lacks: bool
    """Whether it touches too little to begin a life as it is."""
    seq: int | None = None
    """Of a copied event: the only one at which it may be inserted."""


def slot_id(context: Any, seq: int) -> Document:
    """The ``_id`` of whatever holds this slot of the log."""
    return {"c": context, "s": seq}


class Documents(EventDocuments):
    """Turns one model's events and snapshots into documents and back."""

    def __init__(self, log: Log) -> None:
        super().__init__(log, codec, _FORMS)

    @property
    def fingerprint(self) -> int:
        """Snapshots under another one were taken of another declaration."""
        return self.log.fingerprint_in_documents ^ _FORMAT

    @cached_property
    def _contexts(self) -> dict[str, Codec]:
        columns = zip(self.log.contexts, self.log.heads.primary_key.columns, strict=True)
        return {escaped(column.name): codec(stored.type) for column, stored in columns}

    @cached_property
    def _context_writers(self) -> list[Conversion]:
        return [values.write for values in self._contexts.values()]

    @cached_property
    def field_folds(self) -> dict[str, FieldFold]:
        """The form of each field's fold, by its column's name."""
        return {
            name: field_fold(
                field, f"f{place}", "recorded_at" if name in self.log.derived else f"fields.{escaped(name)}"
            )
            for place, (name, field) in enumerate(self.log.folded_fields.items())
        }

    def context(self, key: tuple[Any, ...]) -> Any:
        """The context as its documents hold it: a value, or for a composite one a document of values."""
        parts = self.parts(key, self._context_writers)
        return parts[0] if len(parts) == 1 else dict(zip(self._contexts, parts, strict=True))

    def key(self, context: Any) -> tuple[Any, ...]:
        parts = [context] if len(self._contexts) == 1 else [context[name] for name in self._contexts]
        return tuple(values.read(part) for values, part in zip(self._contexts.values(), parts, strict=True))

    def draft(self, new: NewEvent, checked: dict[str, Place] | None = None) -> Draft:
        """Check an event. Raises UnknownField and InvalidValue.

        ``checked`` is what a batch remembers from one of its events to the next: the contexts that are texts.
        """
        try:
            given = new.context
        except AttributeError as error:
            refuse_no_event(new, error)
            raise
        known = checked.get(given) if checked is not None and type(given) is str else None
        key, context = known or self._place(given, checked)
        content, lacking = self.content(new)
        recorded_at = None if new.recorded_at is None else microseconds(new.recorded_at)
        seq = new.seq if isinstance(new, CopiedEvent) else None
        return Draft(key, context, content, recorded_at, content.get("event_id"), new, lacking, seq)

    def begun(self, draft: Draft) -> Draft:
        """Return the draft as the first one of a life, with its defaults. Raises InvalidValue where it lacks others."""
        return self.draft(begun(self.log, draft.key, draft.new))

    def _place(self, context: Any, checked: dict[str, Place] | None) -> Place:
        key = self.log.key_of(context)
        place = key, self.context(key)
        if checked is not None and type(context) is str:  # 1, 1.0 and True are one key of a dict
            checked[context] = place
        return place

    def snapshot_fields(self, folded: folds.Folded, context: Any) -> Document:
        """The accumulators as a snapshot holds them. Raises InvalidValue where a number outgrew it."""
        refuse_outgrown(self.log, self.key(context), folded)
        stored = {}
        for name, form in self.field_folds.items():
            try:
                stored[escaped(name)] = form.stored(folded.accumulators[form.field.key])
            except ValueError:
                raise self._outgrown(form.field, context) from None
        return stored

    def snapshot(self, document: Mapping[str, Any]) -> folds.Folded:
        """The fold that a snapshot holds. Its fingerprint must be this model's."""
        fields, forms = document["fields"], self.field_folds.items()
        accumulators = {form.field.key: form.loaded(fields[escaped(name)]) for name, form in forms}
        return folds.Folded(int(document["seq"]), accumulators)

    def folded(self, group: Mapping[str, Any], context: Any) -> folds.Folded:
        """The accumulators that the server folded. Raises InvalidValue where a number outgrew it."""
        accumulators = {}
        for form in self.field_folds.values():
            try:
                accumulators[form.field.key] = form.folded(group)
            except OverflowError:
                raise self._outgrown(form.field, context) from None
        return folds.Folded(int(group["last"]), accumulators)

    def _outgrown(self, field: Field, context: Any) -> InvalidValue:
        return outgrown(self.log, field, self.context_of(context))


def _read_id(value: Any) -> UUID:
    return value if isinstance(value, UUID) else Binary(value, 4).as_uuid()


_FORMS: Final = Forms(escaped, Binary.from_uuid, _read_id, from_microseconds)
