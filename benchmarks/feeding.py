"""The feed beside a server-side cursor, and what its columns cost an append."""

from __future__ import annotations

from itertools import count
from time import perf_counter

import memory
from cases import Result, Size, interleaved, rates
from sqlalchemy import select, text
from stores import Account, Store, known_rows, new_events

from sqla_osiris import repository

__all__ = ["columns", "feed"]

_A_PAGE = 5_000
_MEGABYTE = 1_000_000


def feed(store: Store, size: Size) -> list[Result]:
    """Read a whole log as events by pages of the feed, and as rows through a cursor of SQLAlchemy Core by primary key."""
    store.recreate()
    accounts = repository(Account, store.engine)
    contexts = max(1, size.folded // 100)
    accounts.append_many(new_events(contexts, 100))
    store.settle()
    events = Account.Event.__table__
    in_order = select(events).order_by(*events.primary_key).execution_options(yield_per=_A_PAGE)

    def floor(_turn: int) -> float:
        start = perf_counter()
        with store.engine.connect() as connection:
            read = sum(len(part) for part in connection.execute(in_order).partitions())
        assert read == size.folded
        return perf_counter() - start

    def ours(_turn: int) -> float:
        start = perf_counter()
        read, after = 0, None
        while page := accounts.feed(after=after, limit=_A_PAGE):
            read += len(page)
            after = page[-1].position
        assert read == size.folded
        return perf_counter() - start

    measured = rates(interleaved(floor, ours, max(3, size.rounds // 3)), size.folded)
    what = f"feed of {size.folded:,} events / server-side cursor by primary key"
    return [Result(what, store.name, *measured, "/s", 0.5), _peak(store, size)]


def _peak(store: Store, size: Size) -> Result:
    """Growth of the client's peak memory with the log; the bar is that it stays the same, but for 4 MB of noise."""
    sizes = [size.folded // 4, size.folded]
    grown = []
    for events in sizes:
        store.recreate()
        contexts = max(1, events // 100)
        repository(Account, store.engine).append_many(new_events(contexts, 100))
        url = store.engine.url.render_as_string(hide_password=False)
        grown.append(memory.growth("feed", url, events, contexts) / _MEGABYTE)
    case = f"peak memory of feed, {' / '.join(f'{events:,}' for events in reversed(sizes))} events"
    note = f"growth {', '.join(f'{each:.1f}' for each in grown)} MB; + 4 MB compared"
    return Result(case, store.name, grown[0] + 4, max(grown) + 4, "MB", 1.25, note)


_COLUMNS = "id, seq, company, title, salary"


def columns(store: Store, size: Size) -> list[Result]:
    """Rows of the event table by hand, beside the same table without position, transaction id, and their indexes.

    By hand, and without a head: what an append does beside them would hide their cost.
    """
    store.recreate()
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS bare_event"))
        connection.execute(text("CREATE TABLE bare_event (LIKE account_event INCLUDING ALL)"))
        connection.execute(text("ALTER TABLE bare_event DROP COLUMN position, DROP COLUMN osiris_xid"))
    raw = store.connect()
    ids = count()
    rows = list(known_rows(max(1, size.imported // 10), 10))

    def one_by_one(table: str) -> float:
        insert = f"INSERT INTO {table} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s)"
        start = perf_counter()
        for _ in range(size.commits):
            raw.execute(insert, (f"s{next(ids)}", 1, "company", "title", 7))
            raw.commit()
        return perf_counter() - start

    def many(table: str) -> float:
        raw.execute(f"TRUNCATE {table}")
        raw.commit()
        start = perf_counter()
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        raw.commit()
        return perf_counter() - start

    results = []
    for what, write, events in (
        ("INSERTs, one a commit", one_by_one, size.commits),
        ("a COPY", many, len(rows)),
    ):
        seconds = interleaved(
            lambda _turn, write=write: write("bare_event"),
            lambda _turn, write=write: write("account_event"),
            size.rounds,
        )
        case = f"{what} of {events:,} events with the feed's columns / without"
        results.append(Result(case, store.name, *rates(seconds, events), "/s", 0.8))
    raw.close()
    return results
