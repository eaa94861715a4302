"""How does one field leave one event? Content, snapshots and the event that tells of it, each in its own request.

Whoever archives or restores the event moves it only as often redacted as they have read it. Whoever has folded it
stores the snapshot only while the context's count of redactions is the one that they knew of before they read: it grows once
the field is gone, and the snapshots that are there by then are deleted. The count's item also says what has begun, so
that a call that comes after a crash ends it.
"""

from typing import Any

from sqla_osiris.errors import ContextErased, OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.dynamo.appending import append
from sqla_osiris.repositories.dynamo.archiving import as_read, count_read
from sqla_osiris.repositories.dynamo.erasing import delete_snapshots
from sqla_osiris.repositories.dynamo.items import PENDING, Item, place_of
from sqla_osiris.repositories.dynamo.reading import snapshot
from sqla_osiris.repositories.dynamo.tables import NEWEST, Head, Tables
from sqla_osiris.repositories.redacting import Redacting
from sqla_osiris.schema.checks import context_erased
from sqla_osiris.schema.redaction import Redaction
from sqla_osiris.steps import Steps

__all__ = ["redact"]


def redact(tables: Tables, asked: Redaction) -> Steps[Event | None]:
    """As :meth:`Redacting.redact`."""
    return _Redacting(tables, asked).redact()


class _Redacting(Redacting):
    def __init__(self, tables: Tables, asked: Redaction) -> None:
        self.backend, self.asked, self.context = tables, asked, tables.items.context(asked.key)
        self._pending = f"{PENDING} {asked.seq} {asked.field.name}"

    def find_head(self) -> Steps[Head]:
        head = yield from self.backend.head(self.context)
        if head.erased:
            raise self._erased()
        return head

    def begin(self) -> Steps[bool]:
        _, item = yield from self._event()
        if self.asked.field.name not in item["fields"]:
            count = yield from self.backend.requests.get(
                self.backend.index, self.backend.items.redactions(self.context)
            )
            return count is not None and self._pending in count
        yield from self._update("SET #pending = :begun", {":begun": True})
        return True

    def _event(self) -> Steps[tuple[str, Item]]:
        """The table that holds the event, and its item there."""
        tables, asked, key = self.backend, self.asked, {"context": self.context, "seq": self.asked.seq}

        def attempt(_: int) -> Steps[tuple[str, Item] | None]:
            item = yield from tables.requests.get(tables.events, key)
            if item is None or "erased" in item:
                raise self._erased()
            if "archived" not in item:
                return tables.events, item
            archived = yield from tables.requests.get(tables.archive, key)
            # One that is not there was restored meanwhile, or is being erased.
            return None if archived is None else (tables.archive, archived)

        found = yield from tables.retry(attempt)
        if found is None:
            raise OsirisError(
                f"{tables.log.model} {tables.log.context_of(asked.key)!r}: the event {asked.seq} is moved between log and "
                "archive all the time, or missing. Stop what archives and restores, or run verify(), and call redact() "
                "again."
            )
        return found

    def take_out(self) -> Steps[None]:
        while True:
            table, item = yield from self._event()
            if self.asked.field.name not in item["fields"]:
                return
            place = "" if table == self.backend.archive else " AND attribute_not_exists(archived)"
            update = {
                "TableName": table,
                "Key": {"context": self.context, "seq": self.asked.seq},
                "UpdateExpression": "REMOVE #fields.#field ADD redacted :one",
                "ConditionExpression": f"attribute_exists(#fields.#field) AND {as_read(item)}{place}",
                "ExpressionAttributeNames": {"#fields": "fields", "#field": self.asked.field.name},
                "ExpressionAttributeValues": {":one": 1} | count_read(item),
            }
            yield from self.backend.requests.transact([{"Update": update}])

    def hide(self) -> Steps[bool]:
        yield from self._update("SET #pending = :begun ADD redactions :one", {":begun": True, ":one": 1})
        beyond: dict[str, Any] = {"first": place_of(self.asked.seq), "newest": NEWEST}
        return (
            yield from delete_snapshots(self.backend, self.context, "BETWEEN :first AND :newest", **beyond)
        )

    def append(self, new: NewEvent, expected_seq: int) -> Steps[Event]:
        return append(self.backend, new, expected_seq)

    def refold(self) -> Steps[int | None]:
        return snapshot(self.backend, self.context)

    def end(self) -> Steps[None]:
        return self._update("REMOVE #pending")

    def _update(self, expression: str, values: Item | None = None) -> Steps[None]:
        update: dict[str, Any] = {
            "TableName": self.backend.index,
            "Key": self.backend.items.redactions(self.context),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": {"#pending": self._pending},
        }
        if values:
            update["ExpressionAttributeValues"] = values
        yield from self.backend.requests.transact([{"Update": update}])

    def _erased(self) -> ContextErased:
        return context_erased(self.backend.log, self.backend.log.context_of(self.asked.key))
