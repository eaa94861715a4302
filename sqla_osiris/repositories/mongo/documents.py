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

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from bson import Binary

from sqla_osiris import fold as folds
from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import CopiedEvent, Event, NewEvent
from sqla_osiris.repositories.mongo.folds import FieldFold, field_fold
from sqla_osiris.repositories.mongo.values import (
    Codec,
    Conversion,
    codec,
    escaped,
    from_microseconds,
    json_text,
    microseconds,
)
from sqla_osiris.repositories.results import event_from, instance_of
from sqla_osiris.schema.checks import lacks, outgrown, refuse_no_event, refuse_touching_end
from sqla_osiris.schema.log import Log

__all__ = ["BESIDE", "REDACTING", "RESTORED", "Document", "Documents", "Draft", "Place", "slot_id"]

ModelT = TypeVar("ModelT")

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
    lacks: bool
    """Whether it touches too little to begin a life."""
    seq: int | None = None
    """Of a copied event: the only one at which it may be inserted."""


def slot_id(context: Any, seq: int) -> Document:
    """The ``_id`` of whatever holds this slot of the log."""
    return {"c": context, "s": seq}


class Documents:
    """Turns one model's events and snapshots into documents and back."""

    def __init__(self, log: Log) -> None:
        self.log = log

    @property
    def fingerprint(self) -> int:
        """Snapshots under another one were taken of another declaration."""
        return self.log.fingerprint ^ _FORMAT

    @cached_property
    def _touches(self) -> dict[str, tuple[str, Codec]]:
        return {name: (escaped(name), codec(field.sql.declared)) for name, field in self.log.fields.items()}

    @cached_property
    def _readers(self) -> dict[str, tuple[str, Conversion]]:
        """The fields' own keys and how their touches are read, by their keys in a document."""
        return {
            key: (self.log.fields[name].key, values.read) for name, (key, values) in self._touches.items()
        }

    @cached_property
    def _contexts(self) -> list[tuple[str, Codec]]:
        return [
            (escaped(column.name), codec(table_column.type))
            for column, table_column in zip(
                self.log.contexts, self.log.heads.primary_key.columns, strict=True
            )
        ]

    @cached_property
    def field_folds(self) -> dict[str, FieldFold]:
        """The form of each field's fold, by its column's name."""
        return {
            name: field_fold(field, f"f{place}", f"fields.{escaped(name)}")
            for place, (name, field) in enumerate(self.log.fields.items())
        }

    # Contexts

    def context(self, key: tuple[Any, ...]) -> Any:
        """The context as its documents hold it: a value, or for a composite one a document of values."""
        try:
            if len(key) == 1:
                return self._contexts[0][1].write(key[0])
            return {
                name: values.write(part) for (name, values), part in zip(self._contexts, key, strict=True)
            }
        except ValueError as error:
            names = ", ".join(self.log.context_names)
            raise InvalidValue(f"{self.log.model}.{names}: {error}.") from error

    def key(self, context: Any) -> tuple[Any, ...]:
        """The context's column values, of what a document holds."""
        if len(self._contexts) == 1:
            return (self._contexts[0][1].read(context),)
        return tuple(values.read(context[name]) for name, values in self._contexts)

    def context_of(self, context: Any) -> Any:
        """The context as its users write it, of what a document holds."""
        if len(self._contexts) == 1:
            return self._contexts[0][1].read(context)
        return self.key(context)

    # Events

    def draft(self, new: NewEvent, checked: dict[str, Place] | None = None) -> Draft:
        """Check an event. Raises UnknownField and InvalidValue.

        ``checked`` is what a batch remembers from one of its events to the next: the contexts that are texts.
        """
        log = self.log
        try:
            given = new.context
        except AttributeError as error:
            refuse_no_event(new, error)
            raise
        known = checked.get(given) if checked is not None and type(given) is str else None
        key, context = known or self._place(given, checked)
        touches = log.touches(new.fields)
        content: Document = {"fields": self._fields(touches)}
        refuse_touching_end(log, new)
        if new.ends:
            content["ends"] = True
        content |= self._metadata(new)
        recorded_at = None if new.recorded_at is None else microseconds(new.recorded_at)
        event_id, lacking = content.get("event_id"), lacks(log, touches, new)
        seq = new.seq if isinstance(new, CopiedEvent) else None
        return Draft(key, context, content, recorded_at, event_id, lacking, seq)

    def _place(self, context: Any, checked: dict[str, Place] | None) -> Place:
        key = self.log.key_of(context)
        place = key, self.context(key)
        if checked is not None and type(context) is str:  # 1, 1.0 and True are one key of a dict
            checked[context] = place
        return place

    def _metadata(self, new: NewEvent) -> Document:
        if (
            new.event_id is None
            and new.event_type is None
            and new.event_meta is None
            and new.recorded_at is None
        ):
            return {}
        given = self.log.metadata(new.event_id, new.event_type, new.event_meta, new.recorded_at)
        given.pop("recorded_at", None)
        if "event_id" in given:
            given["event_id"] = Binary.from_uuid(given["event_id"])
        if "event_meta" in given:
            given["event_meta"] = json_text(given["event_meta"])
        return given

    def _fields(self, touches: Mapping[str, Any]) -> Document:
        written: Document = {}
        for name, touch in touches.items():
            key, values = self._touches[name]
            try:
                written[key] = None if touch is None else values.write(touch)
            except ValueError as error:
                field = self.log.fields[name]
                raise InvalidValue(f"{self.log.model}.{field.key}: {error}.") from error
        return written

    def event(self, document: Mapping[str, Any]) -> Event:
        """The event that a document holds."""
        event_id, meta = document.get("event_id"), document.get("event_meta")
        position = document.get("position")
        readers, fields = self._readers, {}
        for key, touch in document["fields"].items():
            if key in readers:  # a field that is declared no more is left out
                name, read = readers[key]
                fields[name] = None if touch is None else read(touch)
        return event_from(
            self.context_of(document["context"]),
            int(document["seq"]),
            None if position is None else int(position),
            from_microseconds(document["recorded_at"]),
            fields,
            None if event_id is None else _uuid(event_id),
            document.get("event_type"),
            None if meta is None else json.loads(meta),
            bool(document.get("ends", False)),
        )

    # Snapshots and states

    def snapshot_fields(self, folded: folds.Folded, context: Any) -> Document:
        """The accumulators as a snapshot holds them. Raises InvalidValue where a number outgrew it."""
        stored = {}
        for name, form in self.field_folds.items():
            try:
                stored[escaped(name)] = form.stored(folded.accumulators[name])
            except (OverflowError, ValueError):
                self._outgrown(name, context)
        return stored

    def snapshot(self, document: Mapping[str, Any]) -> folds.Folded:
        """The fold that a snapshot holds. Its fingerprint must be this model's."""
        fields = document["fields"]
        return folds.Folded(
            int(document["seq"]),
            {name: form.loaded(fields[escaped(name)]) for name, form in self.field_folds.items()},
        )

    def folded(self, group: Mapping[str, Any], context: Any) -> folds.Folded:
        """The accumulators that the server folded. Raises InvalidValue where a number outgrew it."""
        accumulators = {}
        for name, form in self.field_folds.items():
            try:
                accumulators[name] = form.folded(group)
            except OverflowError:
                self._outgrown(name, context)
        return folds.Folded(int(group["last"]), accumulators)

    def merged(self, left: folds.Folded, right: folds.Folded) -> folds.Folded:
        """The fold of both stretches."""
        return folds.merge(self._reducers, left, right)

    def identity(self) -> folds.Folded:
        """The fold of no event."""
        return folds.identity(self._reducers)

    def state(self, model: type[ModelT], context: Any, folded: folds.Folded) -> ModelT:
        """The fold as an instance of the model, in no session. Raises InvalidValue where a number outgrew 64 bits."""
        log = self.log
        values: dict[str, Any] = {"seq": folded.seq}
        for name, form in self.field_folds.items():
            try:
                values[log.fields[name].key] = form.presented(folded.accumulators[name])
            except OverflowError:
                self._outgrown(name, context)
        return instance_of(model, values | dict(zip(log.context_keys, self.key(context), strict=True)))

    @cached_property
    def _reducers(self) -> dict[str, Any]:
        return {name: field.reducer for name, field in self.log.fields.items()}

    def _outgrown(self, name: str, context: Any) -> NoReturn:
        raise outgrown(self.log, self.log.fields[name], self.context_of(context)) from None


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else Binary(value, 4).as_uuid()
