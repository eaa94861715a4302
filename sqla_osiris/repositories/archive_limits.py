"""Which folded events may an archive take? Each context's beginning, recorded before a moment, without the newest few.

Times need not rise with seq. The first event of the log that was recorded at the moment or later stays, with all behind it:
so what is in the archive is older, in its stream, than what is in the log.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import Event
from sqla_osiris.schema.moments import in_utc

__all__ = ["ArchiveLimits", "archive_limits"]


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """``before`` None is any time; ``keep`` is how many of the newest events of each context stay in the log."""

    before: datetime | None
    keep: int

    def allow(self, event: Event) -> bool:
        """Whether the event was recorded before the moment."""
        return self.before is None or event.recorded_at < self.before


def archive_limits(before: Any, keep: Any) -> ArchiveLimits:
    """What ``archive(before=…, keep=…)`` asks for. Raises InvalidValue."""
    if before is not None and (not isinstance(before, datetime) or before.utcoffset() is None):
        raise InvalidValue(f"archive(before={before!r}): a datetime with a time zone was expected.")
    if keep is not None and (type(keep) is not int or keep < 0):
        raise InvalidValue(f"archive(keep={keep!r}): a number of events, 0 or more, was expected.")
    if before is None and keep is None:
        raise InvalidValue(
            "archive(): say which events: before=a moment, or keep=how many of the newest of each context stay in the "
            "log; keep=0 takes all that a snapshot has folded."
        )
    return ArchiveLimits(None if before is None else in_utc(before), keep or 0)
