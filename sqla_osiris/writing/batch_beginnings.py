"""Which contexts of a batch must live already? Those whose first event here touches too little to begin a life."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from sqla_osiris.databases.plan import BatchColumns, Key
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import InvalidValue
from sqla_osiris.schema.checks import incomplete
from sqla_osiris.schema.log import END, Log

__all__ = ["must_live", "refuse_beginnings", "undone_if_refused"]

_SAVEPOINT = "osiris_batch"


def must_live(log: Log, batch: BatchColumns) -> dict[int, int]:
    """By the owners that must live, the place of their first event.

    Empty where each event touches all it must, and for those of another log, which are taken as they are.
    Raises InvalidValue for an event that follows an end in the batch itself.
    """
    columns = _required_columns(log, batch)
    complete = all(column is not None and None not in column for column in columns)
    if complete or batch.seqs is not None:
        return {}

    def begins_incomplete(place: int) -> bool:
        return not _ends(batch, place) and any(column is None or column[place] is None for column in columns)

    for place in _behind_ends(batch):
        if begins_incomplete(place):
            raise _incomplete(log, batch, place)
    places = range(len(batch.owners) - 1, -1, -1)
    firsts = dict(zip(reversed(batch.owners), places, strict=True))
    return {owner: place for owner, place in firsts.items() if begins_incomplete(place)}


def refuse_beginnings(
    log: Log,
    batch: BatchColumns,
    owners: Mapping[int, int],
    heads: Mapping[Key, Sequence[int]],
    counts: Sequence[int],
) -> None:
    """Raise InvalidValue where one of the owners that must live did not before the batch raised its head by its count."""
    for owner, place in owners.items():
        seq, *_, origin = heads[batch.keys[owner]]
        if seq - counts[owner] <= origin:
            raise _incomplete(log, batch, place)


@contextmanager
def undone_if_refused(connection: Connection, log: Log) -> Iterator[None]:
    """Leave nothing of a batch that :func:`refuse_beginnings` refuses to a transaction that goes on, as a session's may.

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


def _required_columns(log: Log, batch: BatchColumns) -> list[list[Any] | None]:
    return [batch.touches.get(name) for name in log.required]


def _ends(batch: BatchColumns, place: int) -> bool:
    return batch.cleared is not None and batch.cleared[place] == END


def _behind_ends(batch: BatchColumns) -> Iterator[int]:
    """The places of events that follow one that ends their stream."""
    if batch.cleared is None or END not in batch.cleared:
        return
    ended: set[int] = set()
    for place, (owner, cleared) in enumerate(zip(batch.owners, batch.cleared, strict=True)):
        if owner in ended:
            yield place
        (ended.add if cleared == END else ended.discard)(owner)


def _incomplete(log: Log, batch: BatchColumns, place: int) -> InvalidValue:
    touched = {name: None for name, column in batch.touches.items() if column[place] is not None}
    return incomplete(log, log.context_of(batch.keys[batch.owners[place]]), touched)
