"""What is asked of ``redact()``, checked, and how its errors and the event that tells of it name it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqla_osiris.errors import InvalidValue, UnknownField
from sqla_osiris.schema.checks import refuse_no_mapping
from sqla_osiris.schema.event_context import merged_meta
from sqla_osiris.schema.log import Field, Log

__all__ = ["REDACTED", "Redaction", "no_such_event", "redaction"]

REDACTED: Final = "redacted"
"""The event_type of the event that tells of a redaction, and the key of what it tells. It touches no field."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is asked, checked. ``event_meta`` says which event and field, why, and what the caller said of who asks."""

    key: Key
    seq: int
    field: Field
    event_meta: dict[str, Any]


def redaction(  # noqa: PLR0913, PLR0917  (a store's redact() hands its own arguments over)
    log: Log, context: Any, seq: Any, field: Any, reason: Any, event_meta: Mapping[str, Any] | None
) -> Redaction:
    """Return it checked. Raises UnknownField, and InvalidValue for a context, a seq or a reason that is none."""
    key = log.key_of(context)
    if type(seq) is not int or seq < 1:
        raise InvalidValue(f"{log.model}: redact(seq={seq!r}): the seq of an event was expected, 1 or more.")
    if not isinstance(field, str) or field not in log.by_key:
        raise UnknownField(model=log.model, field=field, known=tuple(log.by_key))
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidValue(f"{log.model}: redact(reason={reason!r}): say why; the stream keeps it.")
    refuse_no_mapping(f"{log.model}: redact", event_meta)
    told = {REDACTED: {"seq": seq, "field": field, "reason": reason}}
    checked = log.metadata(event_meta={**(merged_meta(event_meta) or {}), **told})
    return Redaction(key, seq, log.by_key[field], checked["event_meta"])


def no_such_event(log: Log, asked: Redaction, head: int) -> InvalidValue:
    """Return the error of a seq that the stream has not."""
    seqs = f"its events are 1 to {head}" if head else "no stream has begun there"
    return InvalidValue(f"{log.model} {log.context_of(asked.key)!r} has no event of seq {asked.seq}: {seqs}.")
