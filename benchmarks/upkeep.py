"""What keeping a log costs: snapshots of many contexts beside one GROUP BY, an archive beside a move by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from cases import Result, Size, interleaved
from sqlalchemy import Integer, String, delete, func, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped
from stores import Store, new_events

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, repository

__all__ = ["archive", "snapshots"]

FAR = datetime(2200, 1, 1, tzinfo=UTC)
ROUNDS = 3


class Base(DeclarativeBase):
    pass


class Kept(EventSourced, Base):
    """A snapshot every 100 events, and an archive."""

    __tablename__ = "kept"
    __snapshot__ = Every(100)
    __archive__ = True

    id: Mapped[str] = Context(String(40))
    company: Mapped[str | None] = Latest(String(40))
    title: Mapped[str | None] = Latest(String(40))
    salary: Mapped[int] = Aggregate(Integer)


EVENTS, HEADS = Kept.Event.__table__, Kept.Snapshot.__table__
ARCHIVE: Any = Base.metadata.tables["kept_event_archive"]


def _filled(store: Store, contexts: int, each: int) -> Any:
    Base.metadata.drop_all(store.engine)
    Base.metadata.create_all(store.engine)
    kept = repository(Kept, store.engine)
    kept.append_many(new_events(contexts, each))
    store.settle()
    return kept


def snapshots(store: Store, size: Size) -> Result:
    """Every snapshot is stale, as after a changed reducer; the floor reads the same events and stores nothing."""
    each = max(size.folded // size.contexts, 100)
    kept = _filled(store, size.contexts, each)
    groups = select(
        EVENTS.c.id,
        func.max(EVENTS.c.seq),
        func.sum(EVENTS.c.salary),
        func.max(EVENTS.c.seq).filter(EVENTS.c.company.is_not(None)),
        func.max(EVENTS.c.seq).filter(EVENTS.c.title.is_not(None)),
    ).group_by(EVENTS.c.id)

    def grouped(_turn: int) -> float:
        with store.engine.connect() as connection:
            began = perf_counter()
            connection.execute(groups).all()
            return perf_counter() - began

    def ours(_turn: int) -> float:
        with store.engine.begin() as connection:
            connection.execute(update(HEADS).values(osiris_fingerprint=7))
        store.settle()
        began = perf_counter()
        taken = kept.snapshots()
        took = perf_counter() - began
        assert taken == size.contexts, taken
        return took

    seconds = interleaved(grouped, ours, ROUNDS)
    assert kept.verify()
    case = f"snapshots() of {size.contexts:,} contexts x {each} events / one GROUP BY"
    return Result(case, store.name, *seconds, "s", 2.0)


def archive(store: Store, size: Size) -> Result:
    """Move all events; the floor is INSERT … SELECT and DELETE of the same rows of the same tables."""
    each = max(size.imported * 2 // size.contexts, 2)
    kept = _filled(store, size.contexts, each)
    names = [column.name for column in ARCHIVE.c]
    with store.engine.begin() as connection:
        connection.execute(update(HEADS).values(osiris_fingerprint=7))
    kept.snapshots()

    def moved_back() -> None:
        with store.engine.begin() as connection:
            rows = select(*(ARCHIVE.c[name] for name in names))
            connection.execute(delete(EVENTS))
            connection.execute(insert(EVENTS).from_select(names, rows))
            connection.execute(delete(ARCHIVE))
        store.settle()

    def by_hand(_turn: int) -> float:
        began = perf_counter()
        with store.engine.begin() as connection:
            rows = select(*(EVENTS.c[name] for name in names)).where(EVENTS.c.recorded_at < FAR)
            connection.execute(insert(ARCHIVE).from_select(names, rows))
            connection.execute(delete(EVENTS).where(EVENTS.c.recorded_at < FAR))
        took = perf_counter() - began
        moved_back()
        return took

    def ours(_turn: int) -> float:
        began = perf_counter()
        moved = kept.archive(before=FAR)
        took = perf_counter() - began
        assert moved == size.contexts * each, moved
        moved_back()
        return took

    seconds = interleaved(by_hand, ours, ROUNDS)
    assert kept.verify()
    case = f"archive() of {size.contexts * each:,} events / moving them by hand"
    return Result(case, store.name, *seconds, "s", 3.0)
