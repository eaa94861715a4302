"""How an event looks in a store of documents, and comes back equal: what MongoDB and DynamoDB have in common."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.results import event_from
from sqla_osiris.schema.checks import lacks, refuse_touching_end
from sqla_osiris.schema.log import Log

__all__ = ["EventDocuments", "Forms"]

Conversion = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Forms:
    """What an event's own values become in a store; ``name`` is a document's key for a column's name."""

    name: Callable[[str], str]
    write_id: Conversion
    read_id: Conversion
    read_moment: Conversion


class EventDocuments:
    """Turns one model's events into documents and back; a store says how it writes what JSON cannot."""

    def __init__(self, log: Log, codec: Callable[[Any], Any], forms: Forms) -> None:
        """Take the codec of a column's type, and the store's other forms."""
        self.log = log
        self._codec = codec
        self._forms = forms

    @cached_property
    def _writers(self) -> dict[str, tuple[str, Conversion]]:
        """By a field's column: its key in a document, and how its touches are written, or wait to be encrypted."""
        return {
            name: (
                self._forms.name(name),
                field.encrypted.unsealed if field.encrypted else self._codec(field.sql.declared).write,
            )
            for name, field in self.log.fields.items()
        }

    @cached_property
    def _readers(self) -> dict[str, tuple[str, Conversion]]:
        """By a field's key in a document: its own key, and how its touches are read."""
        fields = self.log.fields.items()
        return {
            self._forms.name(name): (field.key, self._codec(field.sql.declared).read)
            for name, field in fields
        }

    def content(self, new: NewEvent) -> tuple[dict[str, Any], bool]:
        """Return what is stored of an event beside its place, and whether it touches too little to begin a life.

        Raises UnknownField and InvalidValue.
        """
        log = self.log
        touches = log.touches(new.fields)
        content: dict[str, Any] = {"fields": self._written(touches)}
        refuse_touching_end(log, new)
        if new.ends:
            content["ends"] = True
        content |= self._metadata(new)
        return content, lacks(log, touches, new)

    def _written(self, touches: Mapping[str, Any]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, touch in touches.items():
            key, write = self._writers[name]
            try:
                written[key] = None if touch is None else write(touch)
            except ValueError as error:
                field = self.log.fields[name]
                raise InvalidValue(f"{self.log.model}.{field.key}: {error}.") from error
        return written

    def _metadata(self, new: NewEvent) -> dict[str, Any]:
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
            given["event_id"] = self._forms.write_id(given["event_id"])
        if "event_meta" in given:
            given["event_meta"] = json.dumps(given["event_meta"], ensure_ascii=False, separators=(",", ":"))
        return given

    def event(self, document: Mapping[str, Any], position: int | None = None) -> Event:
        """Return the event of a document with its content."""
        event_id, meta = document.get("event_id"), document.get("event_meta")
        found = position if position is not None else document.get("position")
        readers, fields = self._readers, {}
        for key, touch in document["fields"].items():
            if key in readers:  # a field that is declared no more is left out
                name, read = readers[key]
                fields[name] = None if touch is None else read(touch)
        return event_from(
            self.context_of(document["context"]),
            int(document["seq"]),
            None if found is None else int(found),
            self._forms.read_moment(document["recorded_at"]),
            fields,
            None if event_id is None else self._forms.read_id(event_id),
            document.get("event_type"),
            None if meta is None else json.loads(meta),
            bool(document.get("ends", False)),
        )

    def parts(self, key: tuple[Any, ...], writers: list[Conversion]) -> list[Any]:
        """Return a context's column values as they are written. Raises InvalidValue."""
        try:
            return [write(part) for write, part in zip(writers, key, strict=True)]
        except ValueError as error:
            names = ", ".join(self.log.context_names)
            raise InvalidValue(f"{self.log.model}.{names}: {error}.") from error

    def key(self, context: Any) -> tuple[Any, ...]:
        """Return a context's column values, of what a document holds."""
        raise NotImplementedError

    def context_of(self, context: Any) -> Any:
        """Return a context as its users write it, of what a document holds."""
        return self.log.context_of(self.key(context))
