"""How is a moment written as an argument? As a seq, a date with or without a time, or how long ago it was."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.moments import Moment

__all__ = ["moment_of", "shown", "time_of"]

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_AGO: Final = re.compile(r"(\d{1,9})([smhdw])")
_FORMS: Final = (
    "a date and time (2026-03-02T09:00+01:00; UTC, where it has no offset), or how long ago (30m, 12h, 7d)"
)


def moment_of(argument: str, now: datetime) -> Moment:
    """Return the moment: digits alone are a seq. Raises OsirisError."""
    if re.fullmatch(r"\d{1,18}", argument):
        return int(argument)
    return _time(argument, now, f"a seq (3), {_FORMS}")


def time_of(argument: str, now: datetime) -> datetime:
    """Return the time, where a seq makes no sense. Raises OsirisError."""
    return _time(argument, now, _FORMS)


def _time(argument: str, now: datetime, forms: str) -> datetime:
    ago = _AGO.fullmatch(argument)
    try:
        if ago:
            return now - timedelta(seconds=int(ago[1]) * _UNITS[ago[2]])
        found = datetime.fromisoformat(argument)
    except (ValueError, OverflowError) as error:
        raise OsirisError(f"{argument!r} is no moment. Write {forms}.") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def shown(moment: datetime) -> str:
    """Return a time as it is printed, which is also a form that an argument has."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
