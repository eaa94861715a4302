"""What is in the store when all workers have ended, as plain values: what the promises are checked against."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from tests.histories.plan import Opened

__all__ = ["Entry", "Log", "State", "as_entries", "fold", "read_log"]

_SECONDS_TO_SETTLE = 25
"""A killed writer's transaction ends after fifteen on MongoDB: see tests/servers.py."""


@dataclass(frozen=True)
class Entry:
    """An event of the final log."""

    position: Any
    context: str
    seq: int
    mark: str | None = None
    total: int = 0
    note: str | None = None
    bucket: str | None = None
    ends: bool = False
    tells: bool = False
    """Whether it tells of a redaction, and touches nothing."""


@dataclass(frozen=True)
class State:
    context: str
    seq: int
    total: int
    mark: str | None
    note: str | None = None


@dataclass
class Log:
    """The feed, and each context's history and state; ``misfolded`` is what verify() reported."""

    feed: list[Entry] = field(default_factory=list)
    histories: dict[str, list[Entry]] = field(default_factory=dict)
    states: dict[str, State | None] = field(default_factory=dict)
    pasts: dict[tuple[str, int], State | None] = field(default_factory=dict)
    """States at a seq."""
    unreadable: str | None = None
    """Why nothing of this could be read."""
    misfolded: list[str] = field(default_factory=list)
    views: dict[str, int] | None = None
    """Totals by bucket, as a view folds them; None where there are no views."""
    ledger: list[str] | None = None
    """The marks of ordinary rows that sessions wrote; None where there are no sessions."""
    handled: list[tuple[str, int]] | None = None
    """The events that a subscription handled through its transaction, in that order; None without transactions."""
    atomic: bool = True
    """Whether a batch of several contexts is all or nothing in this store."""
    copied: dict[str, list[Entry]] | None = None
    """The histories of a copy that several processes made at once."""


def fold(history: Iterable[Entry]) -> State | None:
    """What the model's reducers make of a history, written once more; None where the stream has ended."""
    state: State | None = None
    for entry in history:
        if entry.ends:
            state = None
            continue
        before = state or State(entry.context, 0, 0, None)
        state = State(
            entry.context,
            entry.seq,
            before.total + entry.total,
            entry.mark or before.mark,
            entry.note or before.note,
        )
    return state


def read_log(opened: Opened, contexts: Iterable[str], *, atomic: bool, killed: bool) -> Log:
    """Read everything, once nothing is on its way any more: what was ``killed`` may have left transactions."""
    accounts, asked = opened.accounts, sorted(contexts)
    log = Log(atomic=atomic)
    log.misfolded, events = _verified(accounts, _SECONDS_TO_SETTLE if killed else 0)
    log.feed = _whole_feed(accounts, events)  # first: on some stores it gives the positions
    log.histories = {context: as_entries(accounts.history(context)) for context in asked}
    log.states = {context: _state(accounts.state(context)) for context in asked}
    for context, history in log.histories.items():
        for seq in {len(history) // 3, len(history) // 2} - {0}:
            log.pasts[context, seq] = _state(accounts.state(context, at=seq))
    if opened.engine is not None:
        tables = opened.schema
        with opened.engine.connect() as connection:
            view = tables.view
            groups = connection.execute(select(view.bucket, view.total))
            log.views = {group.bucket: group.total for group in groups}
            log.ledger = list(connection.scalars(select(tables.ledger.c.mark)))
            handled = tables.handled.c
            rows = connection.execute(select(handled.context, handled.seq).order_by(handled.number))
            log.handled = [(row.context, row.seq) for row in rows]
    return log


def _verified(accounts: Any, patience: float) -> tuple[list[str], int]:
    """The differences that stay, as a killed writer's transaction may still run; and how many events there are."""
    until = time.monotonic() + patience
    while True:
        report = accounts.verify()
        if not report.differences or time.monotonic() > until:
            return [str(difference) for difference in report.differences], report.events
        time.sleep(0.5)


def _whole_feed(accounts: Any, events: int) -> list[Entry]:
    """The feed up to so many events; fewer if no more come."""
    found: list[Entry] = []
    after, until = None, time.monotonic() + _SECONDS_TO_SETTLE
    while len(found) < events and time.monotonic() < until:
        page = accounts.feed(after=after, limit=500)
        found += as_entries(page)
        after = page[-1].position if page else after
        if not page:
            time.sleep(0.1)
    return found


def as_entries(events: Iterable[Any]) -> list[Entry]:
    return list(_each_entry(events))


def _each_entry(events: Iterable[Any]) -> Iterator[Entry]:
    for event in events:
        fields = event.fields
        yield Entry(
            event.position,
            event.context,
            event.seq,
            fields.get("mark"),
            fields.get("total", 0),
            fields.get("note"),
            fields.get("bucket"),
            event.ends,
            event.event_type == "redacted",
        )


def _state(state: Any) -> State | None:
    return None if state is None else State(state.id, state.seq, state.total, state.mark, state.note)
