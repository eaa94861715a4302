"""How PostgreSQL says what time it is."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import func

from sqla_osiris.databases.epoch_seconds import epoch_seconds
from sqla_osiris.databases.statement_time import StatementTime

__all__ = ["RENDERS"]


def _epoch_seconds(_element: Any, _compiler: Any, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


def _statement_timestamp(_element: Any, compiler: Any, **kw: Any) -> str:
    return compiler.process(func.statement_timestamp(), **kw)  # type: ignore[no-any-return]


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {
    epoch_seconds: _epoch_seconds,
    StatementTime: _statement_timestamp,
}
