"""The order in which a field leaves an event, in a store where each act is a request of its own.

The touch goes first, then the snapshots that have folded it, then the event that records it is appended. A mark says what
has begun, so that a call that comes after a crash ends it.
"""

from dataclasses import replace
from typing import Any, Protocol

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.schema.redaction import REDACTED, Redaction, no_such_event
from sqla_osiris.steps import Steps

__all__ = ["Redacting"]


class Redacting(Protocol):
    """One redaction: the acts of a store, and their order."""

    backend: Any
    asked: Redaction
    context: Any
    """As the store holds it."""

    def find_head(self) -> Steps[Any]:
        """Return the stream's head. Raises ContextErased."""
        ...

    def begin(self) -> Steps[bool]:
        """Return whether there is something to do; if so, a mark has a later call end what a crash breaks off."""
        ...

    def take_out(self) -> Steps[None]:
        """Take the touch out of log and archive, until neither can get it back."""
        ...

    def hide(self) -> Steps[bool]:
        """Hide the snapshots that hold the touch, and refuse those folded before; return whether one had folded it."""
        ...

    def append(self, new: NewEvent, expected_seq: int) -> Steps[Event]: ...
    def refold(self) -> Steps[Any]: ...
    def end(self) -> Steps[None]:
        """Take the mark away."""
        ...

    def redact(self) -> Steps[Event | None]:
        """Redact; return the event that records it. Raises InvalidValue where there is no such event, and ContextErased."""
        head = yield from self.find_head()
        if self.asked.seq > head.seq:
            raise no_such_event(self.backend.log, self.asked, head.seq)
        if not (yield from self.begin()):
            return None
        yield from self.take_out()
        was_folded = yield from self.hide()
        audit = yield from self._append_audit()
        if was_folded:
            yield from self.refold()
        yield from self.end()
        return audit

    def _append_audit(self) -> Steps[Event]:
        """Append the event that records it. It begins no life: where the stream has ended, it leaves it ended."""
        backend, asked = self.backend, self.asked
        audit = NewEvent(
            backend.log.context_of(asked.key), {}, event_type=REDACTED, event_meta=asked.event_meta
        )

        def attempt(_: int) -> Steps[Event | None]:
            head = yield from backend.head(self.context)
            new = replace(audit, ends=not head.live)
            try:
                event = yield from self.append(new, head.found)
            except ConcurrentAppend:
                return None
            return replace(event, ends=new.ends)

        event: Event | None = yield from backend.retry(attempt)
        if event is None:
            raise OsirisError(
                f"{backend.log.model} {audit.context!r}: {asked.field.key!r} of the event {asked.seq} is gone, but other "
                "writers were always faster than the event that tells of it. Call redact() again."
            )
        return event
