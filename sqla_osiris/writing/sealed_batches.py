"""Encrypts a chunk of a batch: each touch is bound to its event's seq, which is asked for before the chunk is written."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases.plan import BatchColumns
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.encrypting import sealed_columns
from sqla_osiris.writing.next_seqs import next_seqs

__all__ = ["write_sealed"]

T = TypeVar("T")


def write_sealed(
    connection: Connection, log: Log, batch: BatchColumns, write: Callable[[BatchColumns], T]
) -> T:
    """What ``write`` returns for the chunk with its touches encrypted.

    It must raise ConcurrentAppend where an event does not get its seq of ``batch.seqs``: another writer began one of the
    streams, and the chunk is encrypted again, as there is a head to lock then.
    """
    if batch.seqs is not None or not log.encrypted.keys() & batch.touches.keys():
        return write(_sealed(connection, log, batch, batch.seqs or []))
    for begun in (False, True, True):
        following = next_seqs(connection, log, batch.keys, begun=begun)
        sealed = _sealed(connection, log, batch, _placed(batch, following))
        if len(following) == len(batch.keys):
            break
        try:
            with connection.begin_nested():
                return write(sealed)
        except ConcurrentAppend as error:
            if error.undone:
                raise
    return write(sealed)


def _sealed(connection: Connection, log: Log, batch: BatchColumns, seqs: list[int]) -> BatchColumns:
    owners = [batch.keys[owner] for owner in batch.owners]
    touches = sealed_columns(connection, log, owners, seqs, batch.touches)
    # The writer adds what its database's rows carry: not to the chunk that may be encrypted again.
    return replace(batch, touches=touches, metadata=dict(batch.metadata), seqs=seqs or None)


def _placed(batch: BatchColumns, following: dict[tuple[object, ...], int]) -> list[int]:
    """Each event's seq, if its context's next one is as it was found; 1 where there is no head."""
    nexts = [following.get(key, 1) for key in batch.keys]
    seqs = []
    for owner in batch.owners:
        seqs.append(nexts[owner])
        nexts[owner] += 1
    return seqs
