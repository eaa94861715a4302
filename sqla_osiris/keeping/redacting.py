"""Takes one field out of one event, as if the event had never touched it, and corrects what was folded from it."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Table, select, update

from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import STALE, Write, Written, cleared_names
from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.checks import context_erased
from sqla_osiris.schema.field import earlier_columns
from sqla_osiris.schema.log import Field, Log, context_binds
from sqla_osiris.schema.redaction import REDACTED, Redaction, no_such_event
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.views.stored import forget_stored_groups
from sqla_osiris.writing.snapshots import lock_heads, store_snapshots
from sqla_osiris.writing.writer import write_events

__all__ = ["redact_touch", "staling"]

Key = tuple[Any, ...]


def redact_touch(connection: Connection, log: Log, asked: Redaction) -> tuple[Written, bool] | None:
    """Where the event that tells of it came to stand, and whether it ends a stream that had ended.

    None where the event does not touch the field. Raises InvalidValue where there is no such event, and ContextErased.
    """
    key, seq = asked.key, asked.seq
    forget_stored_groups(connection, log)
    head = _locked_head(connection, log, key)
    if head is not None and head.seq == TOMBSTONE:
        raise context_erased(log, log.context_of(key))
    found = None if head is None else _event(connection, log, key, seq)
    if head is None or found is None:
        raise no_such_event(log, asked, 0 if head is None else head.seq)
    table, event = found
    if not _is_touched(event, asked.field):
        return None
    _take_out(connection, log, asked, table, event.osiris_cleared)
    is_folded = head.osiris_origin < seq <= head.osiris_folded
    if is_folded:
        connection.execute(staling(log), context_binds(key))
    # The event that tells of it begins no life: where the stream has ended, it leaves it ended.
    ends = head.seq == head.osiris_origin
    metadata = {"event_type": REDACTED, "event_meta": asked.event_meta}
    written = write_events(connection, log, [Write(key, {}, ends=ends, metadata=metadata)])[0]
    if is_folded:
        store_snapshots(connection, log, [key])
    return written, ends


def _locked_head(connection: Connection, log: Log, key: Key) -> Row[Any] | None:
    """The head, of which nobody else appends to, archives or erases anything from here on."""
    if database_of(connection.dialect).one_writer:
        connection.execute(_locking(log), context_binds(key))
        return connection.execute(_head(log), context_binds(key)).one_or_none()
    lock_heads(connection, log, [key])
    return connection.execute(_head(log).with_for_update(), context_binds(key)).one_or_none()


def _event(connection: Connection, log: Log, key: Key, seq: int) -> tuple[Table, Any] | None:
    for table in log.event_tables:
        names = [*log.fields, *earlier_columns(log.fields.values())]
        query = select(*(table.c[name] for name in names), table.c.osiris_cleared)
        query = query.where(*log.in_context(table), table.c.seq == number(seq))
        if not database_of(connection.dialect).one_writer:
            query = query.with_for_update()
        row = connection.execute(query, context_binds(key)).one_or_none()
        if row is not None:
            return table, row
    return None


def _is_touched(event: Row[Any], field: Field) -> bool:
    values, cleared = event._mapping, event.osiris_cleared or ""  # noqa: SLF001  (public, for all its name)
    return any(values[name] is not None or f",{name}," in cleared for name in _columns(field))


def _columns(field: Field) -> list[str]:
    """The field's own, and those of earlier versions, which hold the same."""
    return [field.name, *(upcast.name for upcast in field.upcasts)]


def _take_out(connection: Connection, log: Log, asked: Redaction, table: Table, cleared: str | None) -> None:
    names = _columns(asked.field)
    left = [each for each in (cleared or "").split(",") if each and each not in names]
    values = {**dict.fromkeys(names), "osiris_cleared": cleared_names(dict.fromkeys(left))}
    taken_out = update(table).where(*log.in_context(table), table.c.seq == number(asked.seq)).values(values)
    with unlocked(connection, log):
        connection.execute(taken_out, context_binds(asked.key))


@lru_cache(maxsize=256)
def _head(log: Log) -> Any:
    heads = log.heads
    return select(heads.c.seq, heads.c.osiris_origin, heads.c.osiris_folded).where(*log.in_context(heads))


@lru_cache(maxsize=256)
def _locking(log: Log) -> Any:
    heads = log.heads
    locking = update(heads).where(*log.in_context(heads)).values(osiris_origin=heads.c.osiris_origin)
    # What protects heads refuses what is no event's. A write of no row keeps others from writing, too.
    return locking.where(heads.c.seq == number(0)) if heads in log.append_only_tables else locking


@lru_cache(maxsize=256)
def staling(log: Log) -> Any:
    """Has the accumulators count for nothing until they are folded anew: their events were changed."""
    heads = log.heads
    return update(heads).where(*log.in_context(heads)).values(osiris_fingerprint=number(STALE))
