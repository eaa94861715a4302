"""Folds every stream anew, event by event in Python, and compares it with its snapshot."""

from dataclasses import replace
from functools import partial
from typing import Any

from sqla_osiris.repositories.arriving import in_pages
from sqla_osiris.repositories.mongo.collections import CONTEXTS_A_PART, Collections
from sqla_osiris.repositories.mongo.documents import REDACTING
from sqla_osiris.repositories.mongo.reading import stored_history
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


def verify(collections: Collections, report: Report) -> Steps[Verification]:
    """Return how many streams and events were folded, and each difference."""

    def answer(contexts: list[Any]) -> Steps[list[Look]]:
        looks: list[Look] = []
        for context in contexts:
            looks += [(yield from standing(partial(_look_at, collections, context), collections.sleep))]
        return looks

    return verified(in_pages(collections.taking_all(), CONTEXTS_A_PART, answer), report)


def _look_at(collections: Collections, context: Any) -> Steps[Look]:
    """Fold a stream once from its first event, and compare. An erased one has no events, and no differences."""
    stored = yield lambda: collections.snapshots.find_one({"_id": context})
    shown = collections.documents.context_of(context)
    snapshots = {}
    if stored is not None and stored.get("fingerprint") == collections.documents.fingerprint:
        snapshots[int(stored["seq"])] = collections.documents.snapshot(stored)
    look = yield from compared(collections.log, shown, stored_history(collections, context, 0), snapshots)
    if not look.differences:
        return look
    now = yield lambda: collections.snapshots.find_one({"_id": context})
    if (yield from collections.heads([context]))[0].erased:
        return Look(0, [])
    return replace(look, stands=now == stored and not (now or {}).get(REDACTING))
