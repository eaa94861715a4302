"""How does one field leave one event? Content, snapshots and the event that tells of it, each in its own request.

Whoever archives or restores the event moves it only as often redacted as they have read it. Whoever has folded it
stores the snapshot only while the context's count of redactions is the one that they knew of before they read: it grows once
the field is gone, and the snapshots that are there by then are deleted. The count's item also says what has begun, so
that a call that comes after a crash ends it.
"""

from dataclasses import replace
from typing import Any

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.dynamo.appending import NEWEST, Appending
from sqla_osiris.repositories.dynamo.items import PENDING, Item, place_of
from sqla_osiris.repositories.dynamo.reading import Reading
from sqla_osiris.repositories.dynamo.removing import as_read, count_read, delete_snapshots
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.schema.checks import context_erased
from sqla_osiris.schema.redaction import REDACTED, Redaction, no_such_event
from sqla_osiris.steps import Steps

__all__ = ["Redacting"]


class Redacting:
    """Redacts one model's events."""

    def __init__(self, tables: Tables, appending: Appending, reading: Reading[Any]) -> None:
        self._tables = tables
        self._appending = appending
        self._reading = reading

    def redact(self, asked: Redaction) -> Steps[Event | None]:
        """Redact; return the event that records it. Raises InvalidValue where there is no such event, and ContextErased."""
        context = self._tables.items.context(asked.key)
        head = yield from self._appending.head(context)
        if head.erased:
            raise self._erased(asked)
        if asked.seq > head.seq:
            raise no_such_event(self._tables.log, asked, head.seq)
        if not (yield from self._begun(asked, context)):
            return None
        yield from self._take_out(asked, context)
        yield from self._count(asked, context)
        was_folded = yield from self._delete_snapshots(asked, context)
        audit = yield from self._append_audit(asked, context)
        if was_folded:
            yield from self._reading.snapshot_of(context)
        yield from self._update(asked, context, "REMOVE #pending")
        return audit

    def _begun(self, asked: Redaction, context: str) -> Steps[bool]:
        """Return whether there is something to do; if so, a mark has a later call end what a crash breaks off."""
        _, item = yield from self._event(asked, context)
        if asked.field.name not in item["fields"]:
            count = yield from self._tables.requests.get(
                self._tables.names.index, self._tables.items.redactions(context)
            )
            return count is not None and _pending(asked) in count
        yield from self._update(asked, context, "SET #pending = :begun", {":begun": True})
        return True

    def _event(self, asked: Redaction, context: str) -> Steps[tuple[str, Item]]:
        """The table that holds the event, and its item there."""
        names, key = self._tables.names, {"context": context, "seq": asked.seq}

        def attempt(_: int) -> Steps[tuple[str, Item] | None]:
            item = yield from self._tables.requests.get(names.events, key)
            if item is None or "erased" in item:
                raise self._erased(asked)
            if "archived" not in item:
                return names.events, item
            archived = yield from self._tables.requests.get(names.archive, key)
            # One that is not there was restored meanwhile, or is being erased.
            return None if archived is None else (names.archive, archived)

        found = yield from self._tables.requests.retry(attempt)
        if found is None:
            raise OsirisError(
                f"{self._tables.log.model} {self._tables.log.context_of(asked.key)!r}: the event {asked.seq} is moved "
                "between log and archive all the time, or missing. Stop what archives and restores, or run verify(), and "
                "call redact() again."
            )
        return found

    def _take_out(self, asked: Redaction, context: str) -> Steps[None]:
        while True:
            table, item = yield from self._event(asked, context)
            if asked.field.name not in item["fields"]:
                return
            place = "" if table == self._tables.names.archive else " AND attribute_not_exists(archived)"
            update = {
                "TableName": table,
                "Key": {"context": context, "seq": asked.seq},
                "UpdateExpression": "REMOVE #fields.#field ADD redacted :one",
                "ConditionExpression": f"attribute_exists(#fields.#field) AND {as_read(item)}{place}",
                "ExpressionAttributeNames": {"#fields": "fields", "#field": asked.field.name},
                "ExpressionAttributeValues": {":one": 1} | count_read(item),
            }
            yield from self._tables.requests.transact([{"Update": update}])

    def _count(self, asked: Redaction, context: str) -> Steps[None]:
        yield from self._update(
            asked, context, "SET #pending = :begun ADD redactions :one", {":begun": True, ":one": 1}
        )

    def _update(
        self, asked: Redaction, context: str, expression: str, values: Item | None = None
    ) -> Steps[None]:
        given = {"ExpressionAttributeValues": values} if values else {}
        update = {
            "TableName": self._tables.names.index,
            "Key": self._tables.items.redactions(context),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": {"#pending": _pending(asked)},
            **given,
        }
        yield from self._tables.requests.transact([{"Update": update}])

    def _delete_snapshots(self, asked: Redaction, context: str) -> Steps[bool]:
        """Delete the snapshots that have folded the event; return whether there was one."""
        beyond = {":context": context, ":first": place_of(asked.seq), ":newest": NEWEST}
        where = "#context = :context AND seq BETWEEN :first AND :newest"
        return (yield from delete_snapshots(self._tables, where, beyond))

    def _append_audit(self, asked: Redaction, context: str) -> Steps[Event]:
        """Append the event that records it. It begins no life: where the stream has ended, it leaves it ended."""
        new = NewEvent(
            self._tables.log.context_of(asked.key), {}, event_type=REDACTED, event_meta=asked.event_meta
        )

        def attempt(_: int) -> Steps[Event | None]:
            head = yield from self._appending.head(context)
            audit = replace(new, ends=not head.live)
            try:
                event = yield from self._appending.append(audit, head.found)
            except ConcurrentAppend:
                return None
            return replace(event, ends=audit.ends)

        event = yield from self._tables.requests.retry(attempt)
        if event is None:
            raise OsirisError(
                f"{self._tables.log.model} {new.context!r}: {asked.field.key!r} of the event {asked.seq} is gone, but other "
                "writers were always faster than the event that tells of it. Call redact() again."
            )
        return event

    def _erased(self, asked: Redaction) -> Exception:
        return context_erased(self._tables.log, self._tables.log.context_of(asked.key))


def _pending(asked: Redaction) -> str:
    return f"{PENDING} {asked.seq} {asked.field.name}"
