"""How MariaDB says what time it is."""

from collections.abc import Callable
from typing import Any, Final

from sqla_osiris.databases.epoch_seconds import epoch_seconds
from sqla_osiris.databases.statement_time import StatementTime

__all__ = ["RENDERS"]


def _epoch_seconds(_element: Any, _compiler: Any, **_: Any) -> str:
    # Not UNIX_TIMESTAMP(), which goes by the session's time zone.
    return "(timestampdiff(MICROSECOND, '1970-01-01', utc_timestamp(6)) / 1e6)"


def _utc_timestamp(_element: Any, _compiler: Any, **_: Any) -> str:
    return "(UTC_TIMESTAMP(6))"  # its moments have no time zone


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {
    epoch_seconds: _epoch_seconds,
    StatementTime: _utc_timestamp,
}
