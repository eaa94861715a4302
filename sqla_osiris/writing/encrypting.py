"""The keys of a model's contexts: made with the first value that needs one, read with every other, deleted by ``erase``.

The first of two writers that make a key at once decides: the other waits and takes it. Whoever makes a key locks it, and the
head then; whoever finds one locks nothing. So an erasure waits for no writer that waits for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Integer, Select, String, bindparam, select

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import BatchColumns, Expect, Key, Write
from sqla_osiris.databases.registry import database_of
from sqla_osiris.reading.context_keys import context_text, plain_context_text
from sqla_osiris.records import Event
from sqla_osiris.schema.log import Log, context_binds
from sqla_osiris.schema.sealing import is_sealed, opened_event, type_of_keys
from sqla_osiris.types.encrypted import ContextKey
from sqla_osiris.writing.refusals import refuse_erased

__all__ = ["keys_of", "next_seqs", "opening", "sealed_writes", "stored_keys", "write_sealed"]

T = TypeVar("T")


def sealed_writes(
    connection: Connection, log: Log, writes: Sequence[Write], *, begun: bool = False
) -> tuple[Sequence[Write], set[Key]]:
    """The writes with their encrypted touches; those contexts have keys afterwards, in the same transaction.

    With them the contexts without a head: their touches are encrypted for the first event, which no lock holds for them.
    ``begun`` says that another writer came before.
    """
    encrypted = log.encrypted
    needing = [each for each in writes if any(each.touches.get(name) is not None for name in encrypted)]
    if log.keys is None or not needing:
        return writes, set()
    keys = _found_or_created(connection, log, [write.key for write in needing])
    expected = {write.key: (write.expected_seq or 0) + 1 for write in needing if write.expect is Expect.SEQ}
    asked = [write.key for write in needing if write.key not in expected]
    seqs = expected | next_seqs(connection, log, asked, begun=begun)
    unsure = set(asked) - seqs.keys()
    sealed = [
        replace(write, touches=_sealed(log, write.touches, keys[write.key], seqs.get(write.key, 1)))
        if write.key in keys
        else write
        for write in writes
    ]
    return sealed, unsure


def write_sealed(
    connection: Connection, log: Log, batch: BatchColumns, write: Callable[[BatchColumns], T]
) -> T:
    """Return what ``write`` returns for the chunk with its touches encrypted.

    It must raise ConcurrentAppend where an event does not get its seq of ``batch.seqs``: another writer began one of the
    streams, and the chunk is encrypted again, as there is a head to lock then.
    """
    if batch.seqs is not None or not log.encrypted.keys() & batch.touches.keys():
        return write(_sealed_batch(connection, log, batch, batch.seqs or []))
    for begun in (False, True, True):
        following = next_seqs(connection, log, batch.keys, begun=begun)
        sealed = _sealed_batch(connection, log, batch, _placed(batch, following))
        if len(following) == len(batch.keys):
            break
        try:
            with connection.begin_nested():
                return write(sealed)
        except ConcurrentAppend as error:
            if error.undone:
                raise
    return write(sealed)


def _sealed_batch(connection: Connection, log: Log, batch: BatchColumns, seqs: list[int]) -> BatchColumns:
    encrypted = {name: type_ for name, type_ in log.encrypted.items() if name in batch.touches}
    owners = [batch.keys[owner] for owner in batch.owners]
    given = {name: list(zip(owners, seqs, batch.touches[name], strict=True)) for name in encrypted}
    needing = [key for column in given.values() for key, _, touch in column if touch is not None]
    keys = _found_or_created(connection, log, needing)
    sealed = {
        name: [
            None if touch is None else type_.sealed(touch, keys[key], seq) for key, seq, touch in given[name]
        ]
        for name, type_ in encrypted.items()
    }
    # The writer adds what its database's rows carry: not to the chunk that may be encrypted again.
    return replace(batch, touches=batch.touches | sealed, metadata=dict(batch.metadata), seqs=seqs or None)


def _placed(batch: BatchColumns, following: dict[tuple[object, ...], int]) -> list[int]:
    """Each event's seq, if its context's next one is as it was found; 1 where there is no head."""
    nexts = [following.get(key, 1) for key in batch.keys]
    seqs = []
    for owner in batch.owners:
        seqs.append(nexts[owner])
        nexts[owner] += 1
    return seqs


def next_seqs(
    connection: Connection, log: Log, keys: Sequence[Key], *, begun: bool = False
) -> dict[Key, int]:
    """The seq of each context's next event, its head locked until the transaction ends.

    A context without a head is left out where another writer may still begin it. ``begun`` says that one has, which a
    transaction that reads what was before does not see.
    """
    database = database_of(connection.dialect)
    keys = sorted(set(keys))
    database.lock_all(connection, log.heads)
    query = _next_query(log, database)
    if database.locks_gaps and not begun:
        # To lock the place of a head that is not there yet keeps other writers from making it, and may end in a deadlock.
        keys = [tuple(row[:-1]) for row in database.rows_of(connection, query, keys)]
    locked = query if database.one_writer else query.with_for_update()
    found = {tuple(context): seq for *context, seq in database.rows_of(connection, locked, keys)}
    if database.one_writer:
        return {key: found.get(key, 0) + 1 for key in keys}
    return {key: seq + 1 for key, seq in found.items()}


@lru_cache(maxsize=256)
def _next_query(log: Log, database: Database) -> Select[Any]:
    columns = log.context_columns(log.heads)
    return select(*columns, log.heads.c.seq).where(database.in_contexts(columns)).order_by(*columns)


def opening(connection: Connection, log: Log, contexts: Sequence[Key]) -> Callable[[Event], Event] | None:
    """Return what decrypts the events of these contexts; None where the model has nothing encrypted.

    An event whose context's key is gone loses the field, as one that was redacted does.
    """
    if log.keys is None:
        return None
    keys = keys_of(connection, log, contexts)

    def opened(event: Event) -> Event:
        if any(map(is_sealed, event.fields.values())):
            return opened_event(log, event, keys.get(log.key_of(event.context)))
        return event

    return opened


def _sealed(log: Log, touches: Mapping[str, Any], key: ContextKey, seq: int) -> Mapping[str, Any]:
    encrypted = log.encrypted
    return {
        name: encrypted[name].sealed(touch, key, seq) if name in encrypted and touch is not None else touch
        for name, touch in touches.items()
    }


def _found_or_created(connection: Connection, log: Log, contexts: Sequence[Key]) -> dict[Key, ContextKey]:
    """Return the keys of these contexts, and create those that are missing."""
    contexts = list(dict.fromkeys(contexts))
    keys = keys_of(connection, log, contexts)
    missing = sorted(key for key in contexts if key not in keys)
    if not missing:
        return keys
    # Else a caller who goes on after the refusal of the event would leave a key behind. It locks nothing: on MariaDB two
    # who lock the place of a head that is not there yet keep each other from making it.
    refuse_erased(connection, log, missing)
    # In one order: two batches that make the same keys must not wait for each other.
    new = type_of_keys(log).new_key
    connection.execute(
        _insertion(log, database_of(connection.dialect)),
        [context_binds(key) | {"new_key": new(_text_of(connection, log, key))} for key in missing],
    )
    keys |= keys_of(connection, log, missing, newest=True)
    lost = next((key for key in missing if key not in keys), None)
    if lost is not None:
        # Another writer made it, and this transaction reads what was before: SERIALIZABLE or REPEATABLE READ.
        raise ConcurrentAppend(
            context=log.context_of(lost), expected_seq=None, found_seq=None, model=log.model
        )
    return keys


def keys_of(
    connection: Connection, log: Log, contexts: Sequence[Key], *, newest: bool = False
) -> dict[Key, ContextKey]:
    """The keys of these contexts, opened; of those that have one.

    ``newest`` reads what is committed now, where a transaction would otherwise read what was when it began.
    """
    unwrapped = type_of_keys(log).unwrapped
    rows = stored_keys(connection, log, contexts, newest=newest)
    return {tuple(context): unwrapped(key, text) for *context, key, text in rows}


def stored_keys(
    connection: Connection, log: Log, contexts: Sequence[Key], *, newest: bool = False
) -> Iterable[Any]:
    """The rows of these contexts' keys: the context, the key as it is stored, and the text that it is bound to."""
    database = database_of(connection.dialect)
    query = _query(log, database)
    if newest:
        query = database.newest(query)
    return database.rows_of(connection, query, list(dict.fromkeys(contexts)))


def _text_of(connection: Connection, log: Log, key: Key) -> str:
    """The text of a context that has no row yet, as the database would write it."""
    columns = log.context_columns(log.heads)
    if len(key) == 1 and isinstance(columns[0].type, String | Integer) and type(key[0]) in {str, int}:
        # As every database casts them.
        return plain_context_text(str(key[0]))
    parts = [bindparam(None, part, type_=column.type) for part, column in zip(key, columns, strict=True)]
    return str(connection.scalar(select(context_text(parts))))


@lru_cache(maxsize=256)
def _query(log: Log, database: Database) -> Any:
    table: Any = log.keys
    columns: list[Any] = log.context_columns(table)
    asked = [*columns, table.c.key, context_text(columns)]
    return select(*asked).where(database.in_contexts(columns))


@lru_cache(maxsize=256)
def _insertion(log: Log, database: Database) -> Any:
    table: Any = log.keys
    values: dict[str, Any] = {
        name: bindparam(f"k{i}", type_=table.c[name].type) for i, name in enumerate(log.context_names)
    }
    values["key"] = bindparam("new_key", type_=table.c.key.type)
    return database.insert_missing(table, values, log.context_names)
