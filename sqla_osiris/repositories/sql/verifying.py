"""Folds a log again, and reports what its snapshots, its seqs and its stored views do not agree with."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from sqla_osiris.keeping.paging import next_contexts
from sqla_osiris.keeping.refolding import counted_events, orphans, refolded, refolded_groups
from sqla_osiris.repositories.sql.target import Target
from sqla_osiris.repositories.verification import Difference, Verification, same_value
from sqla_osiris.schema.log import Stream
from sqla_osiris.schema.tables import TOMBSTONE

__all__ = ["verify"]

_CONTEXTS_A_PAGE = 1_000


def verify(target: Target[Any]) -> Verification:
    """Return how many contexts and events were folded, and each difference; a transaction for each page of contexts."""
    stream = target.stream
    contexts = events = 0
    differences: list[Difference] = []
    last = None
    while True:
        with target.connection(reads=True) as connection:
            page = next_contexts(connection, stream, last, _CONTEXTS_A_PAGE)
            if not page:
                differences += _orphans(connection, stream)
                differences += _misfolded_views(connection, stream)
                return Verification(contexts, events, tuple(differences))
            for row in counted_events(connection, stream, page):
                key, (head, count, *ends) = tuple(row)[:-4], tuple(row)[-4:]
                contexts += head != TOMBSTONE
                events += count
                differences += _gaps(stream, key, head, count, tuple(ends))
            differences += _misfolded(connection, stream, page)
        last = page[-1]


def _gaps(
    stream: Stream, key: tuple[Any, ...], head: int, count: int, ends: tuple[Any, Any]
) -> Iterator[Difference]:
    expected = (1, head) if head != TOMBSTONE else (None, None)
    contiguous = count == (0 if head == TOMBSTONE else head)
    if ends != expected or not contiguous:
        found = f"{count} events from {ends[0]} to {ends[1]}"
        yield Difference(stream.context_of(key), "seq", None if head == TOMBSTONE else head, found)


def _misfolded(connection: Connection, stream: Stream, page: list[tuple[Any, ...]]) -> Iterator[Difference]:
    for key, states in refolded(connection, stream, page):
        for field, left, right in states:
            if not same_value(left, right):
                yield Difference(stream.context_of(key), field.key, left, right)


def _misfolded_views(connection: Connection, stream: Stream) -> Iterator[Difference]:
    for view in stream.views:
        for key, states in refolded_groups(connection, view):
            for name, left, right in states:
                if not same_value(left, right):
                    context = key[0] if len(key) == 1 else key
                    yield Difference(context, f"{view.of_stored.model}.{name}", left, right)


def _orphans(connection: Connection, stream: Stream) -> Iterator[Difference]:
    for row in orphans(connection, stream):
        yield Difference(stream.context_of(tuple(row)[:-1]), "seq", None, f"{row[-1]} events without a head")
