"""Folds every stream anew, event by event, and compares it with its snapshots."""

from dataclasses import dataclass, field
from functools import partial

from sqla_osiris.repositories.dynamo.items import PENDING, Item
from sqla_osiris.repositories.dynamo.reading import stored_history
from sqla_osiris.repositories.dynamo.scanning import each_context
from sqla_osiris.repositories.dynamo.tables import NEWEST, Tables
from sqla_osiris.repositories.protocol import Report
from sqla_osiris.repositories.verification import (
    Look,
    Verification,
    compared,
    standing,
    verified,
)
from sqla_osiris.steps import Steps

__all__ = ["verify"]


@dataclass(slots=True)
class _Refolding:
    """One context's snapshots; its events are read again one page at a time."""

    context: str
    snapshots: list[Item] = field(default_factory=list)
    erased: bool = False

    def take(self, item: Item) -> None:
        if "folded" in item:
            self.snapshots.append(item)
        self.erased = self.erased or "erased" in item


def verify(tables: Tables, report: Report) -> Steps[Verification]:
    """Return how many streams and events were folded, and each difference."""
    return verified(each_context(tables, _Refolding, partial(_looks, tables)), report)


def _looks(tables: Tables, refolding: _Refolding) -> Steps[list[Look]]:
    look = Look(0, [])
    if not refolding.erased:
        look = yield from standing(partial(_look_at, tables, refolding), tables.requests.sleep)
    # A stream erased meanwhile is as if it had been before.
    return [] if refolding.erased else [look]


def _look_at(tables: Tables, refolding: _Refolding) -> Steps[Look]:
    """Fold a stream from its first event, and compare where a snapshot says what it should be."""
    context, read = refolding.context, refolding.snapshots
    shown = tables.log.context_of(tables.items.key(context))
    snapshots = {s.folded.seq: s.folded for s in map(tables.items.snapshot, read) if s is not None}
    look = yield from compared(tables.log, shown, stored_history(tables, context), snapshots)
    if not look.differences:
        return look
    count = yield from tables.requests.get(tables.index, tables.items.redactions(context))
    is_redacting = any(name.startswith(PENDING) for name in count or ())
    # In this order: a redaction that is over has deleted its snapshots.
    refolding.snapshots = []
    kept = tables.requests.pages(
        "query",
        **tables.of_context(context, "BETWEEN :least AND :greatest", least=0, greatest=NEWEST),
        FilterExpression="attribute_exists(folded) OR attribute_exists(erased)",
    )
    for page in kept:
        for item in (yield from page):
            refolding.take(item)
    stands = refolding.erased or (refolding.snapshots == read and not is_redacting)
    return Look(look.events, look.differences, stands)
