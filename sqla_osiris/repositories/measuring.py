"""How large is a log, and where is it busy? The numbers that a command or a page shows of a store.

An SQL database answers from its heads. Of another store the whole feed is read, once for each call.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqla_osiris.records import Event
from sqla_osiris.repositories.copying import feed_pages
from sqla_osiris.repositories.protocol import Progress, Repository
from sqla_osiris.repositories.sizes import Busy, Measured, Size
from sqla_osiris.schema.checks import reporting

__all__ = ["busiest", "size"]


def size(repository: Repository[Any], *, progress: Progress = None) -> Size:
    """Return how large the log is. ``progress`` is called with the events so far where the feed is read for it."""
    if isinstance(repository, Measured):
        return repository.size()
    streams: dict[Any, bool] = {}
    events = 0
    for event in _events(repository, progress):
        streams[event.context] = not event.ends
        events += 1
    return Size(len(streams), sum(streams.values()), events, None)


def busiest(
    repository: Repository[Any], *, limit: int, since: datetime | None = None, progress: Progress = None
) -> list[Busy]:
    """Return the contexts with the most events, at most ``limit``; with ``since``, of those recorded from then on."""
    if isinstance(repository, Measured):
        return repository.busiest(limit, since)
    events = _events(repository, progress)
    counts = Counter(event.context for event in events if since is None or event.recorded_at >= since)
    return [Busy(context, count) for context, count in counts.most_common(limit)]


def _events(repository: Repository[Any], progress: Progress) -> Iterator[Event]:
    report, done = reporting(progress), 0
    for page in feed_pages(repository):
        yield from page
        done += len(page)
        report(done)
