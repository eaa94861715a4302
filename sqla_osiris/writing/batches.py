"""Writes a long batch of events, any number of them to one context, in a few statements a chunk.

A chunk raises each context's head by its count, merging what its events fold to, and so takes its seqs; then it
writes the events, their seq known. Heads that could not merge it (stale ones, other policies) are folded last.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache, partial
from typing import Any, NoReturn

from sqlalchemy import BigInteger, Connection, bindparam, update
from sqlalchemy.exc import IntegrityError

from sqla_osiris.conflicts import misplaced
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.batch_statements import Head
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import UNCHECKED, BatchColumns, FoldedBatch, Key, keys_to_bind
from sqla_osiris.databases.positions import XID
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.transactions import translating_undone
from sqla_osiris.errors import InvalidValue
from sqla_osiris.reading.feed import refuse_unsafe
from sqla_osiris.schema.log import END, Log, context_binds
from sqla_osiris.writing.batch_beginnings import Beginnings, BegunMeanwhile, beginnings, with_defaults
from sqla_osiris.writing.batch_columns import fold_batch
from sqla_osiris.writing.batch_repeats import append_missing
from sqla_osiris.writing.encrypting import write_sealed
from sqla_osiris.writing.head_changes import emptied, plan_of
from sqla_osiris.writing.new_streams import with_keys
from sqla_osiris.writing.refusals import naming_violations, translating_erasure
from sqla_osiris.writing.refused_values import refused_values
from sqla_osiris.writing.snapshots import lock_known_heads, store_snapshots, take_due

__all__ = ["append_columns"]

_SAVEPOINT = "osiris_batch"


def append_columns(connection: Connection, log: Log, batch: BatchColumns) -> int:
    """Append a chunk that is in columns already, and checked; how many of its events were written.

    Raises ContextErased, and InvalidValue for an event that would begin a life without what it must touch.
    """
    refuse_unsafe(connection, log)
    if log.generates:
        with with_keys(connection, log, batch) as keyed:
            return _append_columns(connection, log, keyed)
    return _append_columns(connection, log, batch)


def _append_columns(connection: Connection, log: Log, batch: BatchColumns) -> int:
    if not batch.owners:
        return 0
    if "event_id" in batch.metadata:
        return append_missing(connection, log, batch, partial(_append, connection, log))
    _append(connection, log, batch)
    return len(batch.owners)


def _append(connection: Connection, log: Log, batch: BatchColumns) -> list[Key]:
    """Append all of them; to which streams, of those that were there before.

    A constraint that refuses it leaves nothing of it to a transaction that goes on. A chunk changes one head after the
    other, and one may take a unique value that another is to give back: so it is appended in halves, until a single event
    is refused.
    """
    if not log.constrained:
        return _append_at_once(connection, log, batch)
    database = database_of(connection.dialect)
    database.lock_all(connection, log.heads)
    try:
        if log.unique and not database.one_writer:
            # Who has written one's value, and waits for another's head, is not waited for by one that has locked both.
            lock_known_heads(connection, log, batch.keys)
        with connection.begin_nested():
            return _append_at_once(connection, log, batch)
    except IntegrityError:
        if not log.unique or len(batch.owners) == 1:
            raise
    half = len(batch.owners) // 2
    is_first = [place < half for place in range(len(batch.owners))]
    with connection.begin_nested():
        first = batch.only(is_first)
        there = {*_append(connection, log, first)}
        begun = {*first.keys} - there
        again = _append(connection, log, batch.only([not each for each in is_first]))
    return [*there.union(again) - begun]


def _append_at_once(connection: Connection, log: Log, batch: BatchColumns) -> list[Key]:
    if not log.defaults or batch.seqs is not None:
        return _append_as_given(connection, log, batch, ())
    alone, again = database_of(connection.dialect).one_writer, False
    while True:
        whole, begun = with_defaults(connection, log, batch, again=again)
        # A stream that another writer begins meanwhile has a head to lock the next time.
        again = True
        with suppress(BegunMeanwhile), connection.begin_nested() if begun and not alone else nullcontext():
            return _append_as_given(connection, log, whole, begun)


def _append_as_given(
    connection: Connection, log: Log, batch: BatchColumns, begun: Collection[int]
) -> list[Key]:
    expected = beginnings(log, batch, begun)
    undoing = _undone_if_refused(connection, log) if expected.to_live else nullcontext()
    write = partial(_write, connection, log, expected)
    with (
        translating_undone(connection, log.model),
        naming_violations(),
        undoing,
        translating_erasure(connection, log, batch.keys),
        refused_values(connection, log, batch),
    ):
        if log.keys is None:
            return write(batch)
        return write_sealed(connection, log, batch, write)


def _write(connection: Connection, log: Log, expected: Beginnings, batch: BatchColumns) -> list[Key]:
    database = database_of(connection.dialect)
    plan = plan_of(log, database)
    folded = fold_batch(log, batch, database)
    # Inside of every savepoint: where nothing of the transaction is left, none can be rolled back.
    with translating_undone(connection, log.model):
        heads, xids = database.advance_heads(connection, plan, folded)
        expected.check(log, batch, heads, folded.counts)
        if xids:
            by_owner = [xids[key] for key in batch.keys]
            batch.metadata[XID] = list(map(by_owner.__getitem__, batch.owners))
        seqs = _seqs(folded, heads)
        if batch.seqs is not None and batch.seqs != seqs:
            _refuse_misplaced(log, batch, seqs)
        database.insert_events(connection, plan, batch, seqs)
        there = [key for key, count in zip(folded.keys, folded.counts, strict=True) if heads[key][0] > count]
        if batch.cleared is not None and END in batch.cleared:
            heads |= _end_streams(connection, log, batch, seqs, heads)
        if plan.checked and folded.names is not None:
            heads |= _check_new(connection, log, heads)
        fresh = log.fingerprint
        behind = [key for key, (seq, at, its, _) in heads.items() if at != seq or its != fresh]
        due = [key for key in behind if take_due(log, *heads[key][:3])]
        if due:
            store_snapshots(connection, log, due)
    return there


def _end_streams(
    connection: Connection, log: Log, batch: BatchColumns, seqs: list[int], heads: dict[Key, Head]
) -> dict[Key, Head]:
    """Have the heads know where their last life ended in this chunk. What follows it is folded afterwards."""
    cleared = batch.cleared or ()
    ended = {
        owner: seq for owner, seq, names in zip(batch.owners, seqs, cleared, strict=True) if names == END
    }
    last = {batch.keys[owner]: seq for owner, seq in ended.items()}
    binds = [context_binds(key) | {"ended": seq} for key, seq in sorted(last.items())]
    connection.execute(_ending(log), binds)
    return {key: (heads[key][0], seq, log.fingerprint, seq) for key, seq in last.items()}


def _check_new(connection: Connection, log: Log, heads: dict[Key, Head]) -> dict[Key, Head]:
    """Have the heads that this chunk began be checked, which no upsert's proposal was; return how they came to stand."""
    new = [key for key, (_, folded, *_) in heads.items() if folded == UNCHECKED]
    database = database_of(connection.dialect)
    size = database.contexts_a_statement(len(log.contexts))
    for start in range(0, len(new), size):
        connection.execute(_checking(log, database), {"keys": keys_to_bind(new[start : start + size])})
    return {key: (heads[key][0], heads[key][0], *heads[key][2:]) for key in new}


