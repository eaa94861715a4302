"""How SQLite says what time it is."""

from collections.abc import Callable
from typing import Any, Final

from sqla_osiris.databases.epoch_seconds import epoch_seconds

__all__ = ["RENDERS"]


def _epoch_seconds(_element: Any, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {epoch_seconds: _epoch_seconds}