@lru_cache(maxsize=256)
def _checking(log: Log, database: Database) -> Any:
    heads = log.heads
    new = heads.c.osiris_folded == number(UNCHECKED)
    here = database.in_contexts(log.context_columns(heads))
    return update(heads).where(here, new).values(osiris_folded=heads.c.seq)


@lru_cache(maxsize=256)
def _ending(log: Log) -> Any:
    heads = log.heads
    ended = bindparam("ended", type_=BigInteger())
    values = {
        "osiris_origin": ended,
        "osiris_folded": ended,
        "osiris_fingerprint": number(log.fingerprint),
        **emptied(log),
    }
    return update(heads).where(*log.in_context(heads)).values(values)


def _seqs(folded: FoldedBatch, heads: dict[Key, Head]) -> list[int]:
    before = [heads[key][0] - count for key, count in zip(folded.keys, folded.counts, strict=True)]
    if not any(before):
        return folded.places
    return [before[owner] + place for owner, place in zip(folded.owners, folded.places, strict=True)]


def _refuse_misplaced(log: Log, batch: BatchColumns, seqs: list[int]) -> NoReturn:
    pairs = zip(batch.owners, batch.seqs or (), seqs, strict=True)
    owner, seq, following = next(pair for pair in pairs if pair[1] != pair[2])
    raise misplaced(log.model, log.context_of(batch.keys[owner]), seq, following)


@contextmanager
def _undone_if_refused(connection: Connection, log: Log) -> Iterator[None]:
    """Leave nothing of a batch whose beginnings are refused to a transaction that goes on, as a session's may.

    Where a failed transaction answers no more, batches have a savepoint already.
    """
    database = database_of(connection.dialect)
    if not database.answers_after_errors:
        yield
        return
    # SQLite's driver begins no transaction for a savepoint, whose RELEASE would then be the COMMIT; for a write it does.
    database.lock_all(connection, log.heads)
    connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
    try:
        yield
    except InvalidValue:
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        raise
    connection.exec_driver_sql(f"RELEASE SAVEPOINT {_SAVEPOINT}")
